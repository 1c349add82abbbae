"""Durable functions by a client whose calls stay in this process, and how soon an end is known."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from aws_durable_execution_sdk_python import state

from tests.flows.waiting import PATIENCE_S
from verihook.adapters.aws.errors import ServiceError, Unreachable
from verihook.adapters.aws.lambda_service import LambdaClient
from verihook.adapters.engines.durable import DurableEngine
from verihook.errors import EngineUnavailable
from verihook.local.durable import DurableRunner
from verihook.local.durable.client import InProcess
from verihook.local.durable.messages import ApiAnswer, ApiRequest
from verihook.model import deadline
from verihook.model.instance import Progress

NOW = 1_800_000_000_000

FLOW = """
from aws_durable_execution_sdk_python import durable_execution


@durable_execution
def handler(event, context):
    return event["n"] + 1
"""


@pytest.fixture
def ends() -> Queue[dict[str, Any]]:
    return Queue()


@pytest.fixture
def runner(tmp_path: Path, ends: Queue[dict[str, Any]]) -> Iterator[DurableRunner]:
    (tmp_path / "flow.py").write_text(FLOW)
    with DurableRunner(tmp_path / "store.db", tmp_path, on_end=ends.put, access_key="of others") as running:
        yield running


def engine_of(runner: DurableRunner) -> DurableEngine:
    client: Any = runner.client
    return DurableEngine(client, "")


def test_the_end_of_a_handler_is_known_at_once(
    runner: DurableRunner, ends: Queue[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not when the SDK looks next whether it is to stop."""
    monkeypatch.setattr(state, "_STOP_SIGNAL_POLL_SECONDS", 10.0 * PATIENCE_S)
    engine = engine_of(runner)
    assert engine.start("flow", "a", '{"n": 1}') == "running"
    assert (ends.get(timeout=PATIENCE_S)["Result"], engine.describe("flow", "a")) == ("2", Progress("completed", "2"))


def test_errors_are_those_of_the_service(runner: DurableRunner) -> None:
    engine = engine_of(runner)
    assert engine.describe("flow", "none") is None
    with pytest.raises(EngineUnavailable):
        engine.start("no-such-flow", "a", "{}")
    with pytest.raises(ServiceError) as raised:
        runner.client.get_durable_execution(DurableExecutionArn="arn/of none")
    assert (raised.value.code, raised.value.retried) == ("ResourceNotFoundException", False)


def test_what_hangs_or_fails_is_an_error_of_the_service(caplog: pytest.LogCaptureFixture) -> None:
    release, asked = threading.Event(), list[ApiRequest]()

    def act(request: ApiRequest) -> ApiAnswer:
        asked.append(request)
        if request.query.get("Marker"):
            raise RuntimeError("broken")
        release.wait(PATIENCE_S)
        return ApiAnswer(200, {})

    service = InProcess(act)
    client = LambdaClient(service)
    with deadline.within(20, NOW, lambda: NOW), pytest.raises(Unreachable):
        client.pause_durable_execution(DurableExecutionArn="a/b c")
    release.set()
    assert client.stop_durable_execution(DurableExecutionArn="a", Error={"ErrorType": "E"}) == {}
    for _ in range(2):
        with pytest.raises(ServiceError) as raised:
            client.get_durable_execution_history(DurableExecutionArn="a", Marker="1")
        assert raised.value.code == "ServiceException"
    service.close()
    assert [record.message for record in caplog.records] == ["the runner of durable functions failed"]
    assert [request.path[-2:] for request in asked[:2]] == [("a/b c", "pause"), ("a", "stop")]
    assert json.loads(asked[1].body) == {"ErrorType": "E"}
