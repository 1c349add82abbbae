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
        "States.UUID(1)",
        "States.MathAdd(1,'-1')",
        "States.Array($.a",
        "States.Array('a)",
        "States.Array(1,)",
        "States.Array(1) x",
        "States.ArrayLength()",
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
        ("States.Base64Decode('*')", None),
        ("States.MathAdd($, 1)", True),
        ("States.StringSplit($, ',')", 5),
        ("States.ArrayLength($)", "abc"),
    ],
)
def test_a_limit_is_a_failure_that_names_the_call(text: str, data: Any) -> None:
    with pytest.raises(StateError) as caught:
        value(text, data)
    assert caught.value.name == "States.IntrinsicFailure"
    assert f"The function '{text}' had the following error" in str(caught.value.cause)


def test_chance_can_be_seeded() -> None:
    assert value("States.MathRandom(1, 1000, 7)") == value("States.MathRandom(1, 1000, 7)")
    assert 1 <= value("States.MathRandom(1, 3)") < 3
    assert len(value("States.UUID()")) == 36


def test_no_attribute_of_ours_is_read_by_a_template() -> None:
    assert value("States.Format($, 1)", "{} {0.__class__}") == "1 {0.__class__}"
