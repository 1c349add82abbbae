"""Intrinsic functions: how calls are read, their limits, and inputs that want more than is good."""

from __future__ import annotations

import random
from typing import Any

import pytest

from verihook.local.states.errors import StateError
from verihook.local.states.intrinsics import compile_call
from verihook.local.states.scope import Scope


def value(text: str, data: Any = None) -> Any:
    return compile_call(text).value(Scope(data, dict, {"v": 3}, chance=random.Random(1)))


def test_arguments_of_every_kind() -> None:
    assert value("States.Array( $.a['x, )'] , 'it\\'s', 1.5, true, null, $v, States.Array() )", {"a": {"x, )": 1}}) == [
        1, "it's", 1.5, True, None, 3, [],
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "States.Nothing()",
        "States.StringToJson('{\\\"a\\\": 1}')",
        "States.MathAdd(1,'-1')",
        "States.Array($.a",
        "States.Array('a)",
        "States.Array(1,)",
        "States.Array(1) x",
        "Array(1)",
        "States." + "Array(States." * 10 + "Array()" + ")" * 10,
    ],
)
def test_what_is_no_call(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # any of several messages
        compile_call(text)


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("States.ArrayRange(0, 100000, 1)", None),
        ("States.ArrayRange(0, 1, 0)", None),
        ("States.Base64Encode($)", "a" * 10_001),
        ("States.Hash($, 'MD5')", "a" * 10_001),
        ("States.Hash('a', 'MD4')", None),
        ("States.MathAdd($, 1)", 2**31),
        ("States.JsonMerge($, $, true)", {}),
        ("States.ArrayGetItem($, -1)", [1]),
        ("States.ArrayPartition($, 0)", [1]),
        ("States.StringToJson($)", "{"),
        ("States.Format('{} {}', 1)", None),
        ("States.Format('{}', 1, 2)", None),
        ("States.Format('{}{}{}{}', $, $, $, $)", "a" * 100_000),
        ("States.MathRandom(5, 5)", None),
        ("States.Base64Decode($)", "a" * 10_001),
        ("States.ArrayLength()", None),
        ("States.JsonToString($, $)", {}),
        ("States.ArrayPartition($, 0.6)", [1]),
        ("States.MathRandom(1.4, 1.6)", None),
        ("States.MathRandom(1, 10, null)", None),
        ("States.MathRandom(1, 10, 5, 99)", None),
        ("States.ArrayRange('a', 5, 1)", None),
        ("States.StringToJson($)", 5),
        ("States.StringToJson(null)", None),
        ("States.ArrayGetItem($, '0')", []),
        ("States.Array(States.ArrayLength($))", "abc"),
        ("States.MathAdd($, 1)", True),
        ("States.StringSplit($, ',')", 5),
        ("States.ArrayLength($)", "abc"),
    ],
)
def test_a_limit_is_a_failure_that_names_the_call(text: str, data: Any) -> None:
    with pytest.raises(StateError) as caught:
        value(text, data)
    assert caught.value.name == "States.Runtime"
    assert f"There was an error while evaluating the intrinsic function: {text}. " in str(caught.value.cause)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello world", "Unrecognized token 'hello': was expecting (JSON String"),
        ("\n hello", "line: 2, column: 7]"),
        ("true 1", "caused by: is not JSON"),
        ("{1}", "caused by: is not JSON"),
    ],
)
def test_where_a_text_is_no_json(text: str, said: str) -> None:
    with pytest.raises(StateError) as caught:
        value("States.StringToJson($)", text)
    assert "States.StringToJson($). Cannot convert String to Json in States.StringToJson, " in str(caught.value.cause)
    assert said in str(caught.value.cause)


@pytest.mark.parametrize(
    ("given", "unique"),
    [
        ([True, False, True, False], [False, True]),
        ([[1, 2], [1, 2], [2, 1]], [[2, 1], [1, 2]]),
        ([None, None, 1, None], [None, 1]),
        ([1, "1", 1, "01"], [1, "1", "01"]),
        ([{"a": 1, "b": 2}, {"b": 2, "a": 1}], [{"a": 1, "b": 2}]),
        ([17, 1, 2], [17, 1, 2]),
        ([2.5, -1, 2**40, "\U0001f680"], [-1, 2**40, 2.5, "\U0001f680"]),
        (list(range(20, 0, -1)), list(range(1, 21))),
    ],
)
def test_the_order_of_what_is_there_once(given: list[Any], unique: list[Any]) -> None:
    assert value("States.ArrayUnique($)", given) == unique


@pytest.mark.parametrize(
    ("array", "target", "found"),
    [
        (["true"], True, True),
        (["9007199254740991"], 9007199254740991, True),
        ([{"a": 1, "b": 2}], {"b": 2, "a": 1}, False),
        ([{"a": 1, "b": 2}], {"a": 1, "b": 2}, True),
        ([0, 1], False, False),
        ([1, None], None, True),
    ],
)
def test_what_an_array_contains(array: list[Any], target: Any, found: bool) -> None:
    assert value("States.ArrayContains($.a, $.t)", {"a": array, "t": target}) is found


def test_braces_of_a_template() -> None:
    assert value("States.Format('\\{{}\\}', 1)") == "{1}"
    for text, wanted in [("'}'", "matching '{' not found for '}'."), ("'{ }', 1", "matching '}' not found for '{'.")]:
        with pytest.raises(StateError) as caught:
            value(f"States.Format({text})")
        assert str(caught.value.cause).endswith(f"Invalid template in States.Format: {wanted}")
    with pytest.raises(StateError) as caught:
        value("States.Format('{}', 1, 2)")
    assert str(caught.value.cause).endswith("States.Format: number of arguments do not match the occurrences of {}.")


def test_chance_can_be_seeded() -> None:
    near = 2**31 - 8
    seeded = [(1, 100, 42), (1, 1000, 1), (1, 1000, 2), (1, 10, -10), (near, near + 7, 1), (1, 10, 42), (-5, 5, 42)]
    drawn = [value(f"States.MathRandom({first}, {last}, {seed})") for first, last, seed in seeded]
    assert drawn == [63, 106, 806, 1, 2147483644, 9, -5]  # as AWS's
    assert value("States.MathRandom(0, 8, 42)") == 5
    assert value(f"States.MathRandom({-(2**31)}, {2**31 - 1}, 42)") == -1170105035
    assert 1 <= value("States.MathRandom(1, 3)") < 3
    assert len(value("States.UUID()")) == 36


def test_no_attribute_of_ours_is_read_by_a_template() -> None:
    with pytest.raises(StateError) as caught:
        value("States.Format($, 1)", "{} {0.__class__}")
    assert "matching '}' not found for '{'." in str(caught.value.cause)
