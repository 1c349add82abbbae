"""Filters of paths: ``[?(@.price < 10 && @.category == 'fiction')]``.

https://github.com/json-path/JsonPath#filter-operators . A value of another kind than what it is compared with does not
fit, and neither does one that is missing.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from verihook.local.states.data import equal, is_number, value_of
from verihook.local.states.path_steps import Step, element, member
from verihook.local.states.path_text import PathText

#: A filter's condition, and one side of a comparison, of an item and the root; _NONE is a side without a value.
Wanted = Callable[[Any, Any], bool]
Side = Callable[[Any, Any], Any]
_NONE: Any = object()

_OPERATOR = re.compile(r"\s*(==|!=|<=|>=|<|>|=~|(?:in|nin|subsetof|contains|size|empty)\b)\s*")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
_WORD = re.compile(r"[\w-]+")
_PATH = re.compile(r"[@$](?:\.[\w-]+(?!\()|\[\s*(?:-?\d+|'[^']*'|\"[^\"]*\")\s*\])*(?:\.length\(\))?")
_SEGMENT = re.compile(r"\.length\(\)|\.([\w-]+)|\[\s*(?:(-?\d+)|'([^']*)'|\"([^\"]*)\")\s*\]")
_REGEX = re.compile(r"/((?:[^/\\]|\\.)*)/(i?)")

#: A pattern is matched against at most so many characters: it is the author's, but the text may be a stranger's.
_MAX_MATCHED = 10_000


def read_filter(reader: PathText) -> Wanted:
    """Read a condition up to its closing bracket. Raises ValueError."""
    either = [_both(reader)]
    while _next(reader, "||"):
        either.append(_both(reader))
    return either[0] if len(either) == 1 else lambda item, root: any(wanted(item, root) for wanted in either)


def _both(reader: PathText) -> Wanted:
    every = [_plain(reader)]
    while _next(reader, "&&"):
        every.append(_plain(reader))
    return every[0] if len(every) == 1 else lambda item, root: all(wanted(item, root) for wanted in every)


def _plain(reader: PathText) -> Wanted:
    if _next(reader, "!"):
        inner = _plain(reader)
        return lambda item, root: not inner(item, root)
    if _next(reader, "("):
        inner = read_filter(reader)
        reader.expect(")")
        return inner
    left = _side(reader)
    operator = reader.match(_OPERATOR)
    if operator is None:
        return lambda item, root: left(item, root) is not _NONE
    if operator[1] == "=~":
        return _matches(left, reader)
    right = _side(reader)
    compare = _COMPARE[operator[1]]

    def holds(item: Any, root: Any) -> bool:
        one, other = left(item, root), right(item, root)
        if one is _NONE or other is _NONE:
            return operator[1] == "!=" and one is not other
        return bool(compare(one, other))

    return holds


def _next(reader: PathText, wanted: str) -> bool:
    reader.space()
    return reader.take(wanted)


def _matches(left: Side, reader: PathText) -> Wanted:
    if not (found := reader.match(_REGEX)):
        raise ValueError(f"a pattern is missing in the path {reader.text}")
    try:
        pattern = re.compile(found[1], re.IGNORECASE if found[2] else 0)
    except re.error as error:
        raise ValueError(f"the pattern of the path {reader.text} is wrong: {error}") from error

    def holds(item: Any, root: Any) -> bool:
        value = left(item, root)
        return isinstance(value, str) and len(value) <= _MAX_MATCHED and pattern.fullmatch(value) is not None

    return holds


def _side(reader: PathText) -> Side:
    reader.space()
    if found := reader.match(_PATH):
        return _within(found[0])
    if reader.rest[:1] in {"'", '"'}:
        return _constant(reader.quoted())
    if found := reader.match(_NUMBER):
        return _constant(value_of(found[0]))
    if reader.rest.startswith("["):
        end = reader.text.find("]", reader.at)
        literal = reader.text[reader.at : end + 1]
        reader.at = end + 1
        return _constant(value_of(literal.replace("'", '"')))
    if found := reader.match(_WORD):  # Jayway takes a bare word for a text
        return _constant({"true": True, "false": False, "null": None}.get(found[0], found[0]))
    raise ValueError(f"a side of a comparison is missing at character {reader.at} of {reader.text}")


def _constant(value: Any) -> Side:
    return lambda _item, _root: value


def _within(path: str) -> Side:
    steps = [_step(found) for found in _SEGMENT.finditer(path)]

    def value(item: Any, root: Any) -> Any:
        at = root if path.startswith("$") else item
        for step in steps:
            found = step.select(at, root)
            if not found:
                return _NONE
            at = found[0]
        return at

    return value


def _step(found: re.Match[str]) -> Step:
    name, number, single, double = found.groups()
    if found[0] == ".length()":
        return Step(lambda node, _: [len(node)] if isinstance(node, list | dict | str) else [])
    return element(int(number)) if number else member(name or single or double or "")


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def holds(one: Any, other: Any) -> bool:
        alike = (is_number(one) and is_number(other)) or (isinstance(one, str) and isinstance(other, str))
        return alike and compare(one, other)

    return holds


def _among(one: Any, other: Any) -> bool:
    return isinstance(other, list) and any(equal(one, item) for item in other)


def _contains(one: Any, other: Any) -> bool:
    return _among(other, one) or (isinstance(one, str) and isinstance(other, str) and other in one)


_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "==": equal,
    "!=": lambda one, other: not equal(one, other),
    "<": _ordered(lambda one, other: one < other),
    "<=": _ordered(lambda one, other: one <= other),
    ">": _ordered(lambda one, other: one > other),
    ">=": _ordered(lambda one, other: one >= other),
    "in": _among,
    "nin": lambda one, other: not _among(one, other),
    "contains": _contains,
    "subsetof": lambda one, other: isinstance(one, list) and all(_among(item, other) for item in one),
    "size": lambda one, other: isinstance(one, list | str | dict) and len(one) == other,
    "empty": lambda one, other: isinstance(one, list | str | dict) and (not one) == other,
}
