"""Turns: what is said to an execution, what comes too late, and how much one turn does."""

from __future__ import annotations

import json
import time
import tracemalloc
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.states.virtual import START, Outcome, fails, gives, never, run, start
from verihook.local.states.compiler import compile_machine
from verihook.local.states.effects import (
    Beat,
    Begin,
    Call,
    End,
    Failed,
    Forget,
    Record,
    Stop,
    Submitted,
    Succeeded,
    Tick,
)
from verihook.local.states.history import MAX_EVENTS
from verihook.local.states.machine import Machine
from verihook.local.states.turn import MAX_ENTERED, step

CALL = {
    "Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
    "Parameters": {"Token.$": "$$.Task.Token"}, "HeartbeatSeconds": 10, "TimeoutSeconds": 100, "End": True,
}  # fmt: skip


def machine(*, express: bool = False, **states: Any) -> Machine:
    return compile_machine({"StartAt": next(iter(states)), "States": states}, express=express)


def test_a_task_token_is_in_the_arguments_and_answers_once() -> None:
    calling = machine(A=CALL)
    position = start(calling, {})
    call = next(effect for effect in step(calling, position, Begin(), START) if isinstance(effect, Call))
    assert call.token
    assert call.arguments == {"Token": call.token}
    assert (call.resource.pattern, call.timeout) == ("callback", START + 100)
    taken = step(calling, position, Submitted(call.call, {"MessageId": "1"}), START)
    assert [effect.event["type"] for effect in taken if isinstance(effect, Record)] == ["TaskSubmitted"]
    ended = step(calling, position, Succeeded(call.call, 5), START)
    assert ended[-1] == End("SUCCEEDED", 5)
    assert step(calling, position, Succeeded(call.call, 6), START) == []


def test_a_heartbeat_that_stays_out() -> None:
    catching = machine(
        A={**CALL, "Catch": [{"ErrorEquals": ["States.HeartbeatTimeout"], "Next": "B"}]},
        B={"Type": "Pass", "End": True},
    )
    beats = {9.0: Beat("1.1"), 18.0: Beat("1.1")}
    found = run(catching, {}, never, later=beats)  # type: ignore[arg-type]
    assert (found.output["Error"], found.now - START) == ("States.HeartbeatTimeout", 28)
    assert "TaskTimedOut" in found.kinds


def test_an_answer_to_an_attempt_that_is_over_is_not_wanted() -> None:
    retrying = machine(A={**CALL, "Retry": [{"ErrorEquals": ["States.Timeout"], "IntervalSeconds": 1}]})
    position = start(retrying, {})
    step(retrying, position, Begin(), START)
    late = step(retrying, position, Tick(), START + 10)
    assert Forget("1.1") in late
    assert step(retrying, position, Succeeded("1.1", 1), START + 10.5) == []
    again = step(retrying, position, Tick(), START + 11)
    assert [effect.call for effect in again if isinstance(effect, Call)] == ["1.2"]
    assert step(retrying, position, Succeeded("1.1", 1), START + 11) == []
    assert step(retrying, position, Succeeded("1.2", 2), START + 11)[-1] == End("SUCCEEDED", 2)


def test_stop_aborts_what_runs_innermost_first() -> None:
    inner = {"StartAt": "I", "States": {"I": CALL}}
    stopped = run(
        machine(M={"Type": "Map", "ItemProcessor": inner, "End": True}), [1], never, later={5.0: Stop("E", "why")}
    )
    assert stopped.end == End("ABORTED", None, "E", "why")
    assert stopped.kinds[-4:] == ["TaskStateAborted", "MapIterationAborted", "MapStateAborted", "ExecutionAborted"]


def test_events_are_numbered_and_lead_back() -> None:
    found = run(machine(A={"Type": "Pass", "Next": "B"}, B={"Type": "Wait", "Seconds": 1, "End": True}), {"a": 1})
    assert [(event["id"], event["previousEventId"]) for event in found.events] == [
        (1, 0),
        (2, 0),
        (3, 2),
        (4, 3),
        (5, 4),
        (6, 5),
    ]
    assert found.events[1]["stateEnteredEventDetails"] == {
        "name": "A",
        "input": '{"a":1}',
        "inputDetails": {"truncated": False},
    }
    assert found.events[0]["executionStartedEventDetails"]["roleArn"].startswith("arn:aws:iam::")
    assert found.events[-1]["timestamp"] == START + 1


