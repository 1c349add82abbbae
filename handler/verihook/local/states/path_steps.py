"""Follows the steps of a path through data. What a step may be is read by path_reader.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any


class Missing(LookupError):
    """A definite path has no value; the message is as AWS words it."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step. ``key`` is the name or number of one that names one place.

    ``select`` gives what the step finds in a node; it gets the root of the data too, which a filter may compare with.
    """

    select: Callable[[Any, Any], list[Any]]
    key: str | int | None = None

    @property
    def definite(self) -> bool:
        """Whether the step finds one value at most."""
        return self.key is not None

    @property
    def single(self) -> bool:
        """Whether a Reference Path may have it: a negative number names no place."""
        return self.key is not None and not (isinstance(self.key, int) and self.key < 0)


def member(name: str) -> Step:
    """Return the step into an object."""
    return Step(lambda node, _: [node[name]] if isinstance(node, dict) and name in node else [], name)


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
        if not found:
            raise Missing(_why(node, step.key, walked, last=number == len(steps) - 1))
        node = found[0]
        walked += _written(step.key)
    return node


def _written(key: Any) -> str:
    return f"[{key}]" if isinstance(key, int) else f"['{key}']"


def _why(node: Any, key: Any, walked: str, *, last: bool) -> str:
    if isinstance(key, int):
        if isinstance(node, list):
            return f"Index out of bounds when evaluating path {walked}[{key}]"
        return f"Filter: [{key}] can only be applied to arrays. Current context is: {node}"
    if not isinstance(node, dict):
        return f"Expected to find an object with property ['{key}'] in path {walked} but found '{type(node).__name__}'."
    return f"No results for path: {walked}['{key}']" if last else f"Missing property in path {walked}['{key}']"


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
