"""Inputs that hold a long list, whose every item is judged once: what is wrong is known by where it stands then.

To ask first whether a megabyte fits, and then again at each level that leads to its fault, is to go through it three
times. Where a list is reached by names alone, what stands around it is judged without what is in it, and the items are
judged some thousands at a time.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from verihook.model.schema_faults import TOGETHER, Fault, Faults, Path, Walk, step

#: So many items are a long list.
LONG = 4096

#: What a part says of names and numbers alone: the same is true of it whatever stands in the value.
_HOLLOW = frozenset(
    {
        *("type", "required", "dependentRequired", "additionalProperties"),
        *("minProperties", "maxProperties", "minItems", "maxItems"),
    }
)

_COUNTED = frozenset({"minItems", "maxItems"})

#: What it says of the values in it, one by one; and what judges nothing.
_INNER = frozenset({"properties", "items"})
_SAID = frozenset(
    {
        "$schema",
        "$comment",
        "$defs",
        "title",
        "description",
        "default",
        "examples",
        "deprecated",
        "readOnly",
        "writeOnly",
    }
)
_KNOWN = _HOLLOW | _INNER | _SAID


def holds(schema: Any, value: object) -> bool:
    """Whether ``value`` is a long list, or has one below names, whose items can be judged apart from the rest."""
    if not isinstance(schema, dict) or not schema.keys() <= _KNOWN:
        return False
    if not isinstance(schema.get("additionalProperties", True), bool):
        return False
    if isinstance(value, list):
        return len(value) >= LONG and "items" in schema
    if isinstance(value, dict):
        return any(holds(part, value.get(name)) for name, part in schema.get("properties", {}).items())
    return False


def faults(schema: Any, pointer: str, value: object, path: Path, parts: Faults, walk: Walk) -> Iterator[Fault]:
    """Those of ``value`` under the part at ``pointer``, lazily: none if it fits, or if the walk has no looks left.

    Raises RecursionError and UnicodeEncodeError.
    """
    if not holds(schema, value):
        if not parts.judge(pointer)(value):
            yield from walk.faults(schema, pointer, value, path)
    elif not _judges_around(schema, pointer, value, parts):
        yield from walk.faults(schema, pointer, value, path)
    elif isinstance(value, list):
        place = f"{pointer}/items"
        for number in walk.wrong(parts.judge(place, "items"), value, 0, TOGETHER):
            yield from walk.faults(schema["items"], place, value[number], (*path, number))
    elif isinstance(value, dict):
        for name, part in schema["properties"].items():
            if name in value:
                yield from faults(part, f"{pointer}/properties/{step(name)}", value[name], (*path, name), parts, walk)


def _judges_around(schema: dict[str, Any], pointer: str, value: object, parts: Faults) -> bool:
    """Whether ``value`` fits by all but what is in it."""
    around = {name: schema[name] for name in _HOLLOW & schema.keys()}
    if not around:
        return True
    judge = parts.compiled(
        f"around {pointer}", {**around, "properties": dict.fromkeys(schema.get("properties", ()), True)}
    )
    if isinstance(value, dict):
        return judge(dict.fromkeys(value))
    # Only a number of items is told by so many.
    return judge([None] * len(value) if _COUNTED & around.keys() and isinstance(value, list) else [])
