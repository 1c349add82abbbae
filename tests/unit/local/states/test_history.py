"""Histories: which events there are, and to which each leads back, as executions in AWS were seen to have them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.states.virtual import START, Answering, fails, never, run
from verihook.local.states.compiler import compile_machine
from verihook.local.states.effects import Beat, Stimulus, Submitted

PASS = {"Type": "Pass", "End": True}
FAIL = {"Type": "Fail", "Error": "Mine", "Cause": "why"}
TASK = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {}, "End": True}
ACTIVITY = {"Type": "Task", "Resource": "arn:aws:states:us-east-1:1:activity:a", "End": True}
UNDEFINED = {"Type": "Pass", "QueryLanguage": "JSONata", "Output": "{% $none %}", "End": True}
SPREAD = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}


def flow(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"StartAt": "I", "States": {"I": state}, **more}


def parallel(state: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"Type": "Parallel", "Branches": [flow(state)], "End": True, **more}


def mapped(state: dict[str, Any], config: dict[str, Any] | None = None) -> dict[str, Any]:
    processor = flow(state) if config is None else flow(state, ProcessorConfig=config)
    return {"Type": "Map", "ItemsPath": "$.l", "MaxConcurrency": 1, "ItemProcessor": processor, "End": True}


def history(
    state: dict[str, Any], answering: Answering = never, later: dict[float, Stimulus] | None = None, **top: Any
) -> list[tuple[str, int]]:
    compiled = compile_machine({"StartAt": "S", "States": {"S": state}, **top})
    found = run(compiled, {"l": [1], "none": []}, answering, later=later)
    return [(event["type"], event["previousEventId"]) for event in found.events]


@pytest.mark.parametrize(
    ("state", "end"),
    [
        # What has succeeded is passed by: the exit leads back to the last event inside.
        (parallel(PASS), [("ParallelStateSucceeded", 5), ("ParallelStateExited", 5), ("ExecutionSucceeded", 7)]),
        (mapped(PASS), [("MapStateSucceeded", 7), ("MapStateExited", 7), ("ExecutionSucceeded", 9)]),
        (
            {**mapped(PASS), "ItemsPath": "$.none"},
            [("MapStateStarted", 2), ("MapStateSucceeded", 3), ("MapStateExited", 3), ("ExecutionSucceeded", 5)],
        ),
        (
            mapped(PASS, SPREAD),
            [("MapRunSucceeded", 4), ("MapStateSucceeded", 4), ("MapStateExited", 4), ("ExecutionSucceeded", 7)],
        ),
        # So does the failure of the state's own fields.
        (
            parallel(PASS, ResultSelector={"x.$": "$.none"}),
            [("PassStateExited", 4), ("ParallelStateSucceeded", 5), ("ExecutionFailed", 5)],
        ),
        # What tells of a failure is passed by.
        (
            parallel(TASK),
            [("TaskFailed", 6), ("TaskStateAborted", 7), ("ParallelStateFailed", 7), ("ExecutionFailed", 9)],
        ),
        (
            mapped(UNDEFINED),
            [("EvaluationFailed", 5), ("MapIterationFailed", 6), ("MapStateFailed", 6), ("ExecutionFailed", 8)],
        ),
        (parallel(FAIL), [("FailStateEntered", 3), ("ParallelStateFailed", 4), ("ExecutionFailed", 5)]),
        (TASK, [("TaskStarted", 3), ("TaskFailed", 4), ("ExecutionFailed", 5)]),
        # A catcher that fails lets its state fail once more.
        (
            parallel(
                FAIL, QueryLanguage="JSONata", Catch=[{"ErrorEquals": ["Mine"], "Output": "{% $none %}", "Next": "S"}]
            ),
            [("ParallelStateFailed", 4), ("EvaluationFailed", 4), ("ParallelStateFailed", 6), ("ExecutionFailed", 7)],
        ),
    ],
)
def test_how_a_history_ends(state: dict[str, Any], end: list[tuple[str, int]]) -> None:
    assert history(state, lambda call: fails("Mine", "why"))[-len(end) :] == end


def test_an_execution_that_took_too_long_tells_of_nothing_that_was_cut() -> None:
    waiting = parallel({"Type": "Wait", "Seconds": 25, "End": True})
    assert history(waiting, TimeoutSeconds=3)[-2:] == [("WaitStateEntered", 3), ("ExecutionTimedOut", 0)]


def test_the_clocks_of_an_activity_begin_when_a_worker_takes_it() -> None:
    state = {**ACTIVITY, "TimeoutSeconds": 50, "HeartbeatSeconds": 20}
    compiled = compile_machine({"StartAt": "S", "States": {"S": state}})
    assert run(compiled, {}).end is None
    taken = run(compiled, {}, later={1000.0: Submitted("1.1", "w"), 1015.0: Beat("1.1")})
    assert (taken.end and taken.end.status, taken.now - START) == ("FAILED", 1035)
    beaten = {1000.0 + after: Beat("1.1") for after in range(10, 60, 10)}
    late = run(compiled, {}, later={1000.0: Submitted("1.1", "w"), **beaten})
    assert (late.end and late.end.error, late.now - START) == ("States.Timeout", 1050)
