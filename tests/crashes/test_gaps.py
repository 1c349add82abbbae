"""What an emulator never does and AWS does: throttle, lose answers, know nothing for a while, tell twice and late."""

from __future__ import annotations

import json
from dataclasses import replace
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from tests.boto_clients import stubbed_stepfunctions
from tests.crashes.test_operations import accepted, event
from tests.crashes.world import World
from verihook.errors import EngineRefused, EngineUnavailable
from verihook.instances.reconcile import reconcile
from verihook.model.instance import Progress
from verihook.worker.recorder import record_status_change

MACHINES = "arn:aws:states:eu-central-1:123456789012:stateMachine:"


def id_of(whole: World, event_id: str = "evt_1", **fields: Any) -> str:
    answer = whole.deliver("stepfunctions", event_id, **fields)
    assert 200 == answer.status
    return str(json.loads(answer.body)["instanceId"])


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("ThrottlingException", 400),
        ("TooManyRequestsException", 429),
        ("ServiceUnavailable", 503),
        ("InternalFailure", 500),
    ],
)
def test_a_throttled_start_is_queued_and_made_good(whole: World, code: str, status: int) -> None:
    with stubbed_stepfunctions(MACHINES) as (engine, stubber):
        stubber.add_client_error("start_execution", code, http_status_code=status)
        throttled = replace(whole.services, engines={"stepfunctions": engine})
        patient, whole.services = whole.services, throttled
        answer = json.loads(whole.deliver("stepfunctions", "evt_1").body)
        whole.services = patient
    assert "queued" == answer["status"]
    whole.settle()
    assert "completed" == whole.assert_one(answer["instanceId"], code).status
    assert [answer["instanceId"]] == whole.hand.starts


def test_a_timeout_is_an_outage(monkeypatch: pytest.MonkeyPatch) -> None:
    with stubbed_stepfunctions(MACHINES) as (engine, stubber):

        def late(**_: object) -> None:
            raise ReadTimeoutError(endpoint_url="https://states")

        monkeypatch.setattr(stubber.client, "start_execution", late)
        with pytest.raises(EngineUnavailable):
            engine.start("machine", "a", "{}")


def test_a_name_that_was_taken_counts_as_started_also_after_its_end() -> None:
    with stubbed_stepfunctions(MACHINES) as (engine, stubber):
        stubber.add_client_error("start_execution", "ExecutionAlreadyExists", http_status_code=400)
        assert "running" == engine.start("machine", "a", "{}")


def test_the_limit_of_an_input_is_in_bytes() -> None:
    with stubbed_stepfunctions(MACHINES) as (engine, stubber):
        stubber.add_response("start_execution", {"executionArn": "a:b", "startDate": 0})
        assert "running" == engine.start("machine", "a", '"' + "é" * 131_071 + '"')
        with pytest.raises(EngineRefused):
            engine.start("machine", "a", '"' + "é" * 131_071 + ' "')


@pytest.mark.parametrize("operation", ["start", "describe"])
def test_an_answer_that_is_lost_is_asked_for_again(whole: World, operation: str) -> None:
    whole.hand.lost.add(operation)
    instance_id = id_of(whole)
    whole.settle(2, ending=False)
    whole.hand.lost.clear()
    whole.settle()
    assert "completed" == whole.assert_one(instance_id, operation).status
    assert [instance_id] == whole.hand.starts


def test_an_engine_that_is_away_for_hours(whole: World) -> None:
    whole.hand.failing |= {"start", "describe", "stop"}
    instance_id = id_of(whole)
    for _ in range(5):
        whole.settle(1)
        row = whole.row(instance_id)
        assert row is not None
        assert "queued" == row.status
        assert row.due_at is not None
    whole.hand.failing.clear()
    whole.settle()
    assert "completed" == whole.assert_one(instance_id, "outage").status


