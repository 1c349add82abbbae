"""The intrinsic functions: AWS's values, AWS's limits, and no more memory than a state's data."""

from __future__ import annotations

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.local.interpreter.machines import end_of, start
from verihook.local.interpreter import Interpreter
from verihook.local.interpreter.intrinsics import _FUNCTIONS, IntrinsicError, call
from verihook.local.interpreter.validation import MAX_INPUT


@pytest.mark.parametrize(
    ("name", "arguments", "value"),
    [
        ("Format", ["Hello, {}. You are {}, {}.", "A", 3, {"a": [1, None]}], "Hello, A. You are 3, {a=[1, null]}."),
        ("Format", ["{0.__class__} {:>300000000} {x} \\{\\} {}", "a"], "{0.__class__} {:>300000000} {x} {} a"),
        ("StringToJson", ['{"a": [1]}'], {"a": [1]}),
        ("JsonToString", [{"a": [1, "ä"]}], '{"a":[1,"ä"]}'),
        ("Array", [1, "a"], [1, "a"]),
        ("ArrayPartition", [[1, 2, 3], 2], [[1, 2], [3]]),
        ("ArrayContains", [[1, {"a": 1}], {"a": 1}], True),
        ("ArrayContains", [[1], True], False),
        ("ArrayRange", [1, 9, 2], [1, 3, 5, 7, 9]),
        ("ArrayRange", [3, 1, -1], [3, 2, 1]),
        ("ArrayGetItem", [["a", "b"], 1], "b"),
        ("ArrayLength", [[1, 2]], 2),
        ("ArrayUnique", [[1, 2, 1, {"a": 1}, {"a": 1}, True]], [1, 2, {"a": 1}, True]),
        ("Base64Encode", ["ä"], "w6Q="),
        ("Base64Decode", ["w6Q="], "ä"),
        ("Hash", ["a", "SHA-1"], "86f7e437faa5a7fce15d1ddcb9eaeaea377667b8"),
        ("JsonMerge", [{"a": {"b": 1}, "c": 1}, {"a": {"d": 2}}, False], {"a": {"d": 2}, "c": 1}),
        ("MathAdd", [111, -1.4], 110),
        ("MathRandom", [5, 6], 5),
        ("StringSplit", ["1,2;3,,", ",;"], ["1", "2", "3"]),
    ],
)
def test_values(name: str, arguments: list[Any], value: Any) -> None:
    assert call(name, arguments) == value
    assert type(call(name, arguments)) is type(value)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("Format", ["{}{}", "a"]),
        ("Format", ["{}", "a", "b"]),
        ("Format", ["{}" * 9, *["x" * 100_000] * 9]),
        ("Format", [1]),
        ("JsonToString", [[["x" * 100_000] * 3]]),
        ("ArrayRange", [1, 10**12, 1]),
        ("ArrayRange", [0, 1000, 1]),
        ("ArrayRange", [1, 2, 0]),
        ("ArrayPartition", [[1], 0]),
        ("ArrayGetItem", [[1], -1]),
        ("Base64Encode", ["a" * 10_001]),
        ("Base64Decode", ["%"]),
        ("Hash", ["a", "MD4"]),
        ("JsonMerge", [{}, {}, True]),
        ("MathAdd", [2**31, 0]),
        ("MathAdd", [float("nan"), 0]),
        ("MathRandom", [5, 5]),
        ("UUID", [1]),
    ],
)
def test_refusals(name: str, arguments: list[Any]) -> None:
    with pytest.raises(IntrinsicError, match=rf"^Invalid arguments in States\.{name}: "):
        call(name, arguments)


TEXTS = st.text(max_size=5) | st.sampled_from(
    ["{}", "{:>300000000}", "{0.__class__.__mro__}", "\\{", "x" * 200_000, "MD5"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.sampled_from([10**9, -(10**9), 2**70]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)


@given(st.sampled_from(sorted(_FUNCTIONS)), st.lists(VALUES, max_size=4))
def test_any_arguments_have_a_bounded_value_or_are_refused(name: str, arguments: list[Any]) -> None:
    tracemalloc.start()
    try:
        value = call(name, arguments)
    except IntrinsicError as error:
        value = str(error)
    finally:
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert not isinstance(value, str) or len(value) <= MAX_INPUT
    assert peak < 24 * 2**20


@pytest.mark.parametrize(
    ("template", "answer"),
    [
        ("{} {0.__class__} {:>300000000}", ("SUCCEEDED", '"a {0.__class__} {:>300000000}"')),
        ("{}{}", ("FAILED", "States.IntrinsicFailure")),
    ],
)
def test_a_machine_calls_them(interpreter: Interpreter, client: Any, template: str, answer: tuple[str, str]) -> None:
    machine = {
        "A": {"Type": "Pass", "Parameters": {"text.$": "States.Format($.t, $.v)"}, "OutputPath": "$.text", "End": True}
    }
    interpreter.deploy({"format": json.dumps({"StartAt": "A", "States": machine})})
    end = end_of(client, start(client, "format", document=json.dumps({"t": template, "v": "a"})))
    assert answer == (end["status"], end.get("output") or end.get("error"))


def test_an_array_is_counted_before_it_is_made(interpreter: Interpreter, client: Any) -> None:
    machine = {"A": {"Type": "Pass", "Parameters": {"n.$": "States.ArrayRange(1, $.n, 1)"}, "End": True}}
    interpreter.deploy({"range": json.dumps({"StartAt": "A", "States": machine})})
    end = end_of(client, start(client, "range", document='{"n": 1000000000}'))
    assert (end["status"], end.get("error")) == ("FAILED", "States.IntrinsicFailure")
    assert end["cause"] == "Invalid arguments in States.ArrayRange: more than 1000 items"
