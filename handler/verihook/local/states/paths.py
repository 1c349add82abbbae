"""JSONPath as AWS reads it.

The dialect is that of Jayway's library, with ``$$`` for the context object and ``$name`` for a variable:
https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html

A path is *definite* if it names one place. A definite path without a value is an error; one with a wildcard, a slice,
several numbers, a filter or ``..`` gives an array of what it found, which may be empty. Several names at the end of a
path (``$['a','b']``) give an object of those that are there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from verihook.local.states.errors import runtime
from verihook.local.states.path_reader import read_path
from verihook.local.states.path_steps import Missing, PastEnd, Step, element, follow, member
from verihook.local.states.scope import Scope

__all__ = ["Conflict", "Missing", "PastEnd", "Path", "Reference", "compile_path", "compile_reference"]


@dataclass(frozen=True, slots=True)
class Path:
    """``root`` is "input", "context", or "variable" with a ``name``."""

    text: str
    root: str
    name: str
    steps: tuple[Step, ...]
    function: Callable[[Any], Any] | None

    @property
    def definite(self) -> bool:
        """Whether the path names one place."""
        return all(step.definite for step in self.steps)

    def value(self, scope: Scope) -> Any:
        """Return what is there; an array if the path is not definite. Raises Missing, and StateError in null."""
        found = follow(self._start(scope), self.steps, definite=self.definite)
        return found if self.function is None else self.function(found)

    def _start(self, scope: Scope) -> Any:
        if self.root == "input":
            if scope.data is None:
                raise runtime("Unable to apply Path transformation to null or empty input.")
            return scope.data
        if self.root == "context":
            return scope.context()
        if self.name not in scope.variables:
            raise Missing(f"No results for path: ${self.name}")
        return scope.variables[self.name]


@lru_cache(maxsize=4096)
def compile_path(text: str) -> Path:
    """Return the path that the text is. Raises ValueError if it is none."""
    root, name, steps, function = read_path(text)
    return Path(text, root, name, steps, function)


class Conflict(LookupError):
    """A Reference Path does not fit the document; the first argument is the name or number that does not."""


@dataclass(frozen=True, slots=True)
class Reference:
    """The one place of a Reference Path: ResultPath puts a value there."""

    text: str
    keys: tuple[str | int, ...]

    def put(self, document: Any, value: Any) -> Any:
        """Return a copy of the document with the value in its place; objects on the way are made. Raises Conflict."""
        return _put(document, self.keys, value)

    def item(self, document: Any) -> Any:
        """Return what is there. Raises Conflict."""
        for key in self.keys:
            found = (element(key) if isinstance(key, int) else member(key)).select(document, None)
            if not found:
                raise Conflict(key)
            document = found[0]
        return document


@lru_cache(maxsize=1024)
def compile_reference(text: str) -> Reference:
    """Return the Reference Path that the text is: into the input, of names and numbers alone. Raises ValueError."""
    if not text.startswith("$"):
        raise ValueError("Value is not a Reference Path: Reference path didn't start with '$'")
    path = compile_path(text)
    if path.root != "input" or path.function or not all(step.single for step in path.steps):
        raise ValueError(f"Value is not a Reference Path: {text}")
    return Reference(text, tuple(step.key for step in path.steps if isinstance(step.key, str | int)))


def _put(document: Any, keys: tuple[str | int, ...], value: Any) -> Any:
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if isinstance(key, int):
        if not isinstance(document, list) or not 0 <= key < len(document):
            raise Conflict(key)
        return [*document[:key], _put(document[key], rest, value), *document[key + 1 :]]
    if document is not None and not isinstance(document, dict):
        raise Conflict(key)
    inner = document or {}
    return {**inner, key: _put(inner.get(key), rest, value)}
