"""Evaluates JSONata as Step Functions does: $states and the variables are bound, no input document, no $eval.

moto writes the values into the text of the expression, where a quotation mark in a webhook's string breaks out of its
literal; here they are bound as values. https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import copy
import hashlib
import math
import uuid
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import count
from typing import Any

from verihook.local.interpreter.validation import MAX_INPUT
from verihook.strict_json import parse

_LARGEST_SAFE = 2**53

#: AWS's largest $range; and values that a result has at most, since each takes two characters of a state's data.
MAX_ITEMS = 1000
MAX_VALUES = MAX_INPUT // 2
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


class QueryError(Exception):
    """The expression is wrong, or has no value that JSON can hold."""


@lru_cache(maxsize=1024)
def compile_expression(expression: str) -> Any:
    """The compiled expression, never to be evaluated itself: :func:`evaluate` copies it. QueryError if it is wrong."""
    from jsonata import Jsonata  # type: ignore[import-untyped]  # the package has no types

    try:
        compiled = Jsonata.jsonata(expression)
    except Exception as error:  # the parser raises its own and, for odd texts, builtin errors
        raise QueryError(str(error)) from error
    compiled.set_output_convert_nulls(False)  # None is undefined, NULL_VALUE is null
    return compiled


def evaluate(expression: str, bindings: Mapping[str, Any]) -> Any:
    """Return the value as plain JSON data; a whole number is an int. Raises QueryError if there is none.

    ``bindings`` go by name without the dollar sign.
    """
    from jsonata import Jsonata
    from jsonata.utils import Utils  # type: ignore[import-untyped]  # the package has no types

    # The library finds the running expression in a thread-local and keeps state in it: a copy for each evaluation.
    running = copy.copy(compile_expression(expression))
    Jsonata.CURRENT.jsonata = running
    bound = {name: Utils.NULL_VALUE if value is None else value for name, value in bindings.items()}
    try:
        result = running.evaluate(None, {**_functions(), **bound})
    except Exception as error:  # its own errors, and builtin ones for division by zero or a wrong argument
        raise QueryError(f"The JSONata expression '{expression}' failed: {error}") from error
    if result is None:
        raise QueryError(f"The JSONata expression '{expression}' returned nothing (undefined).")
    return _plain(result, expression, Utils.NULL_VALUE, count(1))


def _plain(value: Any, expression: str, null: Any, values: Iterator[int]) -> Any:
    if next(values) > MAX_VALUES:
        raise QueryError(f"The JSONata expression '{expression}' returned more than {MAX_VALUES} values.")
    if value is None or value is null:
        return None
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() and abs(value) <= _LARGEST_SAFE else value
    if isinstance(value, list | range):
        return [_plain(inner, expression, null, values) for inner in value]
    if isinstance(value, dict):
        return {str(key): _plain(inner, expression, null, values) for key, inner in value.items()}
    raise QueryError(f"The JSONata expression '{expression}' returned an unsupported result type.")


@cache
def _functions() -> dict[str, Any]:
    """The functions that Step Functions adds; $eval is not offered there."""
    from jsonata import Jsonata

    offered = {
        "uuid": _uuid,
        "hash": _hash,
        "parse": _parse,
        "partition": _partition,
        "range": _range,
        "pad": _pad,
    }
    return {name: Jsonata.JLambda(function) for name, function in {**offered, "eval": _eval}.items()}


def _uuid() -> str:
    return str(uuid.uuid4())


def _parse(text: str) -> Any:
    return parse(text)


def _hash(text: str, algorithm: str) -> str:
    return hashlib.new(_HASHES[algorithm], text.encode()).hexdigest()


def _partition(values: list[Any], size: int) -> list[list[Any]]:
    return [values[start : start + size] for start in range(0, len(values), size)]


def _range(first: int, last: int, step: int) -> list[int]:
    found = range(first, last + (1 if step > 0 else -1), step)
    if len(found) > MAX_ITEMS:
        raise ValueError(f"$range makes at most {MAX_ITEMS} items")
    return list(found)


def _pad(text: str, width: int, character: str = " ") -> str:
    """https://docs.jsonata.org/string-functions#pad , and no wider than a state's data may be."""
    if abs(width) > MAX_INPUT:
        raise ValueError(f"$pad makes at most {MAX_INPUT} characters")
    fill = ((character or " ") * max(abs(width) - len(text), 0))[: max(abs(width) - len(text), 0)]
    return text + fill if width > 0 else fill + text


def _eval(*_: Any) -> Any:
    raise ValueError("$eval is not supported by Step Functions; use $parse")
