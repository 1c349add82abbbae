"""The recorder as built: every status of both engines, as EventBridge tells it; every AWS call by its role."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.deployed.emulator import Deployment
from tests.deployed.events import ITEMS, durable_event, execution_event
from tests.deployed.rights import check
from tests.deployed.rows import accepted, approval, callback, eventually, ledger, row, started
from verihook.adapters.engines.stepfunctions import STATUSES

LARGE = {"text": "x" * 300_000}


@pytest.mark.parametrize("status", sorted(STATUSES))
def test_every_status_of_a_state_machine(status: str, aws: Deployment) -> None:
    # One that waits, so that the engine itself says nothing else.
    instance_id = accepted(aws, f"evt_{status}", "reviewed")
    machine = aws.stack.arn("OrderReview")
    more = {"output": '{"total": 1}', "outputDetails": {"included": True}} if status == "SUCCEEDED" else {}
    assert {"recorded"} == aws.invoke("Recorder", execution_event(machine, instance_id, status, **more)).keys()
    # Of what has not succeeded the engine has the last word, as it may have been redriven: this one runs. And that it
    # runs is written only if somebody reads it.
    running = row(aws, instance_id).status in ("queued", "running")
    assert running == (status != "SUCCEEDED")


def test_an_output_that_the_event_left_out_is_asked_for(aws: Deployment) -> None:
    instance_id = accepted(aws, "evt_left_out")
    event = execution_event(aws.stack.arn("OrderCreated"), instance_id, "SUCCEEDED", outputDetails={"included": False})
    eventually(lambda: "errorMessage" not in (aws.outcome("Recorder", event) or {}))
    assert "completed" == row(aws, instance_id).status
    assert "total" in json.loads(row(aws, instance_id).output or "")


def test_what_the_engine_does_not_know_yet_comes_again(aws: Deployment) -> None:
    instance_id = accepted(aws, "evt_too_early", "gone")
    event = execution_event(aws.stack.arn("OrderReview"), instance_id, "SUCCEEDED", outputDetails={"included": False})
    assert "EngineUnavailable" == aws.outcome("Recorder", event)["errorType"]
    assert not row(aws, instance_id).final


def test_a_large_output_is_kept_apart(aws: Deployment) -> None:
    instance_id = accepted(aws, "evt_large_output")
    details = {"output": json.dumps(LARGE), "outputDetails": {"included": True}}
    assert {"recorded": True} == aws.invoke(
        "Recorder", execution_event(aws.stack.arn("OrderCreated"), instance_id, "SUCCEEDED", **details)
    )
    assert any(instance_id in path for path in aws.cloud.bucket.objects)


def test_labels_expire_with_their_instance(aws: Deployment, authorization: dict[str, str]) -> None:
    order = {"orderId": "ord_2", "items": ITEMS}
    instance_id = started(aws, "order-created", authorization, order, tags=["red"])
    details = {"output": "{}", "outputDetails": {"included": True}}
    aws.invoke("Recorder", execution_event(aws.stack.arn("OrderCreated"), instance_id, "SUCCEEDED", **details))
    assert "completed" == row(aws, instance_id).status


def test_a_durable_function_that_runs(aws: Deployment, authorization: dict[str, str], lambdas: Any) -> None:
    instance_id, arn = approval(aws, authorization, lambdas)
    event = durable_event(aws.stack.arn("OrderApproval"), arn, instance_id, "RUNNING")
    aws.invoke("Recorder", event)
    assert row(aws, instance_id).status in ("queued", "running")
    # Told too early of an end that the engine does not know yet.
    event = durable_event(aws.stack.arn("OrderApproval"), arn, instance_id, "SUCCEEDED")
    assert "EngineUnavailable" == aws.outcome("Recorder", event)["errorType"]


@pytest.mark.parametrize(
    ("end", "status"), [("SUCCEEDED", "completed"), ("FAILED", "failed"), ("STOPPED", "terminated")]
)
def test_every_end_of_a_durable_function(
    end: str, status: str, aws: Deployment, authorization: dict[str, str], lambdas: Any
) -> None:
    instance_id, arn = approval(aws, authorization, lambdas)
    if end == "STOPPED":
        lambdas.stop_durable_execution(DurableExecutionArn=arn)
    else:
        token = eventually(lambda: callback(lambdas, arn))
        if end == "SUCCEEDED":
            lambdas.send_durable_execution_callback_success(CallbackId=token, Result=b'{"by": "me"}')
        else:
            lambdas.send_durable_execution_callback_failure(CallbackId=token, Error={"ErrorType": "No"})
    eventually(lambda: lambdas.get_durable_execution(DurableExecutionArn=arn)["Status"] == end)
    event = durable_event(aws.stack.arn("OrderApproval"), arn, instance_id, end)
    before = len(aws.gateway("Recorder").made)
    assert {"recorded": True} == aws.invoke("Recorder", event)
    assert status == row(aws, instance_id).status
    # A list may trail.
    asked = [each.operation for each in aws.gateway("Recorder").made[before:] if each.service == "lambda"]
    assert ["GetDurableExecution"] == asked


@pytest.mark.parametrize("source", ["reviewed", "approved"])
def test_what_runs_on_after_its_end_is_stopped(source: str, aws: Deployment) -> None:
    """An operator's word comes before the engine has begun: its execution is reported, and is stopped."""
    instance_id = accepted(aws, f"evt_over_{source}", source, amount=5)
    assert ledger(aws).amend(replace(row(aws, instance_id), status="terminated", due_at=None))
    if source == "reviewed":
        event = execution_event(aws.stack.arn("OrderReview"), instance_id, "RUNNING")
    else:
        arn = f"{aws.stack.arn('OrderApproval')}:1/durable-execution/{instance_id}/1"
        event = durable_event(aws.stack.arn("OrderApproval"), arn, instance_id, "RUNNING")
    assert {"recorded": False} == aws.invoke("Recorder", event)


def test_every_right_is_used_or_listed(aws: Deployment, request: pytest.FixtureRequest) -> None:
    check("Recorder", aws, request)