def test_an_engine_that_does_not_know_yet_what_it_started(whole: World) -> None:
    """DescribeExecution is eventually consistent: for a while it knows nothing, so the same name is started again."""
    instance_id = id_of(whole)
    known, whole.hand.executions = whole.hand.executions, {}
    describe = whole.hand.describe

    def blind(definition: str, name: str) -> Progress | None:
        whole.hand.calls.append("describe")
        return None

    whole.hand.describe = blind  # type: ignore[assignment]
    whole.hand.executions = known
    whole.settle(2, ending=False)
    whole.hand.describe = describe  # type: ignore[method-assign]
    whole.settle()
    assert "completed" == whole.assert_one(instance_id, "blind").status
    assert [instance_id] == whole.hand.starts


def test_one_that_ended_before_it_was_described(whole: World) -> None:
    """The answer to the start was lost, and the execution had ended when it was started again."""
    whole.hand.lost.add("start")
    instance_id = id_of(whole)
    whole.hand.lost.clear()
    whole.hand.end(instance_id)
    whole.settle()
    assert "completed" == whole.assert_one(instance_id, "ended").status
    assert [instance_id] == whole.hand.starts


def test_an_event_that_is_lost_is_made_good(whole: World) -> None:
    instance_id = accepted(whole, 1)
    whole.hand.end(instance_id)
    whole.clock.at += 60_000 * 20
    assert 1 == reconcile(whole.services).finished
    assert "completed" == whole.assert_one(instance_id, "lost").status


def test_a_store_of_payloads_that_is_down(whole: World, tmp_path: Path) -> None:
    (tmp_path / "payloads").write_text("no folder")
    answer = whole.deliver("stepfunctions", "evt_1", note="x" * 2_000)
    assert (503, "payloads-unavailable") == (answer.status, json.loads(answer.body)["code"])
    assert "retry-after" in answer.headers
    assert [] == whole.rows()
    (tmp_path / "payloads").unlink()
    instance_id = id_of(whole, note="x" * 2_000)
    whole.settle()
    assert "completed" == whole.assert_one(instance_id, "down").status


def test_an_input_that_the_engine_never_takes(whole: World) -> None:
    whole.hand.refusing = True
    instance_id = id_of(whole)
    row = whole.assert_one(instance_id, "refused")
    assert ("failed", "EngineRefused", "It can never start.") == (row.status, row.error, row.cause)


def told(instance_id: str, status: str, at: int) -> dict[str, Any]:
    output = '"first"' if status == "SUCCEEDED" else None
    detail = {**event_detail(instance_id, at), "status": status, "output": output}
    return {"detail": detail}


def event_detail(instance_id: str, at: int) -> dict[str, Any]:
    return {"name": instance_id, "startDate": at, "stateMachineArn": f"{MACHINES}machine"}


@pytest.mark.parametrize("order", list(permutations(("RUNNING", "SUCCEEDED", "SUCCEEDED"))))
def test_events_in_any_order_and_doubled(whole: World, order: tuple[str, ...]) -> None:
    instance_id = id_of(whole)
    whole.hand.end(instance_id)
    applied = [record_status_change(told(instance_id, status, whole.clock.at), whole.services) for status in order]
    # The first end counts; what comes after it changes nothing, and that it runs is not written of a webhook's.
    assert applied == [order.index("SUCCEEDED") == number for number in range(3)]
    row = whole.row(instance_id)
    assert row is not None
    assert ("completed", '"first"', None) == (row.status, row.output, row.due_at)


@pytest.mark.parametrize("late", ["FAILED", "TIMED_OUT", "ABORTED", "RUNNING"])
def test_an_older_one_never_overwrites_an_end(whole: World, late: str) -> None:
    instance_id = accepted(whole, 1)
    whole.hand.end(instance_id)
    assert record_status_change(told(instance_id, "SUCCEEDED", whole.clock.at), whole.services)
    assert not record_status_change(told(instance_id, late, whole.clock.at), whole.services)
    assert "completed" == whole.assert_one(instance_id, late).status


def test_one_of_another_attempt_touches_nothing(whole: World) -> None:
    instance_id = accepted(whole, 1)
    whole.deliver("restart", "evt_1")
    assert not record_status_change(event(whole, instance_id), whole.services)
    assert not record_status_change(told(instance_id, "ABORTED", whole.clock.at), whole.services)
    row = whole.row(instance_id)
    assert row is not None
    assert (2, "queued") == (row.attempt, row.status)
    whole.settle()
    assert "completed" == whole.assert_one(instance_id, "restart").status
