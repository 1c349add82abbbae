"""What CreateStateMachine refuses, and what of AWS's words we know."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from verihook.local.states.compiler import compile_machine, validate

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": True}
FLOW = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
MAP = {"Type": "Map", "ItemProcessor": FLOW, "End": True}
SPREAD = {**FLOW, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
GOOD = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "B"}], "Default": "C"},
        "B": {
            **TASK,
            "Retry": [{"ErrorEquals": ["States.ALL"]}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}],
        },
        "C": MAP,
    },
}


def alone(**state: Any) -> dict[str, Any]:
    return {"StartAt": "A", "States": {"A": state}}


def said(definition: dict[str, Any], *, express: bool = False) -> list[str]:
    return [str(one) for one in validate(json.dumps(definition), express=express)]


def test_a_good_one() -> None:
    assert said(GOOD) == []
    assert list(compile_machine(GOOD).flow.states) == ["A", "B", "C"]


@pytest.mark.parametrize(
    ("definition", "finding"),
    [
        ({}, "SCHEMA_VALIDATION_FAILED: These fields are required: [States, StartAt] at /"),
        (alone(Type="Pass", Next="None"), "MISSING_TRANSITION_TARGET: Missing 'Next' target: None at /States/A/Next"),
        (alone(Type="Pass"), "This object should have only one of the following fields: [Next, End] at /States/A"),
        (alone(Type="Pass"), "MISSING_END_STATE: Workflow has no terminal state at null"),
        (alone(End=True), "The field 'Type' is required at /States/A"),
        (alone(End=True), "MISSING_END_STATE: Workflow has no terminal state at null"),
        ({"StartAt": "A", "States": {}}, "SCHEMA_VALIDATION_FAILED: Value cannot be empty at /States"),
        ({"StartAt": "A", "States": {}}, "Missing 'Next' target: A at /StartAt"),
        ({"StartAt": "A", "States": {}}, "MISSING_END_STATE: Workflow has no terminal state at null"),
        (
            alone(Type="Wait", Seconds=1, TimestampPath="$.t", End=True),
            "There should only be one of the following fields: [SecondsPath, Seconds, TimestampPath, Timestamp]",
        ),
        (
            alone(Type="Wait", End=True),
            "This object should have only one of the following fields: "
            "[SecondsPath, Seconds, TimestampPath, Timestamp] at /States/A",
        ),
        (alone(Type="Choice", Choices=[]), "Value cannot be empty at /States/A/Choices"),
        (alone(Type="Choice"), "These fields are required: [Choices] at /States/A"),
        (
            alone(Type="Choice", Choices=[{"Not": {"Or": []}, "Next": "A"}]),
            "Value cannot be empty at /States/A/Choices[0]",
        ),
        (
            alone(Type="Choice", Choices=[{"Variable": "$.a", "Next": "A"}]),
            "This object should have only one of the following fields: [StringEquals, IsBoolean, StringLessThan, ",
        ),
        (
            alone(Type="Choice", Choices=[{"Variable": "$.a", "StringEquals": "", "IsNull": True, "Next": "A"}]),
            "There should only be one of the following fields: [StringEquals, IsBoolean, StringLessThan, IsNumeric, ",
        ),
        (
            alone(**TASK, Retry=[{"ErrorEquals": ["States.ALL"]}, {"ErrorEquals": ["E"]}]),
            "States.ALL must appear alone and at end of list at /States/A/Retry[0]",
        ),
        (alone(**TASK, Retry=[{"ErrorEquals": []}]), "Value cannot be empty at /States/A/Retry[0]"),
        (alone(Type="Pass", End=True, ResultSelector={}), "Field 'ResultSelector' is not supported at /States/A"),
        (alone(Type="Wait", Seconds=1, ResultPath="$.a", End=True), "Field 'ResultPath' is not supported at /States/A"),
        (
            alone(Type="Pass", Parameters={"x.$": "hello"}, End=True),
            "must be a valid JSONPath or a valid intrinsic function call at /States/A/Parameters",
        ),
        (alone(Type="Pass", Parameters={"x.$": "$.a", "x": 1}, End=True), "The field 'x' is given twice"),
        (
            alone(Type="Wait", Timestamp="2016-13-05T21:29:29Z", End=True),
            "String does not match RFC3339 timestamp at /States/A/Timestamp",
        ),
        (alone(Type="Wait", Seconds=2**31, End=True), "Maximum value is 99999999 at /States/A/Seconds"),
        (
            alone(Type="Nothing", End=True),
            "The field 'Type' should have one of these values: "
            "[Task, Wait, Pass, Succeed, Fail, Choice, Parallel, Map] at /States/A/Type",
        ),
        (alone(**TASK, Credentials={}), "The field 'RoleArn' is required but was missing at /States/A/Credentials"),
        (alone(**TASK, HeartbeatSeconds=5, TimeoutSeconds=5), "HeartbeatSeconds must be smaller than TimeoutSeconds"),
        (
            alone(Type="Pass", Output=1, End=True),
            "set to 'JSONPath', but field 'Output' is only supported for the 'JSONata' QueryLanguage at /States/A",
        ),
        (alone(Type="Pass", Catch=[], End=True), "Field 'Catch' is not supported at /States/A"),
        (
            alone(Type="Map", ItemProcessor={**FLOW, "QueryLanguage": "JSONata"}, End=True),
            "Field 'QueryLanguage' is not supported at /States/A/ItemProcessor",
        ),
        (
            alone(**MAP, MaxConcurrency=1, MaxConcurrencyPath="$.m"),
            "There should only be one of the following fields: [MaxConcurrency, MaxConcurrencyPath] at /States/A",
        ),
        (alone(**MAP, MaxConcurrency=-1), "Minimum value is 0 at /States/A/MaxConcurrency"),
        (alone(**MAP, MaxConcurrency="1"), "Expected value of type Integer at /States/A/MaxConcurrency"),
        (alone(**MAP, MaxConcurrencyPath="$$.Execution.Input.m"), "Value is not a Reference Path"),
        (
            alone(
                **{**MAP, "ItemProcessor": SPREAD}, ItemBatcher={"MaxItemsPerBatch": 1, "MaxItemsPerBatchPath": "$.m"}
            ),
            "There should only be one of the following fields: [MaxItemsPerBatch, MaxItemsPerBatchPath]",
        ),
        (
            alone(
                **{**MAP, "ItemProcessor": SPREAD}, QueryLanguage="JSONata", ItemBatcher={"MaxItemsPerBatchPath": "$.m"}
            ),
            "but field 'MaxItemsPerBatchPath' is only supported for the 'JSONPath' QueryLanguage",
        ),
        (
            alone(**{**MAP, "ItemProcessor": SPREAD}, ItemBatcher={"MaxInputBytesPerBatch": 262_145}),
            "Maximum value is 262144",
        ),
        (
            {"StartAt": "C", "States": {"C": {**GOOD["States"]["A"], "Default": "X"}, "B": {"Type": "Succeed"}}},  # type: ignore[index]
            "Missing 'Next' target: X at /States/C/Default",
        ),
        (alone(**{**TASK, "Resource": "f"}), "Value is not a valid resource ARN at /States/A/Resource"),
        (alone(Type="Map", End=True), "These fields are required: [ItemProcessor] at /States/A"),
        (
            alone(**MAP, ToleratedFailurePercentage=101),
            "Maximum value is 100.0 at /States/A/ToleratedFailurePercentage",
        ),
        (alone(**MAP, ItemBatcher={"MaxItemsPerBatch": 1}), "the Map is not of mode DISTRIBUTED at /States/A"),
        (alone(Type="Parallel", Branches=[], End=True), "Value cannot be empty at /States/A/Branches"),
        (alone(Type="Parallel", End=True), "These fields are required: [Branches] at /States/A"),
        (alone(Type="Parallel", Branches=[FLOW, FLOW], End=True), "DUPLICATE_STATE_NAME: Duplicate State name: I"),
        (alone(Type="Pass", Assign={"states": 1}, End=True), "'states' cannot be the name of a variable"),
        (alone(Type="Pass", QueryLanguage="JSONata", Output="{% 1", End=True), "The JSONata expression is not closed"),
        (
            alone(Type="Pass", QueryLanguage="JSONata", InputPath="$", End=True),
            "set to 'JSONata', but field 'InputPath' is only supported for the 'JSONPath' QueryLanguage at /States/A",
        ),
        (alone(Type="Pass", ResultPath="$v", End=True), "Value is not a Reference Path: $v at /States/A/ResultPath"),
        (
            {**alone(Type="Pass", End=True), "QueryLanguage": "SQL"},
            "Value should be one of the following: [JSONPath, JSONata] at /QueryLanguage",
        ),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}, "B": {"Type": "Pass", "End": True}}},
            'State "B" is not reachable.',
        ),
        ({**GOOD, "StartAt": "N"}, "MISSING_TRANSITION_TARGET: Missing 'Next' target: N at /StartAt"),
        (
            alone(Type="Choice", Choices=[{"Variable": "$", "IsNull": True, "Next": "N"}], Default="M"),
            "Missing 'Next' target: M at /States/A/Default",
        ),
        (alone(Type="Pass", OutputPath="a", End=True), "Value must be a valid JSONPath. at /States/A/OutputPath"),
        (
            alone(Type="Choice", Choices=[{"Variable": "a", "IsNull": True, "Next": "A"}]),
            "Value is not a Reference Path: Reference path didn't start with '$' at /States/A/Choices[0]",
        ),
        (
            alone(**{**MAP, "ItemProcessor": {**FLOW, "QueryLanguage": "JSONPath"}}),
            "Field 'QueryLanguage' is not supported at /States/A/ItemProcessor",
        ),
        (
            {"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "A"}}},
            "MISSING_END_STATE: Workflow has no terminal state at null",
        ),
    ],
)
def test_what_is_refused(definition: dict[str, Any], finding: str) -> None:
    found = said(definition)
    assert any(finding in one for one in found), found


@pytest.mark.parametrize(
    ("pattern", "words"),
    [(".sync", "'.sync' service integration"), (".waitForTaskToken", "'.waitForTaskToken' service integration ")],
)
def test_an_express_machine_waits_for_nothing(pattern: str, words: str) -> None:
    definition = alone(**{**TASK, "Resource": f"arn:aws:states:::states:startExecution{pattern}"})
    assert said(definition) == []
    assert any(f"Express state machine does not support {words}" in one for one in said(definition, express=True))


@pytest.mark.parametrize(
    "state",
    [
        {**MAP, "ToleratedFailurePercentage": 0},
        {**MAP, "ItemProcessor": SPREAD, "ItemBatcher": {"MaxItemsPerBatch": 2}},
        {**MAP, "ItemProcessor": {**SPREAD, "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "EXPRESS"}}},
        {"Type": "Pass", "Parameters": {"x.$": "States.Array(2.3)"}, "End": True},
        {"Type": "Pass", "QueryLanguage": "JSONata", "Comment": "{% this is none", "End": True},
        {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% \n1 %}", "End": True},
    ],
)
def test_what_is_taken(state: dict[str, Any]) -> None:
    assert said(alone(**state)) == []


@pytest.mark.parametrize(
    ("state", "found"),
    [
        (
            {"Type": "Pass", "Output": {"v": ["{% phone %}"]}},
            "Reference to 'phone' at the top level is not supported. at /States/A/Output/v[0]",
        ),
        (
            {"Type": "Pass", "Output": "{% $sum([1, $.a]) %}"},
            "Reference to '$' at the top level is not supported. at /States/A/Output",
        ),
        (
            {"Type": "Pass", "Assign": {"x": "{% $states.input[$$.a] %}"}},
            "Reference to '$$' is not supported. at /States/A/Assign/x",
        ),
        (
            {"Type": "Pass", "Output": "{% $states.errorOutput %}"},
            "Field '$states.errorOutput' does not exist. at /States/A/Output",
        ),
        (
            {"Type": "Pass", "Output": "{% 1 + %}"},
            "INVALID_JSONATA_EXPRESSION: Unexpected end of expression at /States/A/Output",
        ),
        (
            {"Type": "Wait", "Seconds": "{% [1,2) %}"},
            'INVALID_JSONATA_EXPRESSION: Expected "]", got ")" at /States/A/Seconds',
        ),
    ],
)
def test_an_expression_refers_to_what_there_is(state: dict[str, Any], found: str) -> None:
    (one,) = said(alone(**state, End=True, QueryLanguage="JSONata"))
    assert one.endswith(found)
    assert one.startswith(("UNSUPPORTED_JSONATA_EXPRESSION: ", "INVALID_JSONATA_EXPRESSION: "))


@pytest.mark.parametrize(
    "expression",
    ["$states.input.a[b = 1 and $.c].{'x': y, 'z': $}", "$map($v, function($x) { $x.a & $ })", "($y := 1; $y)",
     "$states.input ~> |a|{'b': c}|", "$states.input^(a){b: $sum(c)}", "$states.context.Execution.Id"],
)  # fmt: skip
def test_a_name_where_something_is_selected_is_taken(expression: str) -> None:
    assert said(alone(Type="Pass", Output=f"{{% {expression} %}}", End=True, QueryLanguage="JSONata")) == []


def test_a_catcher_has_the_error() -> None:
    catcher = {"ErrorEquals": ["States.ALL"], "Next": "B", "Output": "{% $states.errorOutput.Cause %}"}
    task = {"Type": "Task", "Resource": TASK["Resource"], "Catch": [catcher], "Next": "B"}
    flow = {"StartAt": "A", "States": {"A": task, "B": {"Type": "Succeed"}}}
    assert said({**flow, "QueryLanguage": "JSONata"}) == []


def test_a_flow_that_never_ends_is_said_alone() -> None:
    flow = {"StartAt": "A", "States": {name: {"Type": "Pass", "Next": "A"} for name in "AB"}}
    assert said(flow) == ["MISSING_END_STATE: Workflow has no terminal state at null"]


def test_states_inside_a_map_have_the_language_of_the_machine() -> None:
    inner = {"StartAt": "I", "States": {"I": {"Type": "Pass", "Parameters": {}, "End": True}}}
    assert said(alone(**{**MAP, "ItemProcessor": inner}, QueryLanguage="JSONata")) == []


def test_a_state_is_reachable_if_another_names_it() -> None:
    """AWS says nothing of two that lead to each other alone."""
    one, two = {"Type": "Pass", "Next": "C"}, {"Type": "Pass", "Next": "B"}
    assert said({"StartAt": "A", "States": {"A": {"Type": "Succeed"}, "B": one, "C": two}}) == []


def test_a_state_of_jsonpath_inside_a_map_of_jsonata() -> None:
    inner = copy.deepcopy(FLOW)
    inner["States"]["I"]["QueryLanguage"] = "JSONPath"  # type: ignore[index]
    assert said({**alone(**{**MAP, "ItemProcessor": inner}), "QueryLanguage": "JSONata"}) == []
    top = {**alone(Type="Pass", End=True, QueryLanguage="JSONPath"), "QueryLanguage": "JSONata"}
    assert any("can not be 'JSONPath'" in one for one in said(top))


@pytest.mark.parametrize(
    "text", ["", " ", "[]", "1", "not a definition", '{"a": NaN}', "[" * 5000, '{"StartAt": 1, "States": {"A": 1}}']
)
def test_texts_that_are_no_definition(text: str) -> None:
    assert validate(text)


def test_the_words_for_a_text_that_is_no_json() -> None:
    (found,) = validate("not a definition")
    assert found.code == "INVALID_JSON_DESCRIPTION"
    assert found.location == '[Source: (String)"not a definition"; line: 1, column: 4]'
