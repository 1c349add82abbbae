"""The library's JSONata with its faults mended: it is to be as https://docs.jsonata.org and the reference have it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache, partial
from typing import Any

from verihook.local.states.data import is_number
from verihook.local.states.jsonata_errors import TOO_LARGE, Bounded, raised

#: AWS was seen to make a range of so many numbers, and not of one more.
_LONGEST_RANGE = 873_782

_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?")
_WITH_BASE = re.compile(r"0[xX][0-9A-Fa-f]+|0[oO][0-7]+|0[bB][01]+")
_ISO_8601 = re.compile(
    r"\d{4}(-[01]\d)?(-[0-3]\d)?(T[0-2]\d:[0-5]\d:[0-5]\d)?(\.\d+)?([+-][0-2]\d:?[0-5]\d|Z)?", re.ASCII
)


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


def _library() -> Any:
    from jsonata.functions import Functions  # type: ignore[import-untyped]  # the package has no types

    return Functions


def _string(value: Any, prettify: Any = None) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        raise raised("D3001")
    return number_text(value) if is_number(value) else _library().string(value, prettify)


def _number(value: Any) -> Any:
    # https://docs.jsonata.org/numeric-functions#number
    if isinstance(value, bool):
        return int(value)
    if value is None or is_number(value):
        return value
    if not isinstance(value, str):
        raise raised("T0410", 1, "number")
    if _WITH_BASE.fullmatch(value):
        return int(value, 0)
    if not _NUMBER.fullmatch(value) or not math.isfinite(found := float(value)):
        raise raised("D3030", value)
    return int(found) if found.is_integer() else found


def _power(base: Any, exponent: Any) -> Any:
    if base is None or exponent is None:
        return None
    try:
        found = math.pow(base, exponent)
    except (OverflowError, ValueError):
        raise raised("D3061", base, exponent) from None
    return int(found) if found.is_integer() else found


def _sorted(values: Any, swaps: Any = None) -> Any:
    """https://docs.jsonata.org/array-functions#sort : two values change places if the function says true."""
    if values is None or len(values) < 2:
        return values
    if swaps is not None:
        return _merged(list(values), lambda one, other: bool(_library().func_apply(swaps, [one, other])))
    if not (all(map(is_number, values)) or all(isinstance(value, str) for value in values)):
        raise raised("D3070")
    return sorted(values)


def _merged(values: list[Any], swaps: Callable[[Any, Any], bool]) -> list[Any]:
    """A merge sort, which a function that says false for equal values leaves in their order."""
    if len(values) < 2:
        return values
    middle = len(values) // 2
    left, right = _merged(values[:middle], swaps), _merged(values[middle:], swaps)
    found, one, other = [], 0, 0
    while one < len(left) and other < len(right):
        if swaps(left[one], right[other]):
            found.append(right[other])
            other += 1
        else:
            found.append(left[one])
            one += 1
    return found + left[one:] + right[other:]


def _distinct(values: Any) -> Any:
    """Of a sequence this is one, which a single value is not told from; of an array an array."""
    from jsonata.utils import Utils  # type: ignore[import-untyped]  # the package has no types

    if not isinstance(values, list) or len(values) < 2:
        return values
    found: list[Any] = Utils.create_sequence() if Utils.is_sequence(values) else []
    for value in values:
        if not any(Utils.is_deep_equal(value, other) for other in found):
            found.append(value)
    return found


def _replaced(text: Any, pattern: Any, replacement: Any, limit: Any = None) -> Any:
    # https://docs.jsonata.org/string-functions#replace
    if text is None:
        return None
    if pattern == "":
        raise raised("D3010")
    if limit is not None and limit < 0:
        raise raised("D3011")
    if limit == 0:
        return text
    most = 0 if limit is None else math.ceil(limit)
    if isinstance(pattern, str):
        return text.replace(pattern, replacement, most or -1)
    return pattern.sub(lambda match: _replacement(match, replacement), text, most)


def _replacement(match: Any, replacement: Any) -> str:
    if not match.group():
        raise raised("D1004")
    if not isinstance(replacement, str):
        told = {"match": match.group(), "start": match.start(), "end": match.end(), "groups": list(match.groups(""))}
        found = _library().func_apply(replacement, [told])
        if not isinstance(found, str):
            raise raised("D3012")
        return found
    groups = match.groups("")
    digits = len(str(max(len(groups), 1)))

    def filled(reference: re.Match[str]) -> str:
        written = reference[1]
        if written == "$":
            return "$"
        while len(written) > 1 and int(written) > len(groups):
            written = written[:-1]
        number, rest = int(written), reference[1][len(written) :]
        return (match.group() if number == 0 else groups[number - 1] if number <= len(groups) else "") + rest

    return re.sub(rf"\$(\$|[0-9]{{1,{digits}}})", filled, replacement)


