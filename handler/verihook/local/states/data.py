"""JSON data: how it is written, how large it is, and when two values are one."""

from __future__ import annotations

import json
import math
from typing import Any

from verihook.strict_json import parse

#: The most bytes of JSON that a state takes, gives and passes on.
#: https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MAX_BYTES = 262_144

#: How deep a text may be nested before we decline to read it: deeper ones would end in Python's recursion.
MAX_DEPTH = 200

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def text_of(value: Any) -> str:
    """Return compact JSON. Raises ValueError for what JSON cannot hold."""
    return _ENCODER.encode(value)


def value_of(text: str | bytes) -> Any:
    """Return the value of a JSON text. Raises ValueError if it is none, has NaN, or is nested too deep."""
    value = parse(text)
    if deeper_than(value, MAX_DEPTH):
        raise ValueError(f"is nested deeper than {MAX_DEPTH} levels")
    return value


def size(value: Any) -> int:
    """Return the bytes of the value as JSON."""
    return len(text_of(value).encode("utf-8", "surrogatepass"))


def deeper_than(value: Any, levels: int) -> bool:
    """Whether arrays and objects are nested in more levels than that."""
    level = [value] if isinstance(value, dict | list) else []
    for _ in range(levels):
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return bool(level)


def is_number(value: Any) -> bool:
    """Whether the value is a JSON number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def is_whole(value: Any) -> bool:
    """Whether the value is a whole number, which 1.0 is too."""
    return is_number(value) and float(value).is_integer()


def equal(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: 1 and 1.0 are, 1 and true are not."""
    if is_number(one) and is_number(other):
        return bool(one == other)
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(equal(value, other[key]) for key, value in one.items())
    return bool(one == other)


def kind(value: Any) -> str:
    """Return the name of the value's JSON type."""
    if value is None:
        return "null"
    names: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "boolean"), (str, "string"), ((int, float), "number"), (list, "array"), (dict, "object"),
    ]  # fmt: skip
    return next(name for types, name in names if isinstance(value, types))
