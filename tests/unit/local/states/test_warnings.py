"""What AWS takes and a reader should know."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.local.states.test_compiler import alone
from verihook.local.states.compiler import compile_machine
from verihook.local.states.warnings import warnings_of


def found(**state: Any) -> list[tuple[str, str]]:
    definition = alone(**state)
    compile_machine(definition)
    return [(each.code, each.location.removeprefix("/States/A/")) for each in warnings_of(definition)]


@pytest.mark.parametrize(
    ("state", "warned"),
    [
        ({"Parameters": {"a": "$.b", "c": {"d": ["States.UUID()"]}}}, [("NO_DOLLAR", "a"), ("NO_DOLLAR", "c/d[0]")]),
        ({"Parameters": {"a.$": "$.b", "c": "costs $5", "d": "States of matter"}}, []),
        ({"Assign": {"a": "$$.Execution.Id"}}, [("NO_DOLLAR", "a")]),
    ],
)
def test_a_path_whose_field_is_taken_as_it_stands(state: dict[str, Any], warned: list[tuple[str, str]]) -> None:
    field = next(iter(state))
    assert found(Type="Pass", End=True, **state) == [(code, f"{field}/{place}") for code, place in warned]


def test_a_result_is_no_template_and_a_comparison_compares_with_a_text() -> None:
    assert found(Type="Pass", Result={"a": "$.b"}, End=True) == [("PASS_RESULT_IS_STATIC", "Result")]
    assert found(Type="Fail", Error="$.error", CausePath="$.cause") == [("NO_PATH", "Error")]
    rule = {"Variable": "$.a", "StringEquals": "$.b", "Next": "A"}
    definition = {
        "StartAt": "C",
        "States": {"C": {"Type": "Choice", "Choices": [rule]}, **alone(Type="Succeed")["States"]},
    }
    assert [str(each).partition(":")[0] for each in warnings_of(definition)] == ["NO_PATH"]
    assert warnings_of(definition)[0].location == "/States/C/Choices[0]/StringEquals"


def test_what_a_linter_alone_refuses_at_any_depth() -> None:
    lines = {"Type": "Pass", "Output": "{% \n10 %}", "QueryLanguage": "JSONata", "End": True}
    inner = {"StartAt": "B", "States": {"B": lines}}
    assert found(Type="Map", ItemProcessor=inner, End=True) == [("LINES", "ItemProcessor/States/B/Output")]
    assert found(Type="Parallel", Branches=[inner], End=True) == [("LINES", "Branches[0]/States/B/Output")]
    assert found(**{**lines, "Output": "{% 10 %}"}) == []
