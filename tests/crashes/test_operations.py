"""The process is stopped at every call of an operation on an instance; asked again, or left to reconcile, it ends."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from tests.crashes.faults import When, every_position
from tests.crashes.world import World, instance_of
from verihook import manage
from verihook.errors import Conflict, InstanceNotFound
from verihook.instance import Instance, Progress
from verihook.manage import StartRequest
from verihook.reconcile import reconcile
from verihook.recorder import record

LARGE = json.dumps({"note": "x" * 120_000})

Act = Callable[[World, str], Any]
Prepare = Callable[[World, int], str]


def accepted(whole: World, trial: int) -> str:
    """A running instance."""
    instance_id = str(json.loads(whole.deliver("restart", f"evt_{trial}").body)["instanceId"])
    manage.record(instance_id, 1, Progress("running"), whole.clock.at, whole.services, "machine")
    return instance_id


def queued(whole: World, trial: int) -> str:
    """An instance whose start was never confirmed."""
    whole.hand.failing.add("start")
    instance_id = str(json.loads(whole.deliver("restart", f"evt_{trial}").body)["instanceId"])
    whole.hand.failing.clear()
    whole.clock.at += 120_000
    return instance_id


def ended(whole: World, trial: int) -> str:
    """One whose engine has ended it with a large output, and nobody was told."""
    instance_id = accepted(whole, trial)
    whole.hand.end(instance_id, "completed", LARGE)
    whole.clock.at += 1_000_000
    return instance_id


def failed(whole: World, trial: int) -> str:
    instance_id = accepted(whole, trial)
    whole.hand.end(instance_id, "failed", None)
    manage.record(instance_id, 1, Progress("failed"), whole.clock.at, whole.services, "machine")
    return instance_id


def suspended(whole: World, trial: int) -> str:
    instance_id = accepted(whole, trial)
    manage.suspend(instance_id, whole.services)
    return instance_id


def waiting(whole: World, trial: int) -> str:
    instance_id = accepted(whole, trial)
    token = f"token of {instance_id}"
    whole.hand.tokens.add(token)
    manage.await_event(instance_id, 1, "approved", token, whole.services)
    return instance_id


def raised(whole: World, trial: int) -> str:
    instance_id = accepted(whole, trial)
    whole.hand.tokens.add(f"token of {instance_id}")
    manage.raise_event(instance_id, "approved", {"by": "kim"}, whole.services, "1")
    return instance_id


def event(whole: World, instance_id: str, attempt: int = 1) -> dict[str, Any]:
    """The event of EventBridge, whose output was left out because it is large."""
    name = instance_id if attempt == 1 else f"{instance_id}.{attempt}"
    arn = "arn:aws:states:eu-central-1:123456789012:stateMachine:machine"
    detail = {"name": name, "status": "SUCCEEDED", "startDate": whole.clock.at, "stateMachineArn": arn, "output": None}
    return {"detail": detail}


def redeliver(whole: World, instance_id: str) -> None:
    row = whole.row(instance_id)
    assert row is not None
    assert 202 == whole.deliver("restart", row.event_id).status


def started_by_api(whole: World, trial: int) -> str:
    return f"by-api-{trial}"


def submit(whole: World, instance_id: str) -> None:
    request = StartRequest(
        "machine", {"note": "x" * 2_000}, id=instance_id, idempotency_key=instance_id, on_conflict="return"
    )
    assert instance_id == manage.submit(request, "scope", whole.services).instance.id


#: What there is before, what is done, and the calls of it.
OPERATIONS: dict[str, tuple[Prepare, Act, list[str]]] = {
    "record": (
        ended,
        lambda whole, id: record(event(whole, id), whole.services),
        ["engine.describe", "payloads.put", "ledger.record"],
    ),
    "reconcile starts": (
        queued,
        lambda whole, id: reconcile(whole.services),
        ["ledger.due", "engine.describe", "engine.start", "ledger.record"],
    ),
    "reconcile refreshes": (
        ended,
        lambda whole, id: reconcile(whole.services),
        ["ledger.due", "engine.describe", "payloads.put", "ledger.record"],
    ),
    "submit": (
        started_by_api,
        submit,
        ["documents.write", "payloads.put", "ledger.claim", "engine.start"],
    ),
    "restart by a redelivery": (
        accepted,
        redeliver,
        ["ledger.claim", "engine.stop", "documents.write", "ledger.amend", "engine.start"],
    ),
    "rerun": (
        accepted,
        lambda whole, id: manage.rerun(id, whole.services),
        ["ledger.get", "engine.stop", "documents.write", "ledger.amend", "documents.remove", "engine.start"],
    ),
    "rerun of a queued one": (
        queued,
        lambda whole, id: manage.rerun(id, whole.services),
        [
            "ledger.get",
            "engine.start",
            "engine.stop",
            "documents.write",
            "ledger.amend",
            "documents.remove",
            "engine.start",
        ],
    ),
    "terminate": (
        accepted,
        lambda whole, id: manage.terminate(id, whole.services, "enough"),
        ["ledger.get", "engine.stop", "ledger.record", "ledger.get"],
    ),
    "terminate a queued one": (
        queued,
        lambda whole, id: manage.terminate(id, whole.services, "enough"),
        ["ledger.get", "engine.start", "engine.stop", "ledger.record", "ledger.get"],
    ),
    "redrive": (
        failed,
        lambda whole, id: manage.redrive(id, whole.services),
        ["ledger.get", "ledger.get", "ledger.amend", "engine.redrive"],
    ),
    "resume": (
        suspended,
        lambda whole, id: manage.resume(id, whole.services),
        ["ledger.get", "engine.resume", "ledger.get", "ledger.amend", "documents.read", "documents.write"],
    ),
}


@pytest.mark.parametrize("again", [True, False], ids=["asked again", "reconcile alone"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", OPERATIONS)
def test_an_operation(whole: World, name: str, when: When, again: bool) -> None:
    prepare, act, calls = OPERATIONS[name]
    made: dict[int, str] = {}

    def once(trial: int) -> None:
        whole.faults.plan(0, when)
        made[trial] = prepare(whole, trial)
        whole.faults.plan(trial, when)
        act(whole, made[trial])

    def check(trial: int, call: str) -> None:
        instance_id = made[trial]
        if again:
            # What is over already is told so; an instance that has come to be is another's to restart.
            with suppress(Conflict):
                act(whole, instance_id)
        note = f"{when} {call}"
        if whole.row(instance_id) is None:
            assert (name, again) == ("submit", False)
            assert instance_id not in whole.hand.starts, note
            return
        whole.settle()
        row = whole.row(instance_id)
        if row is not None and row.held and not row.final:
            # Nobody has resumed it: an operator's hold is kept.
            assert (name, again) == ("resume", False)
            manage.resume(instance_id, whole.services)
            whole.settle()
        _assert_ended(whole, instance_id, name, note)

    assert calls == every_position(whole.faults, once, check, when)


def _assert_ended(whole: World, instance_id: str, name: str, note: str) -> None:
    row = whole.assert_one(instance_id, note)
    assert row.attempt == len({start for start in whole.hand.starts if instance_of(start) == instance_id}), note
    assert row.status in ("completed", "terminated", "failed"), note
    if name in ("record", "reconcile refreshes"):
        assert json.loads(LARGE) == manage.output_of(row, whole.services), note


@pytest.mark.parametrize("again", [True, False], ids=["asked again", "reconcile alone"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("first", ["wait", "event"])
def test_an_event_meets_its_wait_once(whole: World, first: str, when: When, again: bool) -> None:
    """Whichever comes first, and wherever the second one's process stops."""
    prepare = waiting if first == "wait" else raised
    made: dict[int, str] = {}

    def meet(instance_id: str) -> None:
        if first == "wait":
            manage.raise_event(instance_id, "approved", {"by": "kim"}, whole.services, "1")
        else:
            manage.await_event(instance_id, 1, "approved", f"token of {instance_id}", whole.services)

    def once(trial: int) -> None:
        whole.faults.plan(0, when)
        made[trial] = prepare(whole, trial)
        whole.faults.plan(trial, when)
        meet(made[trial])

    def check(trial: int, call: str) -> None:
        instance_id = made[trial]
        if again:
            meet(instance_id)
        whole.settle(2, ending=False)
        given = [payload for token, payload in whole.hand.answers if token == f"token of {instance_id}"]
        # Before the mailbox is written nobody was told that it was taken; the other side waits on.
        nothing = not again and not given
        assert given == ([] if nothing else ['{"by":"kim"}']), call
        if nothing:
            assert 1 == len(manage.mailbox(instance_id, whole.services)), call
        else:
            # A wait that is told again after it was answered is forgotten at the next event of its name.
            assert [] == [entry for entry in manage.mailbox(instance_id, whole.services) if entry.state == "buffered"]
        whole.settle()
        whole.assert_one(instance_id, call)

    calls = every_position(whole.faults, once, check, when)
    assert ["ledger.get", "documents.read", "documents.write", "engine.answer"] == calls[:4]


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_purge(whole: World, when: When) -> None:
    """Whoever asks again has it purged; what is left until then is a row that ended."""
    made: dict[int, str] = {}

    def once(trial: int) -> None:
        whole.faults.plan(0, when)
        made[trial] = str(
            json.loads(whole.deliver("stepfunctions", f"evt_{trial}", note="x" * 2_000).body)["instanceId"]
        )
        whole.settle()
        whole.faults.plan(trial, when)
        manage.purge(made[trial], whole.services)

    def check(trial: int, call: str) -> None:
        with suppress(InstanceNotFound):
            manage.purge(made[trial], whole.services)
        row: Instance | None = whole.row(made[trial])
        assert row is not None
        assert (True, "null", None) == (row.purged, row.input, row.output), call
        starts = list(whole.hand.starts)
        whole.deliver("stepfunctions", f"evt_{trial}", note="x" * 2_000)
        whole.settle()
        assert starts == whole.hand.starts, call

    assert "payloads.remove" in every_position(whole.faults, once, check, when)
