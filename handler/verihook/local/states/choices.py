"""The rules of a Choice state.

https://states-language.net/spec.html#choice-state . A comparison with a value of another type does not hold. A Variable
that does not exist is an error for every operator but IsPresent; And and Or are read from left to right, no further
than needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from verihook.local.states.data import is_number, kind, text_of
from verihook.local.states.errors import QUERY, StateError, runtime
from verihook.local.states.findings import EMPTY, how_many
from verihook.local.states.jsonata import compile_expression, evaluate, inner, is_expression
from verihook.local.states.paths import Missing, Path, compile_path
from verihook.local.states.scope import Scope
from verihook.local.states.timestamps import instant

#: Whether a rule holds.
Rule = Callable[[Scope], bool]

_TESTS: dict[str, Callable[[Any], bool]] = {
    "IsNull": lambda value: value is None,
    "IsString": lambda value: isinstance(value, str),
    "IsNumeric": is_number,
    "IsBoolean": lambda value: isinstance(value, bool),
    "IsTimestamp": lambda value: instant(value) is not None,
}
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": lambda one, other: one == other,
    "LessThan": lambda one, other: one < other,
    "LessThanEquals": lambda one, other: one <= other,
    "GreaterThan": lambda one, other: one > other,
    "GreaterThanEquals": lambda one, other: one >= other,
}
#: What a value is compared as, or None if it is of another type.
_KINDS: dict[str, Callable[[Any], Any]] = {
    "String": lambda value: value if isinstance(value, str) else None,
    "Numeric": lambda value: value if is_number(value) else None,
    "Timestamp": instant,
    "Boolean": lambda value: value if isinstance(value, bool) else None,
}

#: By name: what kind a comparison is of, and what it does.
COMPARISONS: dict[str, tuple[str, Callable[[Any, Any], bool]]] = {
    **{f"{kind}{order}": (kind, compare) for kind in _KINDS if kind != "Boolean" for order, compare in _ORDERS.items()},
    "BooleanEquals": ("Boolean", _ORDERS["Equals"]),
}
#: The operators in the order in which AWS lists them.
_LISTED = [
    "StringEquals", "IsBoolean", "StringLessThan", "IsNumeric", "BooleanEquals", "StringLessThanEqualsPath",
    "NumericLessThan", "NumericGreaterThan", "NumericLessThanPath", "StringMatches", "TimestampLessThanEqualsPath",
    "NumericEquals", "TimestampGreaterThan", "StringGreaterThanEqualsPath", "TimestampGreaterThanEqualsPath",
    "TimestampLessThanEquals", "NumericLessThanEqualsPath", "TimestampEquals", "BooleanEqualsPath", "IsTimestamp",
    "StringLessThanEquals", "NumericLessThanEquals", "StringLessThanPath", "TimestampGreaterThanPath",
    "StringGreaterThan", "StringGreaterThanPath", "IsString", "StringEqualsPath", "TimestampEqualsPath",
    "TimestampLessThan", "StringGreaterThanEquals", "NumericGreaterThanPath", "NumericGreaterThanEquals",
    "NumericEqualsPath", "TimestampLessThanPath", "IsNull", "IsPresent", "TimestampGreaterThanEquals",
    "NumericGreaterThanEqualsPath",
]  # fmt: skip
OPERATORS = {*COMPARISONS, *(f"{name}Path" for name in COMPARISONS), *_TESTS, "IsPresent", "StringMatches"}


def compile_rule(rule: Any) -> Rule:
    """Return the rule of JSONPath. Raises ValueError for one that is none."""
    if not isinstance(rule, dict):
        raise ValueError("a rule is an object")
    operators = [name for name in rule if name in OPERATORS or name in {"And", "Or", "Not"}]
    if len(operators) != 1:
        raise ValueError(how_many(_LISTED, len(operators)))
    name = operators[0]
    if name == "Not":
        denied = compile_rule(rule["Not"])
        return lambda scope: not denied(scope)
    if name in {"And", "Or"}:
        return _joined(name, rule[name])
    return _comparison(name, rule.get("Variable"), rule[name])


def _joined(name: str, rules: Any) -> Rule:
    if rules == []:
        raise ValueError(EMPTY)
    if not isinstance(rules, list):
        raise ValueError("Expected value of type Array")
    compiled = [compile_rule(rule) for rule in rules]
    return lambda scope: (all if name == "And" else any)(rule(scope) for rule in compiled)


def _comparison(name: str, variable: Any, wanted: Any) -> Rule:
    if not isinstance(variable, str):
        raise ValueError("a comparison has a Variable")
    path = _path(variable)
    if name == "IsPresent" or name in _TESTS:
        return _test(name, path, wanted)
    if name == "StringMatches":
        return _matching(path, wanted)
    compared = COMPARISONS[name if name in COMPARISONS else name.removesuffix("Path")]
    as_kind, compare = _KINDS[compared[0]], compared[1]
    other = _other(name, wanted, as_kind)

    def holds(scope: Scope) -> bool:
        one, two = as_kind(_value(path, scope)), as_kind(other(scope))
        return one is not None and two is not None and compare(one, two)

    return holds


def _path(text: str) -> Path:
    if not text.startswith("$"):
        raise ValueError("Value is not a Reference Path: Reference path didn't start with '$'")
    return compile_path(text)


def _other(name: str, wanted: Any, as_kind: Callable[[Any], Any]) -> Callable[[Scope], Any]:
    if name in COMPARISONS:
        if as_kind(wanted) is None:
            raise ValueError(f"the value of {name} is of another type: {kind(wanted)}")
        return lambda _: wanted
    if not isinstance(wanted, str):
        raise ValueError(f"the value of {name} is a path")
    path = _path(wanted)
    return lambda scope: _value(path, scope)


def _test(name: str, path: Path, wanted: Any) -> Rule:
    if not isinstance(wanted, bool):
        raise ValueError(f"the value of {name} is true or false")
    if name == "IsPresent":
        return lambda scope: _present(path, scope) is wanted
    return lambda scope: _TESTS[name](_value(path, scope)) is wanted


def _present(path: Path, scope: Scope) -> bool:
    try:
        found = path.value(scope)
    except Missing:
        return False
    return path.definite or bool(found)


def _value(path: Path, scope: Scope) -> Any:
    try:
        return path.value(scope)
    except (Missing, ValueError):
        cause = f"Invalid path '{path.text}': The choice state's condition path references an invalid value."
        raise runtime(cause) from None


def _matching(path: Path, wanted: Any) -> Rule:
    if not isinstance(wanted, str):
        raise ValueError("the value of StringMatches is a string")
    parts = _parts(wanted)
    return lambda scope: _matches(parts, _value(path, scope))


def _parts(pattern: str) -> list[str]:
    """The texts between the pattern's asterisks; a backslash takes the next character as it is."""
    parts = [""]
    for piece in re.findall(r"\\.|.", pattern, re.DOTALL):
        if piece == "*":
            parts.append("")
        else:
            parts[-1] += piece[1:] if len(piece) == 2 else piece
    return parts


