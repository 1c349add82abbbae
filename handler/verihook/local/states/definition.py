"""Reads the text of a definition, with the words that AWS has for one that is no JSON object."""

from __future__ import annotations

import re
from typing import Any

from verihook.local.states.data import value_of
from verihook.local.states.errors import Diagnostic, Refused

_TOKEN = re.compile(r"[A-Za-z_$][\w$]*")
_PLACE = re.compile(r"is not JSON: (.*) at character (\d+)", re.DOTALL)


def read_definition(text: str) -> dict[str, Any]:
    """Return the object. Raises Refused."""
    try:
        definition = value_of(text)
    except ValueError as error:
        raise Refused([_no_json(text, str(error))]) from error
    if not isinstance(definition, dict):
        raise Refused([Diagnostic("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object")])
    return definition


def _no_json(text: str, why: str) -> Diagnostic:
    if not text.strip():
        return Diagnostic("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object")
    found = _PLACE.search(why)
    if found is None:
        return Diagnostic("INVALID_JSON_DESCRIPTION", f"The definition {why}")
    at = int(found[2])
    token = _TOKEN.match(text, at)
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    place = f'[Source: (String)"{text[:500]}"; line: {line}, column: {column + (len(token[0]) if token else 0)}]'
    expected = "was expecting (JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
    message = f"Unrecognized token '{token[0]}': {expected}" if token else found[1]
    return Diagnostic("INVALID_JSON_DESCRIPTION", f"{message}\n at {place}", place)
