"""Names and inputs as AWS takes them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from verihook.local.runner.door.validation import MAX_INPUT, ApiError, check_input, check_name
from verihook.local.runner.rows import same_json


@pytest.mark.parametrize("name", ["a", "x" * 80, "id.2", "a-b_c", "é", "(x)!@='+"])
def test_names(name: str) -> None:
    check_name(name)


@pytest.mark.parametrize(
    "name", ["", "x" * 81, "a\n", *(f"a{letter}b" for letter in ' <>{}[]?*"#%\\^|~`$&,;:/\x00\x7f\x9f')]
)
def test_no_names(name: str) -> None:
    with pytest.raises(ApiError) as raised:
        check_name(name)
    assert (raised.value.code, raised.value.status) == ("InvalidName", 400)


@pytest.mark.parametrize("text", ["{}", "1", "null", '"' + "x" * (MAX_INPUT - 2) + '"', "[" * 200 + "]" * 200])
def test_inputs(text: str) -> None:
    check_input(text)


@pytest.mark.parametrize(
    "text",
    ["", "{", "NaN", "-Infinity", "'x'", '"' + "x" * (MAX_INPUT - 1) + '"', '"' + "é" * (MAX_INPUT // 2) + '"',
     '"\ud800"', "[" * 201 + "1" + "]" * 201, "[" * 201 + "]" * 201, '{"a":' * 100000 + "1" + "}" * 100000],
)  # fmt: skip
def test_no_inputs(text: str) -> None:
    with pytest.raises(ApiError) as raised:
        check_input(text)
    assert raised.value.code == "InvalidExecutionInput"


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a":1,"b":[2]}', '{ "b": [2], "a": 1 }', True),
        ("1", "1.0", False),
        ("1", "true", False),
        ("[1,2]", "[2,1]", False),
        ('"\\u00e9"', '"é"', True),
    ],
)
def test_same_json(one: str, other: str, same: bool) -> None:
    assert same_json(one, other) is same


def test_a_definition_is_judged_and_warnings_come_to_who_asks_for_them(client: Any) -> None:
    def told(state: dict[str, Any], **more: Any) -> tuple[str, list[str]]:
        definition = json.dumps({"StartAt": "A", "States": {"A": state}})
        answer = client.validate_state_machine_definition(definition=definition, **more)
        return answer["result"], [f"{each['severity']} {each['code']}" for each in answer["diagnostics"]]

    doubtful = {"Type": "Pass", "Parameters": {"a": "$.b"}, "End": True}
    assert told(doubtful) == ("OK", [])
    assert told(doubtful, severity="WARNING") == ("OK", ["WARNING NO_DOLLAR"])
    assert told({"Type": "Pass", "Next": "B"}, severity="WARNING")[0] == "FAIL"
