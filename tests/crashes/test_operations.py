"""The process is stopped at every call of an operation on an instance; asked again, or left to reconcile, it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.crashes.faults import Kind, When, every_position
from tests.crashes.world import World, instance_of
from verihook import instances
from verihook.errors import Conflict, InstanceNotFound, Unavailable
from verihook.instances import StartRequest, payload
from verihook.instances.reconcile import reconcile
from verihook.model.instance import Instance, Progress
from verihook.worker.recorder import record_status_change

LARGE = json.dumps({"note": "x" * 120_000})

Act = Callable[[World, str], Any]
Prepare = Callable[[World, int], str]


def accepted(whole: World, trial: int) -> str:
    """A running instance."""
    instance_id = str(json.loads(whole.deliver("restart", f"evt_{trial}").body)["instanceId"])
    instances.record_progress(instance_id, 1, Progress("running"), whole.clock.at, whole.services, "machine")
    return instance_id


def just_queued(whole: World, trial: int) -> str:
    """An instance whose start was not confirmed, and may be on its way."""
    whole.hand.failing.add("start")
    instance_id = str(json.loads(whole.deliver("restart", f"evt_{trial}").body)["instanceId"])
    whole.hand.failing.clear()
    return instance_id


def queued(whole: World, trial: int) -> str:
    """An instance whose start was never confirmed, and is not on its way any more."""
    instance_id = just_queued(whole, trial)
    whole.clock.at += 120_000
    return instance_id


def ended(whole: World, trial: int) -> str:
    """One whose engine has ended it with a large output, and nothing has heard of it."""
    instance_id = accepted(whole, trial)
    whole.hand.end(instance_id, "completed", LARGE)
    whole.clock.at += 1_000_000
    return instance_id


def durably_ended(whole: World, trial: int) -> str:
    """The same of a durable function."""
    instance_id = str(json.loads(whole.deliver("durable", f"evt_{trial}").body)["instanceId"])
    whole.hand.end(instance_id, "completed", LARGE)
    return instance_id


def failed(whole: World, trial: int) -> str:
    instance_id = accepted(whole, trial)
    whole.hand.end(instance_id, "failed", None)
    instances.record_progress(instance_id, 1, Progress("failed"), whole.clock.at, whole.services, "machine")
    return instance_id


def suspended(whole: World, trial: int) -> str:
    instance_id = accepted(whole, trial)
    instances.suspend(instance_id, whole.services)
    return instance_id


def event(whole: World, instance_id: str, attempt: int = 1) -> dict[str, Any]:
    """The event of EventBridge, whose output was left out because it is large."""
    name = instance_id if attempt == 1 else f"{instance_id}.{attempt}"
    arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:machine"
    detail = {"name": name, "status": "SUCCEEDED", "startDate": whole.clock.at, "stateMachineArn": arn, "output": None}
    return {"detail": detail}


def durable_event(instance_id: str) -> dict[str, Any]:
    """The event of EventBridge, which has no output."""
    arn = f"arn:aws:lambda:eu-central-1:123456789012:function:w:live/durable-execution/{instance_id}/0b7c"
    return {"detail": {"durableExecutionArn": arn, "durableExecutionName": instance_id, "status": "SUCCEEDED"}}


def redeliver(whole: World, instance_id: str) -> None:
    row = whole.row(instance_id)
    assert row is not None
    status = whole.deliver("restart", row.event_id).status
    assert status == (503 if whole.faults.met and whole.faults.met != "engine.start" else 202)


def started_by_api(whole: World, trial: int) -> str:
    return f"by-api-{trial}"


def submit(whole: World, instance_id: str) -> None:
    note = {"note": "x" * 2_000}
    request = StartRequest("machine", note, id=instance_id, idempotency_key=instance_id, on_conflict="return")
    assert instance_id == instances.submit(request, "scope", whole.services).instance.id


def raise_and_start(whole: World, instance_id: str) -> None:
    start = StartRequest("machine", {"note": "x"}, id=instance_id, on_conflict="return")
    instances.raise_event(instance_id, "approved", {"by": "kim"}, whole.services, "1", start)


#: What there is before, what is done, and the calls of it.
OPERATIONS: dict[str, tuple[Prepare, Act, list[str]]] = {
    "record": (
        ended,
        lambda whole, id: record_status_change(event(whole, id), whole.services),
        ["engine.describe", "ledger.get", "payloads.put", "ledger.record"],
    ),
    "record of a durable function": (
        durably_ended,
        lambda whole, id: record_status_change(durable_event(id), whole.services),
        ["ledger.get", "engine.describe", "ledger.get", "payloads.put", "ledger.record"],
    ),
    "reconcile starts": (
        queued,
        lambda whole, id: reconcile(whole.services),
        ["ledger.due", "engine.describe", "engine.start", "ledger.record"],
    ),
    "reconcile refreshes": (
        ended,
        lambda whole, id: reconcile(whole.services),
        ["ledger.due", "engine.describe", "ledger.get", "payloads.put", "ledger.record"],
    ),
    "submit": (
        started_by_api,
        submit,
        ["documents.write", "payloads.put", "ledger.claim", "engine.start"],
    ),
    "raise an event that starts": (
        started_by_api,
        raise_and_start,
        [
            "ledger.get",
            "ledger.claim",
            "engine.start",
            "documents.read",
            "documents.write",
            "documents.read",
            "engine.describe",
        ],
    ),
    "restart by a redelivery": (
        accepted,
        redeliver,
        ["ledger.claim", "engine.stop", "engine.describe", "documents.write", "ledger.amend", "engine.start"],
    ),
    "rerun": (
        accepted,
        lambda whole, id: instances.restart(id, whole.services),
        ["ledger.get", "engine.stop", "engine.describe", "documents.write", "ledger.amend", "engine.start"],
    ),
    "rerun of a queued one": (
        just_queued,
        lambda whole, id: instances.restart(id, whole.services),
        [
            "ledger.get",
            "engine.start",
            "engine.stop",
            "engine.describe",
            "documents.write",
            "ledger.amend",
            "engine.start",
        ],
    ),
    "terminate": (
        accepted,
        lambda whole, id: instances.terminate(id, whole.services, "enough"),
        ["ledger.get", "engine.stop", "engine.describe", "ledger.record", "ledger.get"],
    ),
    "terminate a queued one": (
        just_queued,
        lambda whole, id: instances.terminate(id, whole.services, "enough"),
        ["ledger.get", "engine.start", "engine.stop", "engine.describe", "ledger.record", "ledger.get"],
    ),
    "rerun of one that is queued for long": (
        queued,
        lambda whole, id: instances.restart(id, whole.services),
        ["ledger.get", "engine.stop", "engine.describe", "documents.write", "ledger.amend", "engine.start"],
    ),
    "terminate one that is queued for long": (
        queued,
        lambda whole, id: instances.terminate(id, whole.services, "enough"),
        ["ledger.get", "engine.stop", "engine.describe", "ledger.record", "ledger.get"],
    ),
    "redrive": (
        failed,
        lambda whole, id: instances.redrive(id, whole.services),
        ["ledger.get", "ledger.get", "ledger.amend", "engine.redrive"],
    ),
    "resume": (
        suspended,
        lambda whole, id: instances.resume(id, whole.services),
        [
            "ledger.get",
            "engine.resume",
            "engine.describe",
            "ledger.get",
            "ledger.amend",
            "documents.read",
            "documents.write",
        ],
    ),
}


@pytest.mark.parametrize("again", [True, False], ids=["asked again", "reconcile alone"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation(whole: World, name: str, when: When, again: bool) -> None:
    _try_everywhere(whole, name, when, again, "crash")


@pytest.mark.parametrize("again", [True, False], ids=["asked again", "reconcile alone"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation_one_call_of_which_fails(on_sqlite: World, name: str, when: When, again: bool) -> None:
    _try_everywhere(on_sqlite, name, when, again, "outage")


def _try_everywhere(whole: World, name: str, when: When, again: bool, kind: Kind) -> None:
    prepare, act, calls = OPERATIONS[name]
    made: dict[int, str] = {}

    def once(trial: int) -> None:
        whole.faults.plan(0, when)
        made[trial] = prepare(whole, trial)
        whole.faults.plan(trial, when, kind)
        with suppress(Unavailable):
            act(whole, made[trial])

    def check(trial: int, call: str) -> None:
        instance_id = made[trial]
        if again:
            # What is over already is answered so; an instance that has come to be is another's to restart.
            with suppress(Conflict):
                act(whole, instance_id)
        note = f"{when} {call}"
        if whole.row(instance_id) is None:
            assert (name in ("submit", "raise an event that starts"), again) == (True, False)
            assert instance_id not in whole.hand.starts, note
            return
        whole.settle()
        row = whole.row(instance_id)
        if row is not None and row.held and not row.final:
            # It was not resumed: an operator's hold is kept.
            assert (name, again) == ("resume", False)
            instances.resume(instance_id, whole.services)
            whole.settle()
        _assert_ended(whole, instance_id, name, note)

    assert calls == every_position(whole.faults, once, check, when, kind)


def _assert_ended(whole: World, instance_id: str, name: str, note: str) -> None:
    row = whole.assert_one(instance_id, note)
    begun = len({start for start in whole.hand.starts if instance_of(start) == instance_id})
    # What is stopped before it began was never started.
    unbegun = OPERATIONS[name][0] in (queued, just_queued)
    assert row.attempt - unbegun <= begun <= row.attempt, note
    assert row.status in ("completed", "terminated", "failed"), note
    if OPERATIONS[name][0] in (ended, durably_ended):
        assert json.loads(LARGE) == instances.output_of(row, whole.services.payloads), note


@pytest.mark.parametrize("again", [True, False], ids=["asked again", "reconcile alone"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_purge(whole: World, when: When, again: bool) -> None:
    """The next one that asks has it purged; what is left until then is a row that ended, and nothing runs again."""
    made: dict[int, str] = {}
    keys: dict[int, str] = {}

    def deliver(trial: int) -> str:
        return str(json.loads(whole.deliver("stepfunctions", f"evt_{trial}", note="x" * 2_000).body)["instanceId"])

    def once(trial: int) -> None:
        whole.faults.plan(0, when)
        made[trial] = deliver(trial)
        whole.settle()
        keys[trial] = str(payload.key_of(instances.get(made[trial], whole.services).input))
        assert whole.plain.payloads.get(keys[trial]) is not None
        whole.faults.plan(trial, when)
        instances.purge(made[trial], whole.services)

    def check(trial: int, call: str) -> None:
        if again:
            with suppress(InstanceNotFound):
                instances.purge(made[trial], whole.services)
        row: Instance | None = whole.row(made[trial])
        assert row is not None
        if again or not call:
            assert (True, "null", None) == (row.purged, row.input, row.output), call
            assert whole.plain.payloads.get(keys[trial]) is None, call
        starts = list(whole.hand.starts)
        assert made[trial] == deliver(trial)
        whole.settle()
        assert starts == whole.hand.starts, call
        whole.assert_one(made[trial], call)

    assert "payloads.remove_all" in every_position(whole.faults, once, check, when)
