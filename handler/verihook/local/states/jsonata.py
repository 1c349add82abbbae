"""JSONata as Step Functions evaluates it: $states and the variables are bound, there is no input document and no $eval.

The language is the library's (jsonata-python); what it does otherwise than the reference is mended here, and an
expression is bounded in steps and results, since what it works on may be a stranger's.
https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from functools import cache, lru_cache
from itertools import count
from typing import Any

from verihook.local.states.data import MAX_BYTES, is_number
from verihook.local.states.errors import QUERY, StateError
from verihook.local.states.jsonata_functions import functions
from verihook.local.states.scope import Scope

#: Evaluations of parts of an expression in one run of it (about two seconds), and values of its result.
MAX_STEPS = 200_000
MAX_VALUES = MAX_BYTES // 2

_LARGEST_SAFE = 2**53


def is_expression(text: Any) -> bool:
    """Whether a text is written as one: ``{% ... %}`` with nothing before or after."""
    return isinstance(text, str) and text.startswith("{%") and text.endswith("%}") and len(text) >= 4


def inner(text: str) -> str:
    """Return what is between the marks, as AWS's messages have it."""
    return text[2:-2].strip()


@lru_cache(maxsize=1024)
def compile_expression(expression: str) -> Any:
    """Return the compiled expression, which only :func:`evaluate` may run. Raises ValueError if it is wrong."""
    try:
        return _dialect()(expression)
    except Exception as error:  # the parser raises its own and, for odd texts, builtin errors
        raise ValueError(str(error) or type(error).__name__) from error


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
    except Exception as error:  # its own errors, and builtin ones for division by zero or a wrong argument
        code = getattr(error, "error", None)
        said = str(error) if code is None or str(error).startswith(str(code)) else f"{code}: {error}"
        raise _failed(expression, field, f"threw an error during evaluation. {said}") from error
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
    running.environment.set_evaluate_entry_callback(_bounded(count(1)))
    return running.evaluate(None, bindings)


def _bounded(steps: Iterator[int]) -> Callable[..., None]:
    def entered(*_: Any) -> None:
        if next(steps) > MAX_STEPS:
            raise ValueError(f"an expression is evaluated in at most {MAX_STEPS} steps")

    return entered


def _plain(value: Any, null: Any, values: Iterator[int]) -> Any:
    if next(values) > MAX_VALUES:
        raise ValueError(f"returned more than {MAX_VALUES} values.")
    if value is None or value is null:
        return None
    if isinstance(value, str | bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return int(value) if value.is_integer() and abs(value) <= _LARGEST_SAFE else value
    if isinstance(value, list | range):
        return [_plain(item, null, values) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item, null, values) for key, item in value.items()}
    raise ValueError("returned an unsupported result type.")


def number_text(value: float) -> str:
    """Return a number as JavaScript writes it with 15 digits, which is what JSONata's $string does."""
    rounded = float(f"{value:.15g}")
    if rounded == 0:
        return "0"
    if 1e-6 <= abs(rounded) < 1e21:
        written = format(Decimal(repr(rounded)), "f")
        return written.rstrip("0").rstrip(".") if "." in written else written
    mantissa, exponent = f"{Decimal(repr(rounded)).normalize():e}".split("e")
    return f"{mantissa}e{'-' if exponent.startswith('-') else '+'}{exponent.lstrip('+-0')}"


@cache
def _dialect() -> type:
    """The library's language with its faults mended; imported with the first expression, for it takes a while."""
    from jsonata import Jsonata  # type: ignore[import-untyped]  # the package has no types
    from jsonata.functions import Functions  # type: ignore[import-untyped]

    def string(value: Any, prettify: Any = None) -> Any:
        return number_text(value) if is_number(value) else Functions.string(value, prettify)

    class Dialect(Jsonata):  # type: ignore[misc]  # a class without types
        """JSONata as https://docs.jsonata.org has it."""

        def __init__(self, expression: str) -> None:
            super().__init__(expression)
            self.set_output_convert_nulls(False)  # None is undefined, NULL_VALUE is null
            if self.errors:
                raise ValueError(str(self.errors[0]))

        def evaluate_numeric_expression(self, lhs: Any, rhs: Any, op: str | None) -> Any:
            """The library makes a whole number of the remainder of fractions."""
            if op != "%" or not (is_number(lhs) and is_number(rhs)):
                return super().evaluate_numeric_expression(lhs, rhs, op)
            remainder = math.fmod(lhs, rhs)
            return int(remainder) if remainder.is_integer() else remainder

        def evaluate_string_concat(self, lhs: Any, rhs: Any) -> str:
            """The library writes large numbers with an exponent."""
            return "".join(string(side) for side in (lhs, rhs) if side is not None)

        def evaluate(self, input: Any, bindings: Any = None) -> Any:
            """Bind our $string, whose argument may be the context's value, to every run."""
            own = {"string": Jsonata.JFunction(Jsonata.JLambda(string), "<x-b?:s>")}
            return super().evaluate(input, {**own, **(bindings or {})})

    return Dialect
