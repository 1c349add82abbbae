"""What the durable engine makes of Lambda's answers. The contract: tests/adapters/test_durable_engine.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from tests.boto_clients import translated
from verihook.adapters.engines.durable import MAX_ANSWER, DurableEngine, attempt_of, progress_of
from verihook.errors import EngineRefused, EngineUnavailable, NotSupported
from verihook.model.instance import Progress

ARN = "arn:aws:lambda:us-east-1:123456789012:function:shop-order:7/durable-execution/a/b"


@pytest.fixture
def stub() -> Any:
    client = boto3.client("lambda", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    with Stubber(client) as stubber:
        yield stubber


@pytest.fixture
def engine(stub: Any) -> DurableEngine:
    return DurableEngine(translated(stub.client), "shop-", "live")


def found(stub: Any, status: str) -> None:
    one = {"DurableExecutionArn": ARN, "DurableExecutionName": "a", "FunctionArn": ARN.partition("/")[0],
           "Status": status, "StartTimestamp": 1}  # fmt: skip
    expected = {"FunctionName": "shop-order", "DurableExecutionName": "a"}
    stub.add_response("list_durable_executions_by_function", {"DurableExecutions": [one]}, expected)


def test_an_execution_whose_arn_is_known_is_asked_for_by_it(stub: Any, engine: DurableEngine) -> None:
    """One call, and not the list, which may trail."""
    ended = {"DurableExecutionArn": ARN, "DurableExecutionName": "a", "FunctionArn": ARN.partition("/")[0],
             "Status": "SUCCEEDED", "StartTimestamp": 1, "Result": '{"n":1}'}  # fmt: skip
    stub.add_response("get_durable_execution", ended, {"DurableExecutionArn": ARN})
    assert engine.describe("order", "a", ARN) == Progress("completed", '{"n":1}')
    stub.add_client_error("get_durable_execution", "ResourceNotFoundException")
    assert engine.describe("order", "a", ARN) is None
    stub.assert_no_pending_responses()


def test_a_start(stub: Any, engine: DurableEngine) -> None:
    expected = {"FunctionName": "shop-order", "Qualifier": "live", "InvocationType": "Event",
                "DurableExecutionName": "-2-a", "Payload": b"{}"}  # fmt: skip
    stub.add_response("invoke", {"StatusCode": 202}, expected)
    assert engine.start("order", "a.2", "{}") == "running"
    full = "arn:aws:lambda:eu-west-1:123456789012:function:other"
    stub.add_response("invoke", {}, expected | {"FunctionName": full, "Qualifier": "3"})
    assert engine.start(f"{full}:3", "a.2", "{}") == "running"
    chosen = b'{"verihookInstance":{"id": "a", "attempt": 2, "connection": "erp"},"verihookInput":{}}'
    stub.add_response("invoke", {}, expected | {"Payload": chosen})
    assert engine.start("order", "a.2", "{}", "erp") == "running"
    stub.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["TooManyRequestsException", "ServiceException", "ResourceNotFoundException", "X"])
def test_what_may_pass_is_unavailable(stub: Any, engine: DurableEngine, code: str) -> None:
    stub.add_client_error("invoke", code)
    with pytest.raises(EngineUnavailable):
        engine.start("order", "a", "{}")


def test_a_taken_name_is_started(stub: Any, engine: DurableEngine) -> None:
    stub.add_client_error("invoke", "DurableExecutionAlreadyStartedException")
    assert engine.start("order", "a", "{}") == "running"


def test_what_never_passes_is_refused(stub: Any, engine: DurableEngine) -> None:
    stub.add_client_error("invoke", "InvalidRequestContentException")
    with pytest.raises(EngineRefused):
        engine.start("order", "a", "{}")


@pytest.mark.parametrize(
    ("status", "ours"), [("RUNNING", "running"), ("PAUSING", "suspended"), ("PAUSED", "suspended"), ("NEW", "running")]
)
def test_what_runs_costs_one_call(stub: Any, engine: DurableEngine, status: str, ours: Any) -> None:
    found(stub, status)
    assert engine.describe("order", "a") == Progress(ours)


@pytest.mark.parametrize("act", [DurableEngine.suspend, DurableEngine.resume, DurableEngine.delete])
def test_an_operation_that_comes_too_late_changes_nothing(
    stub: Any, engine: DurableEngine, act: Callable[[DurableEngine, str, str], Any]
) -> None:
    found(stub, "RUNNING")
    operation = {"suspend": "pause", "delete": "delete"}.get(act.__name__, "resume")
    stub.add_client_error(f"{operation}_durable_execution", "ResourceConflictException")
    act(engine, "order", "a")
    stub.assert_no_pending_responses()


@pytest.mark.parametrize("code", ["ResourceNotFoundException", "CallbackTimeoutException"])
def test_nobody_waits(stub: Any, engine: DurableEngine, code: str) -> None:
    stub.add_client_error("send_durable_execution_callback_success", code)
    assert engine.answer("abcd", "1") is False
    stub.add_client_error("send_durable_execution_callback_success", "TooManyRequestsException")
    with pytest.raises(EngineUnavailable):
        engine.answer("abcd", "1")
    with pytest.raises(EngineRefused):
        engine.answer("abcd", "x" * (MAX_ANSWER + 1))


def test_what_it_cannot_do(engine: DurableEngine) -> None:
    assert engine.redrive("order", "a") is False
    with pytest.raises(NotSupported, match="durable"):
        engine.run("order", "a", "{}")
    assert engine.check_events() is None


def test_a_status_event() -> None:
    event = {"durableExecutionArn": ARN, "durableExecutionName": "-3-a", "status": "TIMED_OUT"}
    assert (attempt_of(event), progress_of(event)) == (("a", 3), Progress("timed_out"))
    assert attempt_of({"durableExecutionName": "--2-" + "0" * 40}) is None
