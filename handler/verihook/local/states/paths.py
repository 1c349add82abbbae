"""JSONPath as AWS reads it.

The dialect is that of Jayway's library, with ``$$`` for the context object and ``$name`` for a variable:
https://docs.aws.amazon.com/step-functions/latest/dg/amazon-states-language-paths.html

A path is *definite* if it names one place. A definite path without a value is an error; one with a wildcard, a slice, a
union, a filter or ``..`` gives an array of what it found, which may be empty.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from verihook.local.states.path_reader import read_path
from verihook.local.states.path_steps import Missing, Step, follow
from verihook.local.states.scope import Scope

__all__ = ["Missing", "Path", "Reference", "compile_path", "compile_reference"]


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
        """Return what is there; an array if the path is not definite. Raises Missing."""
        found = follow(self._start(scope), self.steps, definite=self.definite)
        return found if self.function is None else self.function(found)

    def _start(self, scope: Scope) -> Any:
        if self.root == "input":
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


@dataclass(frozen=True, slots=True)
class Reference:
    """The one place of a Reference Path: ResultPath puts a value there."""

    text: str
    keys: tuple[str | int, ...]

    def put(self, document: Any, value: Any) -> Any:
        """Return a copy of the document with the value in its place; objects on the way are made. Raises Missing."""
        return _put(document, self.keys, value, self.text)


@lru_cache(maxsize=1024)
def compile_reference(text: str) -> Reference:
    """Return the Reference Path that the text is: into the input, of names and numbers alone. Raises ValueError."""
    path = compile_path(text)
    if path.root != "input" or path.function or not all(step.single for step in path.steps):
        raise ValueError(f"Value is not a Reference Path: {text}")
    return Reference(text, tuple(step.key for step in path.steps if step.key is not None))


def _put(document: Any, keys: tuple[str | int, ...], value: Any, text: str) -> Any:
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if isinstance(key, int):
        if not isinstance(document, list) or not 0 <= key < len(document):
            raise Missing(f"Unable to apply ReferencePath {text} to input")
        return [*document[:key], _put(document[key], rest, value, text), *document[key + 1 :]]
    if document is not None and not isinstance(document, dict):
        raise Missing(f"Unable to apply ReferencePath {text} to input")
    inner = document or {}
    return {**inner, key: _put(inner.get(key), rest, value, text)}
