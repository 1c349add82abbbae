"""What DescribeMapRun says of map runs, and what UpdateMapRun changes."""

from __future__ import annotations

from typing import Any

from tests.states.virtual import Answer, Outcome, fails, gives, run
from verihook.local.states.compiler import compile_machine
from verihook.local.states.effects import Adjust, Call, Stimulus, Stop

CALL = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"Payload.$": "$"}, "End": True}


def ran(given: Any, *, later: dict[float, Stimulus] | None = None, **more: Any) -> Outcome:
    """A Map of calls, each of 10 s, of which those of a number below 0 fail."""

    def answer(call: Call) -> Answer:
        value = call.arguments["Payload"]
        return fails("Mine", "", 10) if isinstance(value, int) and value < 0 else gives(value, 10)

    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    processor = {"ProcessorConfig": config, "StartAt": "C", "States": {"C": CALL}}
    state = {"Type": "Map", "Label": "L", "ItemProcessor": processor, "End": True, **more}
    return run(compile_machine({"StartAt": "M", "States": {"M": state}}), given, answer, later=later)


def counts(outcome: Outcome, of: str = "executionCounts") -> dict[str, int]:
    """The last counts, without those that are 0."""
    return {name: count for name, count in outcome.map_runs[-1].told[of].items() if count}


def test_every_turn_that_changes_something_tells_it() -> None:
    outcome = ran([1, 2, 3], MaxConcurrency=2)
    told = [(each.status, each.told["executionCounts"]) for each in outcome.map_runs]
    seen = [(status, each["pending"], each["running"], each["succeeded"]) for status, each in told]
    assert seen == [("RUNNING", 1, 2, 0), ("RUNNING", 0, 2, 1), ("RUNNING", 0, 1, 2), ("SUCCEEDED", 0, 0, 3)]
    (started,) = [each for each in outcome.events if each["type"] == "MapRunStarted"]
    assert {each.arn for each in outcome.map_runs} == {started["mapRunStartedEventDetails"]["mapRunArn"]}
    assert outcome.map_runs[-1].told["maxConcurrency"] == 2
    assert counts(outcome) == {"succeeded": 3, "total": 3, "resultsWritten": 3}


def test_items_and_executions_are_counted_by_themselves() -> None:
    outcome = ran([1, 2, 3], ItemBatcher={"MaxItemsPerBatch": 2})
    assert counts(outcome) == {"succeeded": 2, "total": 2, "resultsWritten": 2}
    assert counts(outcome, "itemCounts") == {"succeeded": 3, "total": 3, "resultsWritten": 3}


def test_failures_that_are_tolerated() -> None:
    outcome = ran([1, -2, 3, -4], ToleratedFailureCount=2, ToleratedFailurePercentage=50)
    last = outcome.map_runs[-1]
    assert (last.status, last.told["toleratedFailureCount"], last.told["toleratedFailurePercentage"]) == (
        "SUCCEEDED",
        2,
        50.0,
    )
    assert counts(outcome) == {"succeeded": 2, "failed": 2, "total": 4, "resultsWritten": 4}


def test_one_that_fails_says_what_it_has_aborted_and_what_never_began() -> None:
    outcome = ran([-1, 2, 3, 4], MaxConcurrency=2)
    assert outcome.map_runs[-1].status == "FAILED"
    assert counts(outcome) == {"failed": 1, "aborted": 1, "pending": 2, "total": 4}
    assert counts(outcome, "itemCounts") == counts(outcome)


def test_one_whose_items_cannot_be_made_has_failed() -> None:
    outcome = ran([1], ItemSelector={"x.$": "$.none"})
    assert [each.status for each in outcome.map_runs] == ["FAILED"]


def test_a_stop_aborts_it() -> None:
    outcome = ran([1, 2, 3], MaxConcurrency=2, later={5.0: Stop()})
    assert outcome.kinds[-3:] == ["MapRunAborted", "MapStateAborted", "ExecutionAborted"]
    assert (outcome.map_runs[-1].status, counts(outcome)) == ("ABORTED", {"aborted": 2, "pending": 1, "total": 3})


def arn_of(given: Any, **more: Any) -> str:
    """The ARN that the run has each time."""
    return ran(given, **more).map_runs[0].arn


def test_its_concurrency_and_what_it_tolerates_are_changed_while_it_runs() -> None:
    given = [1, -2, 3, -4]
    arn = arn_of(given, MaxConcurrency=1)
    outcome = ran(given, MaxConcurrency=1, later={5.0: Adjust(arn, 3, 0, 50.0)})
    told = outcome.map_runs[1].told
    assert (told["maxConcurrency"], told["toleratedFailurePercentage"]) == (3, 50.0)
    assert told["executionCounts"]["running"] == 3
    # A count of 0 that was asked for is exceeded by one failure, whatever share is tolerated.
    assert outcome.map_runs[-1].status == "FAILED"
    assert ran(given, MaxConcurrency=1, later={5.0: Adjust(arn, None, 2)}).map_runs[-1].status == "SUCCEEDED"


def test_fewer_failures_that_are_tolerated_end_it_at_once() -> None:
    given = [-1, 2, 3]
    arn = arn_of(given, MaxConcurrency=1, ToleratedFailureCount=1)
    outcome = ran(given, MaxConcurrency=1, ToleratedFailureCount=1, later={15.0: Adjust(arn, tolerated_count=0)})
    assert (outcome.map_runs[-1].status, outcome.now % 1000) == ("FAILED", 73.0)
    unknown = ran(given, MaxConcurrency=1, ToleratedFailureCount=1, later={15.0: Adjust(f"{arn}x", tolerated_count=0)})
    assert unknown.map_runs[-1].status == "SUCCEEDED"
