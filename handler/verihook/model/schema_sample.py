"""A value that fits a JSON Schema, as far as its plain keywords say: a first draft for a person, not a proof."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: How deep a sample is nested at most: a schema may refer to itself.
MOST_DEPTH = 8

#: A text of each format that a person would recognise.
_FORMATS = {
    "date-time": "2026-01-31T12:00:00Z",
    "date": "2026-01-31",
    "time": "12:00:00Z",
    "email": "kim@example.com",
    "uri": "https://example.com/",
    "uuid": "7b1f6a52-3c1e-4f7e-9c55-0f2a9c41b7d3",
}


def sample_of(schema: Any) -> Any:
    """Return a JSON value: the schema's own example, default or first choice, else one with what is required."""
    return _sample(schema, schema, 0)


def _sample(schema: Any, root: Any, depth: int) -> Any:
    if not isinstance(schema, Mapping) or depth > MOST_DEPTH:
        return {} if depth == 0 else None
    if isinstance(reference := schema.get("$ref"), str):
        return _sample(_at(root, reference), root, depth + 1)
    for name in ("const", "default"):
        if name in schema:
            return schema[name]
    for name in ("examples", "enum"):
        if isinstance(schema.get(name), list) and schema[name]:
            return schema[name][0]
    if "type" not in schema and "properties" not in schema:
        for name in ("oneOf", "anyOf", "allOf"):
            if isinstance(schema.get(name), list) and schema[name]:
                return _sample(schema[name][0], root, depth + 1)
    return _of_type(schema, root, depth)


def _of_type(schema: Mapping[str, Any], root: Any, depth: int) -> Any:
    kinds = schema.get("type", "object" if "properties" in schema else None)
    kind = next((each for each in kinds if each != "null"), "null") if isinstance(kinds, list) else kinds
    match kind:
        case "object":
            properties = schema.get("properties") or {}
            return {name: _sample(properties.get(name), root, depth + 1) for name in schema.get("required") or ()}
        case "array":
            return [_sample(schema.get("items"), root, depth + 1) for _ in range(max(1, schema.get("minItems") or 0))]
        case "string":
            text = _FORMATS.get(str(schema.get("format")), "text")
            return text.ljust(min(schema.get("minLength") or 0, 1000), "x")[: schema.get("maxLength") or None]
        case "integer" | "number":
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        case "boolean":
            return True
    return {} if depth == 0 else None


def _at(root: Any, reference: str) -> Any:
    """Return what a reference within the schema (``#/$defs/item``) points to; None if there is no such thing."""
    found = root
    for name in reference.removeprefix("#/").split("/") if reference.startswith("#/") else ("",):
        found = found.get(name.replace("~1", "/").replace("~0", "~")) if isinstance(found, Mapping) else None
    return found