def _matches(parts: list[str], text: Any) -> bool:
    """Whether the parts are in the text, in their order, the first at its beginning and the last at its end.

    Of each part the first occurrence is taken, which finds a match if there is one, in linear time.
    """
    if not isinstance(text, str):
        return False
    if len(parts) == 1:
        return text == parts[0]
    first, *between, last = parts
    if len(text) < len(first) + len(last) or not text.startswith(first) or not text.endswith(last):
        return False
    at, end = len(first), len(text) - len(last)
    for part in between:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def compile_condition(text: Any, field: str) -> Rule:
    """Return the rule of JSONata: an expression, or true or false; ``field`` is its place. Raises ValueError."""
    if isinstance(text, bool):
        return lambda _: text
    if not is_expression(text):
        raise ValueError("a Condition is a JSONata expression: {% ... %}")
    expression = inner(text)
    compile_expression(expression)

    def holds(scope: Scope) -> bool:
        value = evaluate(expression, scope, field)
        if not isinstance(value, bool):
            raise unexpected(expression, field, "boolean", value)
        return value

    return holds


def unexpected(expression: str, field: str, wanted: str, value: Any) -> StateError:
    """Return the error of an expression whose value is of another type than the field takes."""
    cause = (
        f"The JSONata expression '{expression}' specified for the field '{field}' returned an unexpected result type. "
        f"Expected '{wanted}', but was '{kind(value)}' for value: {text_of(value)}"
    )
    return StateError(QUERY, cause, located=True, location=field)
