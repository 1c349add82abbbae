"""A paused workflow keeps what its sources bring, and starts it in order when it is active."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.unit.parts import Parts, parts
from tests.unit.webhooks import arriving
from verihook import instances
from verihook.errors import NotActive
from verihook.instances.holding import LOOK_MS
from verihook.instances.reconcile import Report, reconcile
from verihook.model.source import Source
from verihook.records import replace
from verihook.senders import load_sender
from verihook.webhooks.intake import IntakeResult

__all__ = ["parts"]

SOURCE = Source("orders", load_sender("generic"), (), "w")


def arrive(parts: Parts, event: str, source: Source = SOURCE) -> IntakeResult:
    return arriving.arrive(parts, event, source)


def hold(parts: Parts, number: int) -> list[str]:
    """So many held instances, a millisecond apart, the oldest first."""
    turn(parts, "paused")
    made = []
    for each in range(number):
        taken = arrive(parts, f"e{each}")
        assert ("suspended", False) == (taken.status, taken.duplicate)
        assert taken.instance_id
        made.append(taken.instance_id)
        parts.clock.at += 1
    return made


def turn(parts: Parts, status: str) -> None:
    workflow: Any = parts.services.workflows["w"]
    workflow.status = status


def settle(parts: Parts) -> Report:
    parts.clock.at += LOOK_MS
    return reconcile(parts.services)


def test_it_is_held_and_a_redelivery_finds_it(parts: Parts) -> None:
    (id,) = hold(parts, 1)
    row = parts.row(id)
    assert (True, "suspended", "WorkflowPaused") == (row.held, row.status, row.error)
    again = arrive(parts, "e0")
    assert (id, "suspended", True) == (again.instance_id, again.status, again.duplicate)
    for _ in range(3):
        settle(parts)
    assert ([], "suspended", "WorkflowPaused") == (parts.engine.starts, parts.row(id).status, parts.row(id).error)
    # At most a minute, however old it is.
    parts.clock.at += 90 * 86_400_000
    settle(parts)
    assert parts.row(id).due_at in range(parts.clock.at, parts.clock.at + LOOK_MS + 1)


def test_all_are_started_in_order_when_it_is_active(parts: Parts) -> None:
    made = hold(parts, 450)
    turn(parts, "active")
    settle(parts)
    assert made == parts.engine.starts
    # As after a start by a webhook: the next look records that they run.
    assert {("queued", None, None, False)} == {
        ((row := parts.row(id)).status, row.error, row.cause, row.held) for id in made
    }
    assert made == [id for id in parts.engine.inputs if json.loads(parts.engine.inputs[id])]


def test_it_stays_held_while_the_workflow_is_not_active(parts: Parts) -> None:
    hold(parts, 2)
    for status in ("archived", "draft", "paused"):
        turn(parts, status)
        settle(parts)
    assert [] == parts.engine.starts


def test_an_engine_that_does_not_answer_keeps_the_order(parts: Parts) -> None:
    made = hold(parts, 5)
    turn(parts, "active")
    parts.engine.failing.add("start")
    settle(parts)
    assert ["queued", *["suspended"] * 4] == [parts.row(id).status for id in made]
    parts.engine.failing.clear()
    for _ in range(2):
        settle(parts)
    assert sorted(made) == sorted(parts.engine.starts)
    assert made[1:] == [id for id in parts.engine.starts if id != made[0]]


def test_without_time_the_next_round_goes_on(parts: Parts) -> None:
    made = hold(parts, 5)
    turn(parts, "active")
    parts.clock.at += LOOK_MS

    def remaining_ms() -> int:
        return 100_000 if len(parts.engine.starts) < 2 else 0

    reconcile(parts.services, remaining_ms=remaining_ms)
    assert made[:2] == parts.engine.starts
    settle(parts)
    assert made == parts.engine.starts


def test_an_operator_may_start_suspend_or_end_one(parts: Parts) -> None:
    resumed, suspended, ended = hold(parts, 3)
    assert "running" == instances.resume(resumed, parts.services).status
    assert parts.row(resumed).error is None
    assert None is instances.suspend(suspended, parts.services, "stock count").error
    instances.terminate(ended, parts.services)
    turn(parts, "active")
    settle(parts)
    assert [resumed] == parts.engine.starts
    assert ("suspended", "stock count") == (parts.row(suspended).status, parts.row(suspended).cause)
    instances.resume(suspended, parts.services)
    assert [resumed, suspended] == parts.engine.starts


def test_what_an_operator_suspends_is_not_released(parts: Parts) -> None:
    taken = arrive(parts, "e0")
    assert taken.instance_id
    instances.suspend(taken.instance_id, parts.services, "WorkflowPaused")
    settle(parts)
    assert "suspended" == parts.row(taken.instance_id).status
    assert not parts.row(taken.instance_id).held_by_pause


@pytest.mark.parametrize("status", ["paused", "draft", "archived"])
def test_a_source_may_refuse_and_only_a_pause_holds(parts: Parts, status: str) -> None:
    turn(parts, status)
    with pytest.raises(NotActive):
        arrive(parts, "e", replace(SOURCE, on_paused="refuse"))
    if status != "paused":
        with pytest.raises(NotActive):
            arrive(parts, "e")


def test_an_express_machine_holds_nothing(parts: Parts) -> None:
    workflow: Any = parts.services.workflows["express"]
    workflow.status = "paused"
    with pytest.raises(NotActive):
        arrive(parts, "e", replace(SOURCE, workflow="express"))


def test_a_restart_by_redelivery_is_held_too(parts: Parts) -> None:
    restarting = replace(SOURCE, duplicates="restart")
    first = arrive(parts, "e", restarting)
    assert first.instance_id
    turn(parts, "paused")
    assert ("suspended", True) == ((again := arrive(parts, "e", restarting)).status, again.duplicate)
    assert [first.instance_id] == parts.engine.starts
    turn(parts, "active")
    settle(parts)
    assert [first.instance_id, f"{first.instance_id}.2"] == parts.engine.starts
