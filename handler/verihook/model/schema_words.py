"""The texts of violations: short, however large the value is."""

from __future__ import annotations

#: What each keyword that looks at one value alone has to say; ``{value}`` and ``{wanted}`` are short.
SAID = {
    "const": "{wanted} was expected",
    "enum": "{value} is not one of {wanted}",
    "exclusiveMaximum": "{value} is greater than or equal to the maximum of {wanted}",
    "exclusiveMinimum": "{value} is less than or equal to the minimum of {wanted}",
    "maximum": "{value} is greater than the maximum of {wanted}",
    "maxItems": "{value} is too long: at most {wanted} items",
    "maxLength": "{value} is too long: at most {wanted} characters",
    "maxProperties": "{value} has too many properties: at most {wanted}",
    "minimum": "{value} is less than the minimum of {wanted}",
    "minItems": "{value} is too short: at least {wanted} items",
    "minLength": "{value} is too short: at least {wanted} characters",
    "minProperties": "{value} does not have enough properties: at least {wanted}",
    "multipleOf": "{value} is not a multiple of {wanted}",
    "pattern": "{value} does not match {wanted}",
    "type": "{value} is not of type {wanted}",
    "uniqueItems": "{value} has non-unique elements",
}


def shown(value: object) -> str:
    """Return the value in few characters, however large it is."""
    if isinstance(value, dict):
        return f"an object of {len(value)}" if value else "{}"
    if isinstance(value, list):
        return f"an array of {len(value)}" if value else "[]"
    if isinstance(value, str) and len(value) > 60:
        return f"{value[:60]!r}..."
    return repr(value)[:100]


def listed(keyword: str, wanted: object) -> str:
    """Return what the keyword asks for, as the texts show it."""
    if keyword == "type" and isinstance(wanted, list):
        return ", ".join(repr(each) for each in wanted)
    return repr(wanted)[:150]


#: What each keyword that combines other parts has to say of a value.
COMBINED = {
    "anyOf": "is not valid under any of the given schemas",
    "oneOf": "is not valid under exactly one of the given schemas",
    "not": "is valid under a schema that it must not fit",
    "contains": "does not contain as many fitting items as wanted",
}

#: The texts of keywords that are used if no other text was found.
_REST = {
    "unevaluatedItems": "has items that are not allowed",
    "unevaluatedProperties": "has properties that are not allowed",
}


def unexplained(schema: object, value: object) -> str:
    """Return the text for a value that does not fit ``schema``, if no single keyword explains why."""
    said = [text for keyword, text in _REST.items() if isinstance(schema, dict) and keyword in schema]
    return f"{shown(value)} {' or '.join(said) or 'does not fit the schema'}"
