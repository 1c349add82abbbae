"""The Step Functions adapter against botocore's own Stubber: what AWS may answer and what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from botocore.stub import Stubber

from tests.boto_clients import stubbed_stepfunctions
from verihook.adapters.engines.stepfunctions import STATUSES, StepFunctionsEngine, progress_of
from verihook.errors import EngineRefused, EngineUnavailable, VerihookError
from verihook.model.instance import Progress, Status

PREFIX = "arn:aws:states:eu-central-1:123456789012:stateMachine:"
EXECUTION = "arn:aws:states:eu-central-1:123456789012:execution:orders:n1"
NOW = datetime(2026, 1, 31, tzinfo=UTC)
THROTTLED = ["ThrottlingException", "ExecutionLimitExceeded", "ServiceUnavailable", "InternalFailure"]
MISSING = ["StateMachineDoesNotExist", "StateMachineDeleting", "AccessDeniedException", "ExpiredTokenException", "New"]


@pytest.fixture
def stubbed() -> Iterator[tuple[StepFunctionsEngine, Stubber]]:
    with stubbed_stepfunctions(PREFIX) as (engine, stubber):
        yield engine, stubber
        stubber.assert_no_pending_responses()


Stubbed = tuple[StepFunctionsEngine, Stubber]


@pytest.mark.parametrize(
    ("definition", "machine"),
    [
        ("orders", PREFIX + "orders"),
        (PREFIX + "orders:7", PREFIX + "orders:7"),
        ("orders:LIVE", PREFIX + "orders:LIVE"),
    ],
)
def test_start_sends_the_input_as_it_is(stubbed: Stubbed, definition: str, machine: str) -> None:
    engine, stubber = stubbed
    answer = {"executionArn": EXECUTION, "startDate": 1}
    sent = {"stateMachineArn": machine, "name": "n1", "input": '{"a":  1}'}
    stubber.add_response("start_execution", answer, sent)
    engine.start(definition, "n1", '{"a":  1}')


@pytest.mark.parametrize("definition", ["orders", "orders:LIVE", PREFIX + "orders", PREFIX + "orders:7"])
def test_the_execution_arn_has_no_version(stubbed: Stubbed, definition: str) -> None:
    engine, stubber = stubbed
    stubber.add_client_error("describe_execution", "ExecutionDoesNotExist", expected_params={"executionArn": EXECUTION})
    assert engine.describe(definition, "n1") is None


def test_a_taken_name_is_success(stubbed: Stubbed) -> None:
    engine, stubber = stubbed
    stubber.add_client_error("start_execution", "ExecutionAlreadyExists")
    engine.start("orders", "n1", "{}")


@pytest.mark.parametrize("code", ["InvalidExecutionInput", "InvalidName", "ValidationException"])
def test_what_no_repetition_mends_is_refused(stubbed: Stubbed, code: str) -> None:
    engine, stubber = stubbed
    stubber.add_client_error("start_execution", code, "arn:aws:secret")
    with pytest.raises(EngineRefused) as raised:
        engine.start("orders", "n1", "{}")
    assert "arn:" not in str(raised.value)
    assert raised.value.__cause__ is not None


@pytest.mark.parametrize("code", ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken", "ValidationException"])
def test_nobody_waits_with_the_token(stubbed: Stubbed, code: str) -> None:
    engine, stubber = stubbed
    stubber.add_client_error("send_task_success", code, expected_params={"taskToken": "t", "output": "1"})
    assert engine.answer("t", "1") is False


def test_no_token_at_all(stubbed: Stubbed) -> None:
    engine, stubber = stubbed
    stubber.deactivate()
    assert engine.answer("", "1") is False


def test_an_answer_that_is_no_json_is_refused(stubbed: Stubbed) -> None:
    engine, stubber = stubbed
    stubber.add_client_error("send_task_success", "InvalidOutput")
    with pytest.raises(EngineRefused):
        engine.answer("t", "{")


def test_what_cannot_be_redriven(stubbed: Stubbed) -> None:
    engine, stubber = stubbed
    stubber.add_client_error("redrive_execution", "ExecutionDoesNotExist", expected_params={"executionArn": EXECUTION})
    assert engine.redrive("orders", "n1") is False


@pytest.mark.parametrize(("status", "done"), [("RUNNING", True), ("SUCCEEDED", False), ("FAILED", False)])
def test_one_that_runs_was_redriven_already(stubbed: Stubbed, status: str, done: bool) -> None:
    engine, stubber = stubbed
    stubber.add_client_error("redrive_execution", "ExecutionNotRedrivable")
    stubber.add_response(
        "describe_execution",
        {"executionArn": EXECUTION, "stateMachineArn": "m", "startDate": 1, "status": status},
        {"executionArn": EXECUTION},
    )
    assert engine.redrive("orders", "n1") is done


def test_a_redrive(stubbed: Stubbed) -> None:
    engine, stubber = stubbed
    stubber.add_response("redrive_execution", {"redriveDate": 1}, {"executionArn": EXECUTION})
    assert engine.redrive("orders:LIVE", "n1") is True


@pytest.mark.parametrize("code", [*THROTTLED, "ExecutionLimitExceeded", "AccessDeniedException"])
def test_operations_that_are_not_done_now(stubbed: Stubbed, code: str) -> None:
    engine, stubber = stubbed
    for operation in ("send_task_success", "redrive_execution", "start_sync_execution"):
        stubber.add_client_error(operation, code, "arn:aws:secret")
    for act in (
        lambda: engine.answer("t", "1"),
        lambda: engine.redrive("orders", "n1"),
        lambda: engine.run("orders", "n1", "1"),
    ):
        with pytest.raises(EngineUnavailable):
            act()


@pytest.mark.parametrize("code", ["InvalidExecutionInput", "InvalidName", "StateMachineTypeNotSupported"])
def test_what_is_never_run(stubbed: Stubbed, code: str) -> None:
    engine, stubber = stubbed
    stubber.add_client_error("start_sync_execution", code)
    with pytest.raises(EngineRefused):
        engine.run("orders", "n1", "1")


@pytest.mark.parametrize(
    ("status", "progress"),
    [
        ({"status": "SUCCEEDED", "output": "1"}, Progress("completed", "1")),
        ({"status": "FAILED", "error": "NoStock", "cause": "x"}, Progress("failed", None, "NoStock", "x")),
        ({"status": "TIMED_OUT", "error": "States.Timeout"}, Progress("timed_out", None, "States.Timeout")),
    ],
)
def test_a_run(stubbed: Stubbed, status: dict[str, str], progress: Progress) -> None:
    engine, stubber = stubbed
    answer = {"executionArn": EXECUTION, "startDate": NOW, "stopDate": NOW} | status
    sent = {"stateMachineArn": PREFIX + "orders", "name": "n1", "input": "{}"}
    stubber.add_response("start_sync_execution", answer, sent)
    assert engine.run("orders", "n1", "{}") == progress


def test_a_name_of_no_letters_is_refused(stubbed: Stubbed) -> None:
    engine, stubber = stubbed
    stubber.deactivate()  # botocore refuses it before anything is sent
    with pytest.raises(EngineRefused):
        engine.start("orders", "", "{}")


@pytest.mark.parametrize("code", THROTTLED + MISSING)
def test_everything_else_is_unavailable(stubbed: Stubbed, code: str) -> None:
    engine, stubber = stubbed
    for operation in ("start_execution", "describe_execution", "stop_execution", "get_execution_history"):
        stubber.add_client_error(operation, code, "arn:aws:secret", http_status_code=400)
    raised: list[VerihookError] = []
    for act in (
        lambda: engine.start("orders", "n1", "{}"),
        lambda: engine.describe("orders", "n1"),
        lambda: engine.stop("orders", "n1", "cause"),
        lambda: engine.steps("orders", "n1"),
    ):
        with pytest.raises(EngineUnavailable) as caught:
            act()
        raised.append(caught.value)
    assert ["arn:" in str(error) for error in raised] == [False] * 4
    assert [error.__cause__ is None for error in raised] == [False] * 4


def test_too_large_an_input_is_not_sent(stubbed: Stubbed) -> None:
    with pytest.raises(EngineRefused):
        stubbed[0].start("orders", "n1", '"' + "é" * 131072 + '"')


def test_a_long_cause_is_cut(stubbed: Stubbed) -> None:
    engine, stubber = stubbed
    stubber.add_response("stop_execution", {"stopDate": 1}, {"executionArn": EXECUTION, "cause": "x" * 32768})
    engine.stop("orders", "n1", "x" * 40000)


@pytest.mark.parametrize(("word", "status"), STATUSES.items())
def test_progress_of_an_event(word: str, status: Status) -> None:
    detail = {"executionArn": EXECUTION, "status": word, "output": '{"a":1}', "error": None, "cause": None}
    assert progress_of(detail) == Progress(status, '{"a":1}')


def test_progress_of_an_event_whose_output_was_left_out() -> None:
    assert progress_of({"status": "SUCCEEDED", "outputDetails": {"included": False}}) == Progress("completed")


def test_progress_of_a_failure() -> None:
    detail = {"status": "FAILED", "output": None, "error": "NoStock", "cause": "sold out"}
    assert progress_of(detail) == Progress("failed", None, "NoStock", "sold out")


@pytest.mark.parametrize("detail", [{}, {"status": None}, {"status": "LATER"}])
def test_an_unknown_status_is_no_end(detail: dict[str, str]) -> None:
    assert progress_of(detail) == Progress("running")


def test_steps_reads_every_page(stubbed: Stubbed) -> None:
    engine, stubber = stubbed
    entered = {"id": 1, "type": "PassStateEntered", "timestamp": NOW, "stateEnteredEventDetails": {"name": "A"}}
    exited = {"id": 2, "previousEventId": 1, "type": "PassStateExited", "timestamp": NOW}
    first = {"executionArn": EXECUTION, "includeExecutionData": True, "maxResults": 1000}
    stubber.add_response("get_execution_history", {"events": [entered], "nextToken": "t"}, first)
    second = first | {"nextToken": "t"}
    exited |= {"stateExitedEventDetails": {"name": "A", "output": "1"}}
    stubber.add_response("get_execution_history", {"events": [exited]}, second)
    steps = engine.steps("orders", "n1")
    assert [(step.name, step.status, step.output) for step in steps] == [("A", "completed", "1")]
