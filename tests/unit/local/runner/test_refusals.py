"""Why a state machine cannot run on one machine, with the place in its file."""

from __future__ import annotations

import json
from typing import Any

import pytest

from verihook.local.runner.integrations import NO_ROLES
from verihook.local.runner.refusals import Refusal, refusals_of

HTTP = "arn:aws:states:::http:invoke"
INVOKE = "arn:aws:states:::lambda:invoke"
QUEUE = "arn:aws:states:::sqs:sendMessage"


def flow(**states: Any) -> dict[str, Any]:
    return {"StartAt": next(iter(states)), "States": states}


def task(resource: str, **more: Any) -> dict[str, Any]:
    return {"Type": "Task", "Resource": resource, "End": True, **more}


def found(definition: Any, **given: Any) -> list[tuple[str, str, bool]]:
    text = definition if isinstance(definition, str) else json.dumps(definition)
    return [(each.place, each.what, each.here_alone) for each in refusals_of(text, **given)]


def test_nothing_is_said_of_what_runs() -> None:
    comment = {"Comment": "${Here} it is text", "Result": {"Resource": "${AndHere}"}}
    machine = flow(A=task(INVOKE, Parameters={"FunctionName": "f"}) | {"End": True}) | {"Comment": "${Here}"}
    assert found(machine, functions=["f"]) == []
    assert found(flow(P={"Type": "Pass", "End": True, **comment})) == []
    chosen = task(INVOKE, Parameters={"FunctionName.$": "$.f"})
    assert found(flow(A=chosen), functions=[]) == []


def test_every_place_that_cannot_run_is_named_at_any_depth() -> None:
    reader = {"Resource": "arn:aws:states:::s3:listObjectsV2", "Parameters": {"Bucket": "b"}}
    spread = flow(I=task(QUEUE)) | {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    machine = flow(
        A=task("arn:aws:states:us-east-1:1:activity:a") | {"Next": "M"},
        M={"Type": "Map", "ItemProcessor": spread, "ItemReader": reader, "Next": "P"},
        P={"Type": "Parallel", "Branches": [flow(One={"Type": "Succeed"}), flow(Two=task(HTTP))], "End": True},
    )
    del machine["States"]["A"]["End"]
    assert [(place, here) for place, _, here in found(machine)] == [
        ("States.A.Resource", True),
        ("States.M.ItemReader.Resource", True),
        ("States.M.ItemProcessor.States.I.Resource", True),
        ("States.P.Branches[1].States.Two.Resource", True),
    ]


@pytest.mark.parametrize(
    ("state", "place"),
    [
        (task("${PayArn}"), "States.A.Resource"),
        (task("arn:aws:lambda:us-east-1:1:function:${Pay}"), "States.A.Resource"),
        (task(INVOKE, Parameters={"FunctionName": "${Pay}"}), "States.A.Parameters.FunctionName"),
        (task(INVOKE, Parameters={"FunctionName": "pay"}), "States.A.Resource"),
        (task("arn:aws:lambda:us-east-1:1:function:pay:live"), "States.A.Resource"),
    ],
)
def test_a_function_that_is_not_here_is_told_once(state: dict[str, Any], place: str) -> None:
    """A name that a template fills in, and one that is known to be elsewhere."""
    ((where, what, here),) = found(flow(A=state), functions=["f"])
    assert (where, here) == (place, True)
    assert "is a substitution without a value" in what or "there is no Lambda function 'pay' on one machine" in what


def test_a_role_is_assumed_in_aws_alone() -> None:
    role = {"RoleArn": "arn:aws:iam::1:role/r"}
    invoke = task(INVOKE, Parameters={"FunctionName": "f"})
    at = "States.A.Credentials"
    assert found(flow(A={**invoke, "Credentials": role}), functions=["f"]) == [(at, NO_ROLES, True)]
    ((place, what, here),) = found(flow(A={**invoke, "Credentials": {"RoleArn": "${Role}"}}), functions=["f"])
    assert (place, "${Role} is a substitution" in what, here) == (at, True, True)
    assert [(at, False), (at, True)] == [
        (place, here) for place, _, here in found(flow(A={**invoke, "Credentials": {}}), functions=["f"])
    ]


def test_what_aws_refuses_is_told_with_its_code() -> None:
    assert found("{")[0][0] == ""
    assert "is not JSON" in found("{")[0][1]
    (place, what, here), *_ = found(flow(A={"Type": "Pass", "Next": "B"}))
    assert (place, here) == ("States.A.Next", False)
    assert what.endswith("[MISSING_TRANSITION_TARGET]")
    assert {place for place, _, _ in found(flow(A={"Type": "Wait"}, B=7))} == {"", "States.A", "States.B"}
    assert found("[]")[0][2] is False
    waits = flow(A=task(INVOKE + ".waitForTaskToken", Parameters={"FunctionName": "f"}))
    assert (found(waits), len(found(waits, express=True))) == ([], 1)


def test_a_refusal_is_one_line() -> None:
    assert str(Refusal("States.A", "is wrong")) == "States.A: is wrong"
    assert str(Refusal("", "is wrong")) == "is wrong"
