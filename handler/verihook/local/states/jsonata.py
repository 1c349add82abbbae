"""JSONata as Step Functions evaluates it: $states and the variables are bound, there is no input document and no $eval.

The language is the library's (jsonata-python); what it does otherwise than the reference is mended in
jsonata_dialect.py, and an expression is bounded in steps, depth and results, since what it works on may be a
stranger's.
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import count
from typing import Any

from verihook.local.states.data import MAX_BYTES
from verihook.local.states.errors import QUERY, StateError
from verihook.local.states.jsonata_dialect import dialect, number_words
from verihook.local.states.jsonata_errors import TOO_DEEP, TOO_LONG, Bounded, said
from verihook.local.states.jsonata_functions import functions
from verihook.local.states.scope import Scope

#: Evaluations of parts of an expression in one run of it (about two seconds), and values of its result.
MAX_STEPS = 200_000
#: How deep they are nested: AWS was seen to end with 100.
MAX_DEPTH = 100
MAX_VALUES = MAX_BYTES // 2

_LARGEST_SAFE = 2**53


def is_expression(text: Any) -> bool:
    """Whether a text is written as one: ``{% ... %}`` with nothing before or after."""
    return isinstance(text, str) and text.startswith("{%") and text.endswith("%}") and len(text) >= 4


def inner(text: str) -> str:
    """Return what is between the marks, as AWS's messages have it."""
    return text[2:-2].strip()


class NotAnExpression(ValueError):
    """A text is no expression; the code is that of CreateStateMachine's diagnostics."""

    code = "INVALID_JSONATA_EXPRESSION"


@lru_cache(maxsize=1024)
def compile_expression(expression: str) -> Any:
    """Return the compiled expression, which only :func:`evaluate` may run. Raises NotAnExpression if it is wrong."""
    try:
        return dialect()(expression)
    except Exception as error:  # the parser raises its own and, for odd texts, builtin errors
        raise NotAnExpression(said(error)[1]) from error


def evaluate(expression: str, scope: Scope, field: str) -> Any:
    """Return the value as plain JSON data; a whole number is an int. Raises StateError if there is none.

    ``field`` is the place of the expression in its state, such as ``Arguments/FunctionName``.
    """
    from jsonata.utils import Utils  # type: ignore[import-untyped]  # the package has no types

    states = {**scope.states, "context": scope.context()}
    bound = {**functions(scope), **scope.variables, "states": states}
    bindings = {name: Utils.NULL_VALUE if value is None else value for name, value in bound.items()}
    try:
        result = _run(compile_expression(expression), bindings)
    except Exception as error:  # its own errors, and builtin ones for a wrong argument
        code, words = said(error)
        how = f": {words}" if code is None else f". {code}: {words}"
        raise _failed(expression, field, f"threw an error during evaluation{how}") from error
    if result is None:
        raise _failed(expression, field, "returned nothing (undefined).")
    try:
        return _plain(result, Utils.NULL_VALUE, count(1))
    except ValueError as error:
        cause = f"The JSONata expression '{expression}' {'for' if field == 'Items' else 'specified for'} the field"
        raise StateError(QUERY, f"{cause} '{field}' {error}", located=True, location=field) from None


def _failed(expression: str, field: str, what: str) -> StateError:
    cause = f"The JSONata expression '{expression}' specified for the field '{field}' {what}"
    return StateError(QUERY, cause, located=True, location=field)


def _run(compiled: Any, bindings: Mapping[str, Any]) -> Any:
    # The library finds the running expression in a thread-local and keeps state in it: a copy for each evaluation.
    running = copy.copy(compiled)
    running.CURRENT.jsonata = running
    running.environment = running.create_frame(running.static_frame)
    bounds = _Bounds()
    running.environment.set_evaluate_entry_callback(bounds.entered)
    running.environment.set_evaluate_exit_callback(bounds.left)
    return running.evaluate(None, bindings)


class _Bounds:
    """Counts the steps of one evaluation, and how deep they are nested."""

    def __init__(self) -> None:
        self.steps = self.depth = 0

    def entered(self, *_: Any) -> None:
        self.steps += 1
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise Bounded(TOO_DEEP)
        if self.steps > MAX_STEPS:
            raise Bounded(TOO_LONG)

    def left(self, *_: Any) -> None:
        self.depth -= 1


def _plain(value: Any, null: Any, values: Iterator[int]) -> Any:
    if next(values) > MAX_VALUES:
        raise ValueError(f"returned more than {MAX_VALUES} values.")
    if value is None or value is null:
        return None
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        return number_words(value)
    if isinstance(value, float):
        return int(value) if value.is_integer() and abs(value) <= _LARGEST_SAFE else value
    if isinstance(value, list | range):
        return [_plain(item, null, values) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item, null, values) for key, item in value.items()}
    raise ValueError("returned an unsupported result type.")
