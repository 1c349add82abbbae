"""Engine down, ledger down, events lost, doubled and late: over the Lambda entry points."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.boto_clients import loopback_client, translated
from tests.flows.conftest import AwsFace, LambdaContext
from tests.flows.eventbridge import status_change
from tests.flows.faces import function_url_event
from tests.flows.signing import order, x_signature
from tests.flows.waiting import wait_until
from verihook import instances, main
from verihook.adapters.clock import SystemClock
from verihook.adapters.engines.stepfunctions import StepFunctionsEngine
from verihook.adapters.ledgers.dynamodb import DynamoDbLedger
from verihook.local.runner import ARN_PREFIX
from verihook.model.instance import Instance, Progress
from verihook.model.ports import Services

NOWHERE = "http://127.0.0.1:9"


class LaterClock(SystemClock):
    """A clock that is ahead."""

    def __init__(self, ahead_ms: int) -> None:
        self.ahead_ms = ahead_ms

    def now_ms(self) -> int:
        return super().now_ms() + self.ahead_ms


@pytest.fixture
def services(aws_face: AwsFace, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Lets a test run the entry points with some services replaced."""
    whole = main.services()

    def change(**parts: Any) -> None:
        changed: Services = replace(whole, **parts)
        monkeypatch.setattr(main, "services", lambda: changed)

    return change


def row(aws_face: AwsFace, instance_id: str) -> Instance:
    found = DynamoDbLedger(aws_face.dynamodb, aws_face.table).get(instance_id, 0)
    assert found is not None
    return found


def settle(minutes: int, services: Any) -> dict[str, Any]:
    """What the schedule does, some minutes later."""
    services(clock=LaterClock(minutes * 60_000))
    report = main.reconcile({}, LambdaContext())
    services()
    return report


def accept(aws_face: AwsFace, **changes: Any) -> str:
    body = order(**changes)
    answer = aws_face.send("POST", "/", x_signature(body), body)
    assert (200, False) == (answer.status, answer.json["duplicate"])
    return str(answer.json["instanceId"])


def wait_until_ended(aws_face: AwsFace, instance_id: str) -> dict[str, Any]:
    """Until the engine itself says that it has ended; nothing is called."""
    engine = aws_face.bridge.client
    arn = f"{ARN_PREFIX.replace(':stateMachine:', ':execution:')}order-created:{instance_id}"

    def ended() -> dict[str, Any] | None:
        description = dict(engine.describe_execution(executionArn=arn))
        return description if description["status"] != "RUNNING" else None

    return wait_until(ended)


def test_an_engine_outage_is_answered_202_and_mended(aws_face: AwsFace, services: Any) -> None:
    broken = StepFunctionsEngine(loopback_client("stepfunctions", NOWHERE), ARN_PREFIX)
    services(engines={"stepfunctions": broken})
    body = order()
    answer = aws_face.send("POST", "/", x_signature(body), body)
    assert (200, "queued", False) == (answer.status, answer.json["status"], answer.json["duplicate"])
    instance_id = answer.json["instanceId"]
    again = aws_face.send("POST", "/", x_signature(body), body)
    assert (200, "queued", True) == (again.status, again.json["status"], again.json["duplicate"])
    # The engine is back. It is not due yet, a minute later it is.
    before = row(aws_face, instance_id)
    settle(0, services)
    assert before == row(aws_face, instance_id)
    assert settle(2, services)["repairs"]["started"] >= 1
    assert "running" == row(aws_face, instance_id).status
    wait_until_ended(aws_face, instance_id)
    settle(30, services)
    assert "completed" == row(aws_face, instance_id).status


def test_a_ledger_outage_is_a_503_that_asks_to_come_again(aws_face: AwsFace, services: Any) -> None:
    import boto3
    from botocore.config import Config

    client = boto3.client("dynamodb", endpoint_url=NOWHERE, config=Config(retries={"total_max_attempts": 1}))
    services(ledger=DynamoDbLedger(translated(client), "flows"))
    body = order()
    answer = aws_face.send("POST", "/", x_signature(body), body)
    assert (503, "ledger-unavailable", "5") == (answer.status, answer.json["code"], answer.headers["retry-after"])
    services()
    later = aws_face.send("POST", "/", x_signature(body), body)
    assert (200, False) == (later.status, later.json["duplicate"])


