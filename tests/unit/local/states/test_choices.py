"""The rules of Choice states against a slow reading of the language."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verihook.local.states.choices import COMPARISONS, compile_rule
from verihook.local.states.errors import StateError
from verihook.local.states.scope import Scope

TIMES = ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000Z", "2020-01-01T01:00:00+01:00", "2020-01-01T00:00:01Z"]
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.floats(-2, 2),
    st.sampled_from(["", "a", "B", "2", *TIMES]),
    st.just([]),
    st.just({}),
)


def holds(rule: dict[str, Any], data: Any) -> bool:
    return compile_rule(rule)(Scope(data, dict))


def reading(name: str, one: Any, other: Any) -> bool:
    """What the specification says of a comparison, word for word."""
    kind = next(kind for kind in ("String", "Numeric", "Boolean", "Timestamp") if name.startswith(kind))
    order = name.removeprefix(kind)
    if kind == "Timestamp":
        if one not in TIMES or other not in TIMES:
            return False
        one, other = datetime.fromisoformat(one), datetime.fromisoformat(other)
    else:
        types: Any = {"String": str, "Numeric": (int, float), "Boolean": bool}[kind]
        for value in (one, other):
            if not isinstance(value, types) or (kind == "Numeric" and isinstance(value, bool)):
                return False
    less, same = one < other, one == other
    return {
        "Equals": same, "LessThan": less, "LessThanEquals": less or same,
        "GreaterThan": not less and not same, "GreaterThanEquals": not less,
    }[order]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(COMPARISONS)), VALUES, VALUES)
def test_a_comparison_holds_if_the_slow_reading_says_so(name: str, one: Any, other: Any) -> None:
    expected = reading(name, one, other)
    assert holds({"Variable": "$.a", f"{name}Path": "$.b"}, {"a": one, "b": other}) is expected
    if name.startswith("Timestamp") and other not in TIMES:
        return
    try:
        assert holds({"Variable": "$.a", name: other}, {"a": one}) is expected
    except ValueError as error:
        assert "of another type" in str(error)  # noqa: PT017  # a literal of another type is refused at creation


@settings(max_examples=200, deadline=None)
@given(st.text("ab*\\", max_size=5), st.text("ab", max_size=8))
def test_string_matches_as_a_slow_matcher_does(pattern: str, text: str) -> None:
    assert holds({"Variable": "$", "StringMatches": pattern}, text) is slowly(pattern, text)


def slowly(pattern: str, text: str) -> bool:
    if not pattern:
        return not text
    if pattern[0] == "*":
        return any(slowly(pattern[1:], text[skip:]) for skip in range(len(text) + 1))
    wanted, rest = (pattern[1], pattern[2:]) if pattern[0] == "\\" and len(pattern) > 1 else (pattern[0], pattern[1:])
    return text.startswith(wanted) and slowly(rest, text[1:])


@pytest.mark.parametrize(
    ("test", "fitting"),
    [
        ("IsNull", [None]),
        ("IsBoolean", [True]),
        ("IsNumeric", [0, 1.5]),
        ("IsString", ["a", *TIMES]),
        ("IsTimestamp", TIMES),
    ],
)
def test_types(test: str, fitting: list[Any]) -> None:
    values: list[Any] = [None, True, 0, 1.5, "a", [], {}, *TIMES]
    for value in values:
        fits = any(value is one or (value == one and type(value) is type(one)) for one in fitting)
        assert holds({"Variable": "$.v", test: True}, {"v": value}) is fits
        assert holds({"Variable": "$.v", test: False}, {"v": value}) is not fits


def test_what_is_not_there_is_an_error_but_for_is_present() -> None:
    assert holds({"Variable": "$.v", "IsPresent": False}, {})
    with pytest.raises(StateError, match="references an invalid value"):
        holds({"Variable": "$.v", "IsNull": True}, {})


@pytest.mark.parametrize(
    "rule",
    [
        {},
        {"Variable": "$.a"},
        {"StringEquals": "x"},
        {"Variable": "$.a", "And": []},
        {"Not": 1},
        {"Variable": "States.UUID()", "IsNull": True},
        {"Variable": "$.a", "StringEquals": 1},
        {"Variable": "$.a", "IsNull": 1},
        {"Variable": "$.a", "IsNull": True, "IsString": True},
    ],
)
def test_what_is_no_rule(rule: Any) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # any of several messages
        compile_rule(rule)
