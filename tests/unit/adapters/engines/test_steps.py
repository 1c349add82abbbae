"""Histories as AWS writes them, read into steps."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from verihook.adapters.engines.steps import steps_of
from verihook.model.instance import Step


def event(number: int, previous: int, kind: str, **details: Any) -> dict[str, Any]:
    """An event at ``number`` x 10 ms."""
    at = datetime.fromtimestamp(number / 100, UTC)
    given: dict[str, Any] = {"id": number, "previousEventId": previous, "type": kind, "timestamp": at}
    if kind.endswith("StateEntered"):
        return given | {"stateEnteredEventDetails": details}
    if kind.endswith("StateExited"):
        return given | {"stateExitedEventDetails": details}
    return given | {f"{kind[0].lower()}{kind[1:]}EventDetails": details}


def test_states_in_a_row() -> None:
    events = [
        event(1, 0, "ExecutionStarted", input="{}"),
        event(2, 0, "PassStateEntered", name="A"),
        event(3, 2, "PassStateExited", name="A", output="1"),
        event(4, 3, "WaitStateEntered", name="B"),
    ]
    assert steps_of(events) == [Step("A", "completed", 20, 30, None, "1"), Step("B", "running", 40)]


def test_iterations_side_by_side_keep_their_own_outputs() -> None:
    events = [
        event(1, 0, "MapStateEntered", name="M"),
        event(2, 1, "MapStateStarted", length=2),
        event(3, 2, "MapIterationStarted", name="M", index=0),
        event(4, 3, "PassStateEntered", name="A"),
        event(5, 2, "MapIterationStarted", name="M", index=1),
        event(6, 5, "PassStateEntered", name="A"),
        event(7, 6, "PassStateExited", name="A", output='"second"'),
        event(8, 4, "PassStateExited", name="A", output='"first"'),
        event(9, 8, "MapIterationSucceeded", name="M", index=0),
        event(10, 8, "MapStateSucceeded"),
        event(11, 10, "MapStateExited", name="M", output="[]"),
    ]
    assert steps_of(events) == [
        Step("M", "completed", 10, 110, None, "[]"),
        Step("A", "completed", 40, 80, None, '"first"'),
        Step("A", "completed", 60, 70, None, '"second"'),
    ]


def test_a_loop_enters_a_state_again() -> None:
    events = [
        event(1, 0, "PassStateEntered", name="A"),
        event(2, 1, "PassStateExited", name="A", output="1"),
        event(3, 2, "PassStateEntered", name="A"),
        event(4, 3, "PassStateExited", name="A", output="2"),
    ]
    assert [step.output for step in steps_of(events)] == ["1", "2"]


def test_a_retried_failure_that_was_made_good_is_not_told() -> None:
    events = [
        event(1, 0, "TaskStateEntered", name="A"),
        event(2, 1, "TaskScheduled", resource="invoke"),
        event(3, 2, "TaskFailed", error="Busy", cause="later"),
        event(4, 3, "TaskScheduled", resource="invoke"),
        event(5, 4, "TaskSucceeded", output="1"),
        event(6, 5, "TaskStateExited", name="A", output="1"),
    ]
    assert steps_of(events) == [Step("A", "completed", 10, 60, None, "1")]


def test_the_step_that_failed_has_its_own_error() -> None:
    events = [
        event(1, 0, "ParallelStateEntered", name="P"),
        event(2, 1, "ParallelStateStarted"),
        event(3, 2, "TaskStateEntered", name="A"),
        event(4, 2, "WaitStateEntered", name="B"),
        event(5, 3, "LambdaFunctionFailed", error="NoStock", cause="sold out"),
        event(6, 5, "ParallelStateFailed", error="NoStock", cause="sold out"),
        event(7, 6, "ExecutionFailed", error="Other", cause="sold out"),
    ]
    assert [(step.name, step.status, step.ended_at, step.error) for step in steps_of(events)] == [
        ("P", "failed", 70, "Other"),
        ("A", "failed", 70, "NoStock"),
        ("B", "failed", 70, "Other"),
    ]


@pytest.mark.parametrize("kind", ["ExecutionAborted", "ExecutionTimedOut"])
def test_an_end_without_an_error_fails_the_step_in_its_own_words(kind: str) -> None:
    events = [event(1, 0, "WaitStateEntered", name="A"), event(2, 0, kind)]
    assert steps_of(events) == [Step("A", "failed", 10, 20, None, None, kind)]


def test_a_fail_state() -> None:
    events = [event(1, 0, "FailStateEntered", name="A"), event(2, 1, "ExecutionFailed", error="NoStock")]
    assert steps_of(events) == [Step("A", "failed", 10, 20, None, None, "NoStock")]


def test_an_exit_with_a_broken_chain_is_found_by_its_name() -> None:
    events = [event(1, 0, "PassStateEntered", name="A"), event(9, 8, "PassStateExited", name="A", output="1")]
    assert steps_of(events) == [Step("A", "completed", 10, 90, None, "1")]


def test_nothing() -> None:
    assert steps_of([]) == []


def test_retries_are_one_step_with_the_last_failure() -> None:
    events = [
        event(1, 0, "TaskStateEntered", name="A", input="{}"),
        event(2, 1, "TaskFailed", error="Busy", cause="first"),
        event(3, 2, "TaskFailed", error="Busy", cause="second"),
        event(4, 3, "ExecutionFailed", error="Busy", cause="second"),
    ]
    assert steps_of(events) == [Step("A", "failed", 10, 40, "{}", None, "Busy", "second")]


def test_a_caught_failure_is_told_by_the_completed_step() -> None:
    events = [
        event(1, 0, "TaskStateEntered", name="A", input="{}"),
        event(2, 1, "TaskFailed", error="Busy", cause="later"),
        event(3, 2, "TaskStateExited", name="A", output="1"),
        event(4, 3, "PassStateEntered", name="B", input="1"),
        event(5, 4, "PassStateExited", name="B", output="2"),
    ]
    assert steps_of(events) == [
        Step("A", "completed", 10, 30, "{}", "1", "Busy", "later"),
        Step("B", "completed", 40, 50, "1", "2"),
    ]


FAILED = [
    event(1, 0, "PassStateEntered", name="A", input="1"),
    event(2, 1, "PassStateExited", name="A", output="2"),
    event(3, 2, "TaskStateEntered", name="B", input="2"),
    event(4, 3, "TaskFailed", error="Busy", cause="later"),
    event(5, 4, "ExecutionFailed", error="Busy", cause="later"),
    event(6, 5, "ExecutionRedriven", redriveCount=1),
]


def test_a_redriven_step_runs_again() -> None:
    assert steps_of(FAILED)[1] == Step("B", "running", 30, None, "2")


@pytest.mark.parametrize("entered", [True, False])
def test_a_redriven_step_is_told_once(entered: bool) -> None:
    """Whether the state is entered again, or only its task is scheduled."""
    again = [event(7, 6, "TaskStateEntered", name="B", input="2")] if entered else [event(7, 6, "TaskScheduled")]
    events = [*FAILED, *again, event(8, 7, "TaskSucceeded"), event(9, 8, "TaskStateExited", name="B", output="3")]
    assert steps_of(events) == [Step("A", "completed", 10, 20, "1", "2"), Step("B", "completed", 30, 90, "2", "3")]


def test_a_redriven_step_that_fails_again_has_its_new_failure() -> None:
    events = [
        *FAILED,
        event(7, 6, "TaskStateEntered", name="B", input="2"),
        event(8, 7, "TaskFailed", error="Gone", cause="for good"),
        event(9, 8, "ExecutionFailed", error="Gone", cause="for good"),
    ]
    assert steps_of(events)[1] == Step("B", "failed", 30, 90, "2", None, "Gone", "for good")