def test_a_lost_event_is_made_good(aws_face: AwsFace, services: Any) -> None:
    instance_id = accept(aws_face)
    wait_until_ended(aws_face, instance_id)
    assert "queued" == row(aws_face, instance_id).status
    settle(2, services)
    done = row(aws_face, instance_id)
    assert ("completed", None) == (done.status, done.due_at)
    assert done.expires_at is not None


def test_doubled_and_late_events_change_nothing(aws_face: AwsFace) -> None:
    instance_id = accept(aws_face)
    description = wait_until_ended(aws_face, instance_id)
    ended = status_change(description)
    late = {**ended, "detail": {**ended["detail"], "status": "RUNNING", "output": None, "stopDate": None}}
    another = {**ended, "detail": {**ended["detail"], "name": f"{instance_id}.2"}}
    outcomes = [main.record(event, None)["recorded"] for event in (late, another, ended, ended, late)]
    assert [False, False, True, False, False] == outcomes
    assert "completed" == row(aws_face, instance_id).status


def test_an_output_that_eventbridge_left_out_is_fetched(aws_face: AwsFace) -> None:
    instance_id = accept(aws_face, orderId="ord_large")
    ended = status_change(wait_until_ended(aws_face, instance_id))
    without = {**ended["detail"], "output": None, "outputDetails": {"included": False}}
    assert {"recorded": True} == main.record({**ended, "detail": without}, None)
    assert '"orderId":"ord_large"' in str(row(aws_face, instance_id).output)


def test_the_largest_output_fits_lambdas_answer_and_a_larger_one_is_a_failure_in_words(aws_face: AwsFace) -> None:
    """A quote in an answer's body takes two bytes on the way, and a function answers 6 MB."""
    most = main.services().payloads.max_output
    texts = ['["' + '","' * ((size - 4) // 3) + "x" * ((size - 4) % 3) + '"]' for size in (most, most + 1)]
    assert [most, most + 1] == [len(text) for text in texts]
    for text, status in zip(texts, ("completed", "failed"), strict=True):
        instance_id = accept(aws_face)
        instances.record_progress(instance_id, 1, Progress("completed", text), 0, main.services())
        answer = main.receive(function_url_event("GET", f"/?instanceId={instance_id}", [], b""), None)
        assert len(json.dumps(answer).encode()) < 6_291_556
        told = json.loads(answer["body"])
        assert (200, status) == (answer["statusCode"], told["status"])
        if status == "failed":
            assert "OutputTooLarge" == row(aws_face, instance_id).error
        else:
            assert json.loads(text) == told["output"]


@pytest.mark.parametrize("name", ["not.ours", "a b", "unknown", ""])
def test_an_event_of_a_stranger_is_left_alone(aws_face: AwsFace, name: str) -> None:
    event = {"detail": {"name": name, "status": "SUCCEEDED", "startDate": 0, "executionArn": "x", "output": "{}"}}
    assert {"recorded": False} == main.record(event, None)


def test_a_crash_between_claim_and_start(aws_face: AwsFace, services: Any) -> None:
    whole = main.services()

    class Dying:
        max_input = 262_144
        keeps_names = True
        continues = True

        def start(self, definition: str, name: str, input: str, connection: str | None = None) -> None:
            raise SystemExit("killed")

    services(engines={"stepfunctions": Dying()})
    body = order()
    with pytest.raises(SystemExit):
        aws_face.send("POST", "/", x_signature(body), body)
    services(engines=whole.engines)
    again = aws_face.send("POST", "/", x_signature(body), body)
    assert (200, True) == (again.status, again.json["duplicate"])
    settle(2, services)
    wait_until_ended(aws_face, again.json["instanceId"])
    settle(30, services)
    assert "completed" == row(aws_face, again.json["instanceId"]).status


def test_a_workflow_taken_out_of_hooks_toml_waits_for_its_return(aws_face: AwsFace, services: Any) -> None:
    instance_id = accept(aws_face)
    services(clock=LaterClock(120_000), workflows={})
    assert main.reconcile({}, LambdaContext())["repairs"]["postponed"] >= 1
    services()
    assert "queued" == row(aws_face, instance_id).status
    settle(120, services)
    assert "completed" == row(aws_face, instance_id).status
