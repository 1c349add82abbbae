"""JSONata as Step Functions evaluates it."""

from __future__ import annotations

import tracemalloc
import uuid
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verihook.local.interpreter.jsonata import QueryError, compile_expression, evaluate

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$x", 'a "b" \\ $'),
        ("$type($nothing)", "null"),
        ("$nothing", None),
        ("$exists($nothing)", True),
        ("$exists($missing)", False),
        ("$states.input.n", None),
        ("$exists($states.input.n)", True),
        ("[$states.input.one]", [{"q": 2}]),
        ("$states.input.one.q", 2),
        ("$sum([$states.input.none.q])", 0),
        ("[$states.input.missing]", []),
        ("$round(0.1 + 0.2, 2)", 0.3),
        ("30.0", 30),
        ("$partition([1,2,3,4,5], 2)", [[1, 2], [3, 4], [5]]),
        ("$range(1, 5, 2)", [1, 3, 5]),
        ("$range(3, 1, -1)", [3, 2, 1]),
        ("$parse('{\"a\":[1]}')", {"a": [1]}),
        ("$hash('a', 'SHA-256')", "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"),
        ("$map([1,2], function($v) { $v * 2 })", [2, 4]),
    ],
)
def test_values(expression: str, value: Any) -> None:
    states = {"input": {"n": None, "one": [{"q": 2}], "none": []}}
    assert evaluate(expression, {"states": states, "x": 'a "b" \\ $', "nothing": None}) == value


def test_whole_numbers_are_ints() -> None:
    assert [type(evaluate(text, {})) for text in ("30.0", "$round(30.004, 2)", "2.5", "true")] == [
        int,
        int,
        float,
        bool,
    ]


def test_uuid() -> None:
    assert uuid.UUID(evaluate("$uuid()", {})).version == 4


@given(JSON)
def test_a_bound_value_comes_out_as_it_went_in(value: Any) -> None:
    assert evaluate("{'v': $x}", {"x": {"inner": value}})["v"] == {"inner": value}


@pytest.mark.parametrize(
    "expression",
    [
        "$missing",
        "$sum",
        "function($v){$v}",
        "1/0",
        '"a" + 1',
        "$eval('1+1')",
        "$parse('{')",
        "$hash('a','x')",
        "$error('no')",
    ],
)
def test_no_value(expression: str) -> None:
    with pytest.raises(QueryError):
        evaluate(expression, {})


@pytest.mark.parametrize("expression", ["(", "1 +", "$$$(", "1e999", "'open"])
def test_no_expression(expression: str) -> None:
    with pytest.raises(QueryError):
        compile_expression(expression)


def test_a_string_is_never_read_as_an_expression() -> None:
    assert evaluate("$x", {"x": '"; $error("broken out"); "'}) == '"; $error("broken out"); "'


@pytest.mark.parametrize(
    "expression",
    [
        "$range(1, 1000000000, 1)",
        "$pad('', 300000000)",
        "$pad('', -300000000, '0')",
        "[1..1000000]",
        "$pad('', 262145)",
    ],
)
def test_what_would_take_the_memory_of_the_machine_is_refused(expression: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(QueryError):
            evaluate(expression, {})
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 2**20


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("$pad('a', 3)", "a  "),
        ("$pad('a', -3, '#-')", "#-a"),
        ("$pad('abc', 2)", "abc"),
        ("$pad('a', 4, '#-')", "a#-#"),
    ],
)
def test_pad_is_that_of_the_language(expression: str, value: str) -> None:
    assert evaluate(expression, {}) == value
