"""Histories as boto3 gives them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from verihook.adapters.engines.durable_history import steps_of
from verihook.model.instance import Step


def event(at: int, kind: str, id: str = "1", **details: Any) -> dict[str, Any]:
    moment = datetime.fromtimestamp(at, UTC)
    return {"EventType": kind, "Id": id, "Name": f"n{id}", "EventTimestamp": moment, f"{kind}Details": details}


def failure(kind: str, message: str) -> dict[str, Any]:
    return {"Payload": {"ErrorType": kind, "ErrorMessage": message}}


def test_a_retried_step_is_one_step() -> None:
    again = {"CurrentAttempt": 1, "NextAttemptDelaySeconds": 5}
    error = failure("shop.NoStock", "sold out")
    begun = [event(1, "StepStarted"), event(2, "StepFailed", Error=error, RetryDetails=again)]
    assert steps_of(begun) == [Step("n1", "running", 1000, error="NoStock", cause="sold out")]
    done = [*begun, event(7, "StepStarted"), event(8, "StepSucceeded", Result={"Payload": "1"}, RetryDetails={})]
    assert steps_of(done) == [Step("n1", "completed", 1000, 8000, output="1")]
    failed = [*begun, event(7, "StepStarted"), event(8, "StepFailed", Error=failure("E", "m"), RetryDetails={})]
    assert steps_of(failed) == [Step("n1", "failed", 1000, 8000, error="E", cause="m")]


def test_the_result_of_a_step_is_plain_json() -> None:
    typed = '{"t":"m","v":{"a":{"t":"l","v":[{"t":"i","v":1},{"t":"m","v":{"t":{"t":"s","v":"x"}}}]}}}'
    steps = steps_of([event(1, "StepStarted"), event(2, "StepSucceeded", Result={"Payload": typed})])
    assert steps[0].output == '{"a": [1, {"t": "x"}]}'


def test_the_token_of_an_address_is_not_shown() -> None:
    made = {**event(2, "StepSucceeded", Result={"Payload": '["9f3c", 1]'}), "Name": "Make an address of payments"}
    assert [None] == [step.output for step in steps_of([{**event(1, "StepStarted"), "Name": made["Name"]}, made])]


def test_every_kind_of_operation() -> None:
    steps = steps_of([
        event(0, "ExecutionStarted", "0"),
        event(1, "WaitStarted", "1"),
        event(1, "ContextStarted", "2"),
        event(1, "ChainedInvokeStarted", "3", Input={"Payload": "{}"}),
        event(1, "CallbackStarted", "4"),
        event(2, "InvocationCompleted", "5"),
        event(3, "WaitSucceeded", "1"),
        event(3, "ContextSucceeded", "2", Result={"Payload": '"c"'}),
        event(3, "ChainedInvokeTimedOut", "3", Error={}),
        event(3, "CallbackTimedOut", "4"),
        event(4, "ExecutionSucceeded", "0", Result={}),
    ])  # fmt: skip
    assert steps == [
        Step("n1", "completed", 1000, 3000),
        Step("n2", "completed", 1000, 3000, output='"c"'),
        Step("n3", "failed", 1000, 3000, input="{}", error="TimedOut"),
        Step("n4", "failed", 1000, 3000, error="TimedOut"),
    ]


def test_the_end_of_the_execution_ends_what_runs() -> None:
    stop = event(5, "ExecutionStopped", "0", Error=failure("Terminated", "asked"))
    assert steps_of([event(1, "WaitStarted"), stop]) == [
        Step("n1", "failed", 1000, 5000, error="Terminated", cause="asked")
    ]


def test_a_step_without_a_name_is_called_by_its_kind() -> None:
    unnamed = event(1, "CallbackStarted") | {"Name": None}
    assert steps_of([unnamed]) == [Step("callback", "running", 1000)]
