"""The process is stopped at every call of an operation on an instance; asked again, or left to reconcile, it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.crashes.faults import Kind, When, every_position
from tests.crashes.states import (
    LARGE,
    accepted,
    durable_event,
    durably_ended,
    ended,
    event,
    failed,
    just_queued,
    queued,
    suspended,
)
from tests.crashes.world import World, instance_of
from verihook import instances
from verihook.errors import Conflict, InstanceNotFound, Unavailable
from verihook.instances import StartRequest, payload
from verihook.instances.reconcile import reconcile
from verihook.model.instance import Instance
from verihook.worker.recorder import record_status_change

Act = Callable[[World, str], Any]
Prepare = Callable[[World, int], str]


def redeliver(whole: World, instance_id: str) -> None:
    row = whole.row(instance_id)
    assert row is not None
    status = whole.deliver("restart", row.event_id).status
    assert status == (503 if whole.faults.met and whole.faults.met != "engine.start" else 200)


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
