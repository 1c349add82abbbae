"""The process is stopped at every call of suspend, of resume at a gate, and of the gate: nothing is held forever."""

from __future__ import annotations

import pytest

from tests.crashes.faults import When, every_position
from tests.crashes.test_operations import accepted, queued
from tests.crashes.world import World
from verihook import instances

SUSPEND = {
    "running": (accepted, ["ledger.get", "ledger.get", "ledger.amend", "engine.describe", "engine.suspend"]),
    "queued": (queued, ["ledger.get", "ledger.get", "ledger.amend", "engine.describe"]),
}


def token_of(instance_id: str) -> str:
    return f"gate of {instance_id}"


def passed(whole: World, instance_id: str) -> int:
    """How often its gate was opened."""
    return [token for token, _ in whole.hand.answers].count(token_of(instance_id))


def to_the_gate(whole: World, instance_id: str) -> None:
    instances.pass_gate(instance_id, 1, token_of(instance_id), whole.services)


def held(whole: World, instance_id: str) -> bool:
    row = whole.row(instance_id)
    assert row is not None
    return row.held


@pytest.mark.parametrize("again", [True, False], ids=["asked again", "reconcile alone"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("before", SUSPEND)
def test_suspend(whole: World, before: str, when: When, again: bool) -> None:
    prepare, calls = SUSPEND[before]
    made: dict[int, str] = {}

    def once(trial: int) -> None:
        whole.faults.plan(0, when)
        made[trial] = prepare(whole, trial)
        whole.faults.plan(trial, when)
        instances.suspend(made[trial], whole.services)

    def check(trial: int, call: str) -> None:
        instance_id = made[trial]
        if again:
            instances.suspend(instance_id, whole.services)
        if again or not call:
            # However much time passes, no step of it starts.
            whole.settle(1)
            row = whole.row(instance_id)
            assert row is not None
            assert (True, "suspended") == (row.held, row.status), call
            assert (before == "running") == (instance_id in whole.hand.starts), call
        if held(whole, instance_id):
            instances.resume(instance_id, whole.services)
        whole.settle()
        assert "completed" == whole.assert_one(instance_id, call).status

    assert calls == every_position(whole.faults, once, check, when)


@pytest.mark.parametrize("again", [True, False], ids=["asked again", "reconcile alone"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_resume_at_a_gate(whole: World, when: When, again: bool) -> None:
    made: dict[int, str] = {}

    def once(trial: int) -> None:
        whole.faults.plan(0, when)
        made[trial] = instance_id = accepted(whole, trial)
        instances.suspend(instance_id, whole.services)
        whole.hand.tokens.add(token_of(instance_id))
        to_the_gate(whole, instance_id)
        assert not passed(whole, instance_id)
        whole.faults.plan(trial, when)
        instances.resume(instance_id, whole.services)

    def check(trial: int, call: str) -> None:
        instance_id = made[trial]
        if again:
            instances.resume(instance_id, whole.services)
        whole.settle(1, ending=False)
        # What was not resumed yet is held, and what is not held is let go.
        assert held(whole, instance_id) == (not passed(whole, instance_id)), call
        if held(whole, instance_id):
            assert not again, call
            instances.resume(instance_id, whole.services)
        assert 1 == passed(whole, instance_id), call
        whole.settle()
        assert "completed" == whole.assert_one(instance_id, call).status

    calls = every_position(whole.faults, once, check, when)
    first = ["ledger.get", "engine.resume", "engine.describe", "ledger.get", "ledger.amend", "documents.read"]
    assert first == calls[:6]
    assert "engine.answer" in calls


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_gate_is_passed_once(whole: World, when: When) -> None:
    """The state machine's task is tried again after a crash, as its Retry says."""
    made: dict[int, str] = {}

    def once(trial: int) -> None:
        whole.faults.plan(0, when)
        made[trial] = instance_id = accepted(whole, trial)
        whole.hand.tokens.add(token_of(instance_id))
        whole.faults.plan(trial, when)
        to_the_gate(whole, instance_id)

    def check(trial: int, call: str) -> None:
        to_the_gate(whole, made[trial])
        whole.settle(1, ending=False)
        assert 1 == passed(whole, made[trial]), call
        whole.settle()
        assert "completed" == whole.assert_one(made[trial], call).status

    calls = every_position(whole.faults, once, check, when)
    assert ["ledger.get", "documents.read", "documents.write", "ledger.get"] == calls[:4]
    assert "engine.answer" in calls
