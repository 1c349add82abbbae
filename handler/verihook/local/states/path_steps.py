"""Follows the steps of a path through data. What a step may be is read by path_reader.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from verihook.local.states.data import text_of


class Missing(LookupError):
    """A definite path has no value; the message is as AWS words it."""


class PastEnd(Missing):
    """The last step of a definite path is beyond the end of its array, which AWS takes for null in some places."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``key`` is the name or number of one that names one place, or the names of those that become an object.

    ``select`` gives what the step finds in a node; it gets the root of the data too, which a filter may compare with.
    """

    select: Callable[[Any, Any], list[Any]]
    key: str | int | tuple[str, ...] | None = None

    @property
    def definite(self) -> bool:
        """Whether the step finds one value at most."""
        return self.key is not None

    @property
    def single(self) -> bool:
        """Whether a Reference Path may have it: a negative number names no place."""
        return isinstance(self.key, str) or (isinstance(self.key, int) and self.key >= 0)


def member(name: str) -> Step:
    """Return the step into an object."""
    return Step(lambda node, _: [node[name]] if isinstance(node, dict) and name in node else [], name)


def members(names: tuple[str, ...]) -> Step:
    """Return the step that takes several members of an object, as an object of those that are there."""
    return Step(
        lambda node, _: [{name: node[name] for name in names if name in node}] if isinstance(node, dict) else [], names
    )


def element(number: int) -> Step:
    """Return the step into an array; a negative number counts from its end."""
    return Step(
        lambda node, _: [node[number]] if isinstance(node, list) and -len(node) <= number < len(node) else [], number
    )


def follow(start: Any, steps: tuple[Step, ...], *, definite: bool) -> Any:
    """Return the one value of a definite path, or the array of an indefinite one. Raises Missing for the former."""
    if definite:
        return _one(start, steps)
    found = [start]
    for step in steps:
        found = [value for node in found for value in step.select(node, start)]
    return found


def _one(start: Any, steps: tuple[Step, ...]) -> Any:
    node, walked = start, "$"
    for number, step in enumerate(steps):
        found = list(step.select(node, start))
        last = number == len(steps) - 1
        if not found and isinstance(node, list) and isinstance(step.key, int) and not last:
            found = [None]  # so it is to the library, which goes on
        if not found:
            raise _missing(node, step.key, walked, last=last)
        if isinstance(step.key, tuple) and not last:
            raise Missing(f"Multi properties can only be used as path leafs: {walked}{_written(step.key)}")
        node = found[0]
        walked += _written(step.key)
    return node


def _written(key: Any) -> str:
    if isinstance(key, tuple):
        return f"[{', '.join(map(repr, key))}]"
    return f"[{key}]" if isinstance(key, int) else f"['{key}']"


def _missing(node: Any, key: Any, walked: str, *, last: bool) -> Missing:
    """Return the error, in the words of the library that AWS uses."""
    at = walked + _written(key)
    if isinstance(key, int):
        if isinstance(node, list):
            return PastEnd(f"No results for path: {at}")
        if node is None:
            return Missing(f"The path {walked} is null")
        said = node if isinstance(node, str) else text_of(node)
        return Missing(f"Filter: [{key}] can only be applied to arrays. Current context is: {said}")
    if not isinstance(node, dict):
        wanted = f"Expected to find an object with property {_written(key)} in path {walked}"
        provider = "com.jayway.jsonpath.spi.json.JacksonJsonNodeJsonProvider"
        said = f"This is not a json object according to the JsonProvider: '{provider}'."
        return Missing(f"{wanted} but found '{_java(node)}'. {said}")
    return Missing(f"No results for path: {at}" if last else f"Missing property in path {at}")


def _java(node: Any) -> str:
    """What Java calls the kind of a value."""
    names: dict[type, str] = {str: "String", bool: "Boolean", int: "Integer", float: "Double"}
    if isinstance(node, list):
        return "com.fasterxml.jackson.databind.node.ArrayNode"
    return "null" if node is None else f"java.lang.{names[type(node)]}"


def descendants(node: Any) -> Iterator[Any]:
    """The node and everything in it, in the order of the document."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, dict | list):
            waiting.extend(reversed(list(node.values() if isinstance(node, dict) else node)))


def children(node: Any, _: Any = None) -> list[Any]:
    """What is directly in an array or an object."""
    if isinstance(node, dict):
        return list(node.values())
    return list(node) if isinstance(node, list) else []