def _to_millis(text: Any, picture: Any = None) -> Any:
    if text is None:
        return None
    if picture is None and not _ISO_8601.fullmatch(text):
        raise raised("D3110", text)
    return _library().datetime_to_millis(text, picture)


def _contains(text: Any, token: Any) -> Any:
    return None if token is None else _library().contains(text, token)


def _eval(*_: Any) -> None:
    """AWS has no $eval."""
    raise raised("T1006")


@cache
def _functions() -> dict[str, Any]:
    from jsonata import Jsonata  # type: ignore[import-untyped]  # the package has no types

    mended: list[tuple[str, Callable[..., Any], str]] = [
        ("string", _string, "<x-b?:s>"),
        ("number", _number, "<(nsb)-:n>"),
        ("power", _power, "<n-n:n>"),
        ("sort", _sorted, "<af?:a>"),
        ("distinct", _distinct, "<x:x>"),
        ("replace", _replaced, "<s-(sf)(sf)n?:s>"),
        ("toMillis", _to_millis, "<s-s?:n>"),
        ("contains", _contains, "<s-(sf):b>"),
        ("eval", _eval, "<sx?:x>"),
    ]
    return {name: Jsonata.JFunction(Jsonata.JLambda(function), signature) for name, function, signature in mended}


class _Mended:
    """What of the library's class is otherwise; it stands before that among the bases. ``super`` has no types."""

    eval: Callable[..., Any]
    evaluate_boolean_expression: Callable[..., Any]
    set_output_convert_nulls: Callable[[bool], None]
    errors: list[Exception] | None

    def __init__(self, expression: str) -> None:
        super().__init__(expression)  # type: ignore[call-arg]
        self.set_output_convert_nulls(False)  # None is undefined, NULL_VALUE is null
        if self.errors:
            raise self.errors[0]

    def evaluate_binary(self, expr: Any, input: Any, environment: Any) -> Any:
        """The library hides what the right side of "and" and "or" raises, if it is not an error of its own."""
        if expr.value not in {"and", "or"}:
            return super().evaluate_binary(expr, input, environment)  # type: ignore[misc]
        lhs = self.eval(expr.lhs, input, environment)
        return self.evaluate_boolean_expression(lhs, partial(self.eval, expr.rhs, input, environment), expr.value)

    def evaluate_numeric_expression(self, lhs: Any, rhs: Any, op: str) -> Any:
        """The library cannot divide by zero, and makes a whole number of the remainder of fractions."""
        return _arithmetic(lhs, rhs, op)

    def evaluate_includes_expression(self, lhs: Any, rhs: Any) -> bool:
        """To the library 1 is in [true]."""
        return _includes(lhs, rhs if isinstance(rhs, list) else [rhs])

    def evaluate_string_concat(self, lhs: Any, rhs: Any) -> str:
        """The library writes large numbers with an exponent."""
        return _joined(lhs, rhs)

    def evaluate_range_expression(self, lhs: Any, rhs: Any) -> Any:
        """The library's range is bounded otherwise."""
        _check_range(lhs, rhs)
        return super().evaluate_range_expression(lhs, rhs)  # type: ignore[misc]

    def evaluate(self, input: Any, bindings: Any = None) -> Any:
        """Bind our functions to every run."""
        return super().evaluate(input, {**_functions(), **(bindings or {})})  # type: ignore[misc]


@cache
def dialect() -> type:
    """Return the language; the library is imported with the first expression, for it takes a while."""
    from jsonata import Jsonata

    return type("Dialect", (_Mended, Jsonata), {})


def _includes(value: Any, among: list[Any]) -> bool:
    return value is not None and any(isinstance(value, bool) is isinstance(one, bool) and value == one for one in among)


def _check_range(first: Any, last: Any) -> None:
    if is_number(first) and is_number(last) and last - first >= _LONGEST_RANGE:
        raise Bounded(TOO_LARGE)


def _joined(*sides: Any) -> str:
    return "".join(_string(side) for side in sides if side is not None)


def number_words(value: float) -> str:
    """Return what AWS makes of a number that JSON does not have: a text."""
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _arithmetic(lhs: Any, rhs: Any, op: str) -> Any:
    """As JavaScript's: what is no finite number is a value, but no operand."""
    for side, code in ((lhs, "T2001"), (rhs, "T2002")):
        if isinstance(side, float) and math.isinf(side):
            raise raised("D1001", None)
        if side is not None and not is_number(side):
            raise raised(code, op)
    if lhs is None or rhs is None:
        return None
    found = _computed(float(lhs), float(rhs), op)
    return int(found) if found.is_integer() else found


def _computed(one: float, other: float, op: str) -> float:
    if op == "+":
        return one + other
    if op == "-":
        return one - other
    if op == "*":
        return one * other
    if op == "/":
        if other:
            return one / other
        return math.nan if one == 0 or math.isnan(one) else math.copysign(math.inf, one) * math.copysign(1, other)
    return math.fmod(one, other) if other else math.nan
