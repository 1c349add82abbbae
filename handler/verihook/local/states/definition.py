"""Reads the text of a definition, with the words that AWS has for one that is no JSON object."""

from __future__ import annotations

import json
import re
from typing import Any

from verihook.local.states.data import value_of
from verihook.local.states.errors import Diagnostic, Refused

_TOKEN = re.compile(r"[A-Za-z_$][\w$]*")


def read_definition(text: str) -> dict[str, Any]:
    """Return the object. Raises Refused."""
    try:
        definition = value_of(text)
    except json.JSONDecodeError as error:
        raise Refused([_no_json(text, error)]) from error
    except ValueError as error:
        raise Refused([Diagnostic("INVALID_JSON_DESCRIPTION", f"The definition {error}")]) from error
    if not isinstance(definition, dict):
        raise Refused([Diagnostic("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object")])
    return definition


def _no_json(text: str, error: json.JSONDecodeError) -> Diagnostic:
    if not text.strip():
        return Diagnostic("SCHEMA_VALIDATION_FAILED", "Definition must be a valid JSON object")
    if token := _TOKEN.match(text, error.pos):
        place = f'[Source: (String)"{text}"; line: {error.lineno}, column: {error.colno + len(token[0])}]'
        expected = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
        message = f"Unrecognized token '{token[0]}': was expecting {expected}\n at {place}"
    else:
        place = f'[Source: (String)"{text[:500]}"; line: {error.lineno}, column: {error.colno}]'
        message = f"{error.msg}\n at {place}"
    return Diagnostic("INVALID_JSON_DESCRIPTION", message, place)
