"""Reads the text of a path into steps. The grammar is Jayway's: https://github.com/json-path/JsonPath#operators ."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from verihook.local.states.data import is_number
from verihook.local.states.path_filters import read_filter
from verihook.local.states.path_steps import Step, children, descendants, element, member, members
from verihook.local.states.path_text import PathText

_NAME = re.compile(r"[^\s.\[\]()'\",?@*=<>!~&|+/]+")
_VARIABLE = re.compile(r"[^\W\d]\w{0,79}")
_SLICE = re.compile(r"\s*(-?\d+)?\s*:\s*(-?\d+)?\s*(?::\s*(\d+)\s*)?\]")
_INDICES = re.compile(r"\s*-?\d+\s*(?:,\s*-?\d+\s*)*\]")


def read_path(text: str) -> tuple[str, str, tuple[Step, ...], Callable[[Any], Any] | None]:
    """Return root, name of the variable, steps and the function at the end. Raises ValueError."""
    reader = PathText(text)
    if not reader.take("$"):
        raise ValueError(f"a path begins with $: {text}")
    root, name = "input", ""
    if reader.take("$"):
        root = "context"
    elif found := reader.match(_VARIABLE):
        root, name = "variable", found[0]
    steps, function = _steps(reader)
    return root, name, tuple(steps), function


def _steps(reader: PathText) -> tuple[list[Step], Callable[[Any], Any] | None]:
    steps: list[Step] = []
    while not reader.ended:
        if reader.take(".."):
            steps += [Step(_deep(step)) for step in _after_dots(reader)]
        elif reader.take("["):
            steps.append(_bracket(reader))
        elif reader.take("."):
            if reader.take("*"):
                steps.append(Step(children))
                continue
            if reader.rest.startswith("["):  # $.['a']
                continue
            name = _name(reader)
            if reader.take("()"):
                return steps, _ended(reader, name)
            steps.append(member(name))
        else:
            raise ValueError(f"unexpected {reader.rest[:1]!r} in the path {reader.text}")
    return steps, None


def _after_dots(reader: PathText) -> Iterator[Step]:
    if reader.take("["):
        yield _bracket(reader)
    elif reader.take("*"):
        yield Step(children)
    else:
        yield member(_name(reader))


def _name(reader: PathText) -> str:
    if not (found := reader.match(_NAME)):
        raise ValueError(f"a name is missing in the path {reader.text}")
    return found[0]


def _bracket(reader: PathText) -> Step:
    if reader.take("*]"):
        return Step(children)
    if reader.take("?("):
        wanted = read_filter(reader)
        reader.expect(")")
        reader.expect("]")
        return Step(lambda node, root: [item for item in _items(node) if wanted(item, root)])
    if found := reader.match(_SLICE):
        first, last, by = (int(part) if part else None for part in found.groups())
        if by == 0:
            raise ValueError(f"a slice has no step of 0: {reader.text}")
        return Step(lambda node, _: node[first:last:by] if isinstance(node, list) else [])
    if found := reader.match(_INDICES):
        numbers = [int(part) for part in found[0][:-1].split(",")]
        return element(numbers[0]) if len(numbers) == 1 else Step(_each([element(number) for number in numbers]))
    names = reader.quoted_names()
    reader.expect("]")
    return member(names[0]) if len(names) == 1 else members(tuple(names))


def _items(node: Any) -> list[Any]:
    return node if isinstance(node, list) else [node] if isinstance(node, dict) else []


def _each(steps: list[Step]) -> Callable[[Any, Any], list[Any]]:
    return lambda node, root: [value for step in steps for value in step.select(node, root)]


def _deep(step: Step) -> Callable[[Any, Any], list[Any]]:
    def has_all(node: Any) -> bool:
        return not isinstance(step.key, tuple) or (isinstance(node, dict) and all(name in node for name in step.key))

    return lambda node, root: [
        value for inner in descendants(node) if has_all(inner) for value in step.select(inner, root)
    ]


def _ended(reader: PathText, name: str) -> Callable[[Any], Any]:
    if name not in _FUNCTIONS or not reader.ended:
        raise ValueError(f"there is no function {name}() in the path {reader.text}")
    return _FUNCTIONS[name]


def _numbers(reduce: Callable[[list[float]], float]) -> Callable[[Any], Any]:
    def of(value: Any) -> float:
        numbers = [item for item in value if is_number(item)] if isinstance(value, list) else []
        if not numbers:
            raise ValueError("Aggregation function attempted to calculate value using empty array")
        return reduce(numbers)

    return of


_FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "length": lambda value: len(value) if isinstance(value, list | dict | str) else None,
    "keys": lambda value: list(value) if isinstance(value, dict) else None,
    "min": _numbers(min),
    "max": _numbers(max),
    "sum": _numbers(sum),
    "avg": _numbers(lambda numbers: sum(numbers) / len(numbers)),
}