def test_a_turn_enters_so_many_states_and_the_next_one_goes_on() -> None:
    looping = machine(
        express=True,
        A={"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "A"}], "Default": "B"},
        B={"Type": "Succeed"},
    )
    position = start(looping, {"a": 1})
    for _ in range(3):
        effects = step(looping, position, Begin() if not position.turns else Tick(), START)
        assert (
            sum(isinstance(effect, Record) and effect.event["type"] == "ChoiceStateEntered" for effect in effects)
            == MAX_ENTERED
        )
        assert position.due() == 0.0


def test_a_history_has_an_end() -> None:
    looping = machine(
        A={"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "A"}], "Default": "B"},
        B={"Type": "Succeed"},
    )
    found = run(looping, {"a": 1})
    assert found.end is not None
    assert (found.end.status, found.end.error) == ("FAILED", "States.Runtime")
    assert (len(found.events), found.kinds[-2:]) == (MAX_EVENTS, ["ChoiceStateExited", "ExecutionFailed"])


def test_a_failed_call_has_error_and_cause_in_its_event() -> None:
    found = run(machine(A=CALL), {}, lambda call: fails("E", "why"))
    failed = next(event for event in found.events if event["type"] == "TaskFailed")
    assert failed["taskFailedEventDetails"] == {
        "resourceType": "sqs", "resource": "sendMessage.waitForTaskToken", "error": "E", "cause": "why",
    }  # fmt: skip


def test_an_activity_waits_for_a_worker() -> None:
    working = machine(A={"Type": "Task", "Resource": "arn:aws:states:us-east-1:1:activity:a", "End": True})
    found = run(working, {"a": 1}, lambda call: gives(call.token is not None))
    assert found.output is True
    assert found.kinds[2:4] == ["ActivityScheduled", "ActivitySucceeded"]


def test_a_fault_of_ours_ends_the_execution_and_does_not_hang() -> None:
    waiting = machine(A={"Type": "Wait", "Seconds": 1, "End": True})
    position = start(waiting, {})
    step(waiting, position, Begin(), START)
    position.frames[1].state = "no such state"
    effects = step(waiting, position, Tick(), START + 1)
    assert isinstance(effects[-1], End)
    assert (effects[-1].status, effects[-1].error, position.due()) == ("FAILED", "States.Runtime", None)
    assert [effect.event["id"] for effect in effects if isinstance(effect, Record)] == [3]


def test_the_same_turns_have_the_same_chance() -> None:
    drawing = machine(
        A={"Type": "Pass", "Parameters": {"u.$": "States.UUID()", "n.$": "States.MathRandom(0, 1000000)"}, "End": True}
    )
    assert run(drawing, {}).output == run(drawing, {}).output
    assert Failed("1.1", None, None) == Failed("1.1", None, None)


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5)
)
ANY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
STATES = st.fixed_dictionaries(
    {"Type": st.sampled_from(["Pass", "Wait", "Task", "Choice", "Map", "Parallel", "Fail", "Succeed"])},
    optional={
        "End": st.just(True),
        "Next": st.sampled_from(["A", "B"]),
        "Seconds": st.integers(0, 3),
        "InputPath": st.sampled_from(["$.a", "$..b", None]),
        "Parameters": st.just({"x.$": "$.a"}),
        "Result": ANY,
        "Resource": st.just(CALL["Resource"]),
        "ItemProcessor": st.just({"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}),
        "ResultPath": st.sampled_from(["$.r", None]),
        "Retry": st.just([{"ErrorEquals": ["States.ALL"], "MaxAttempts": 1}]),
        "Assign": st.just({"v.$": "$.a"}),
        "OutputPath": st.sampled_from(["$.a", "$v"]),
        "ItemsPath": st.just("$.a"),
    },
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from(["A", "B"]), STATES, min_size=1), ANY)
def test_whatever_is_accepted_ends(states: dict[str, Any], data: Any) -> None:
    from verihook.local.states.errors import Refused

    try:
        accepted = compile_machine(json.dumps({"StartAt": "A", "States": states}))
    except Refused:
        return
    outcome: Outcome = run(accepted, data, lambda call: gives({"a": 1}))
    assert outcome.end is not None
    assert "The evaluator failed" not in str(outcome.end.cause)


def test_hostile_inputs_take_bounded_time_and_memory() -> None:
    deep = json.loads("[" * 150 + "]" * 150)
    wide = {"a": "*" * 200_000, "l": list(range(20_000)), "d": deep}
    busy = machine(
        A={"Type": "Pass", "Parameters": {"x.$": "$..*", "u.$": "States.ArrayUnique($.l)"}, "Next": "B"},
        B={
            "Type": "Choice",
            "Choices": [{"Variable": "$.a", "StringMatches": "*a*a*a*a*b", "Next": "C"}],
            "Default": "C",
        },
        C={"Type": "Succeed"},
    )
    tracemalloc.start()
    begun = time.process_time()
    run(busy, wide)
    assert time.process_time() - begun < 5
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()
