"""The queue of what a pause has held: what arrives starts behind it, and works it off if it is short."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.bare import Counted
from tests.unit.instances.test_holding import SOURCE, arrive, hold, settle, turn
from tests.unit.parts import Parts, parts
from verihook.instances import held
from verihook.instances.held import PAGE
from verihook.instances.holding import CLAIM_MS, find_held
from verihook.model.draining import Draining
from verihook.records import replace

__all__ = ["parts"]


def tickets(parts: Parts) -> list[str]:
    return [each.instance_id for each in held.tickets("w", parts.services)]


def test_a_short_queue_is_worked_off_by_what_comes(parts: Parts) -> None:
    made = hold(parts, 3)
    turn(parts, "active")
    find_held(parts.services)
    late = arrive(parts, "late")
    assert ("running", [*made, late.instance_id]) == (late.status, parts.engine.starts)
    assert [] == tickets(parts)
    assert set() == parts.services.draining.names


def test_a_long_queue_is_left_to_reconcile(parts: Parts) -> None:
    made = hold(parts, PAGE)
    turn(parts, "active")
    find_held(parts.services)
    late = arrive(parts, "late")
    assert ("suspended", []) == (late.status, parts.engine.starts)
    settle(parts)
    assert [*made, late.instance_id] == parts.engine.starts


def test_an_engine_that_does_not_answer_lets_nothing_pass(parts: Parts) -> None:
    made = hold(parts, 2)
    turn(parts, "active")
    find_held(parts.services)
    parts.engine.failing.add("start")
    late = arrive(parts, "late")
    assert "suspended" == late.status
    assert ["queued", "suspended", "suspended"] == [parts.row(id).status for id in (*made, str(late.instance_id))]
    parts.engine.failing.clear()
    later = arrive(parts, "later")
    assert [*made, late.instance_id, later.instance_id] == parts.engine.starts


def test_a_ticket_without_a_row_keeps_none_waiting_and_goes(parts: Parts) -> None:
    (first,) = hold(parts, 1)
    row = replace(parts.row(first), id="cut-off")
    held.take_ticket(row, parts.services)
    turn(parts, "active")
    find_held(parts.services)
    late = arrive(parts, "late")
    assert [first, late.instance_id] == parts.engine.starts
    assert ["cut-off"] == tickets(parts)
    # It may still be claimed.
    assert {"w"} == parts.services.draining.names
    parts.clock.at += CLAIM_MS
    later = arrive(parts, "later")
    settle(parts)
    assert [first, late.instance_id, later.instance_id] == parts.engine.starts
    assert [] == tickets(parts)
    assert set() == parts.services.draining.names


def test_a_held_row_without_a_ticket_is_released_when_the_queue_is_worked_off(parts: Parts) -> None:
    made = hold(parts, 3)
    parts.services.documents.remove(held.PARTITION, held.tickets("w", parts.services)[1].name)
    turn(parts, "active")
    settle(parts)
    assert [made[0], made[2], made[1]] == parts.engine.starts


def test_other_workflows_have_queues_of_their_own(parts: Parts) -> None:
    known: Any = parts.services.workflows
    known["w-2"] = replace(known["w"], name="w-2", status="paused")
    other = replace(SOURCE, name="other", workflow="w-2")
    waits = arrive(parts, "x", other)
    (first,) = hold(parts, 1)
    turn(parts, "active")
    find_held(parts.services)
    assert {"w"} == parts.services.draining.names
    late = arrive(parts, "late")
    settle(parts)
    assert [first, late.instance_id] == parts.engine.starts
    assert [waits.instance_id] == [each.instance_id for each in held.tickets("w-2", parts.services)]


def test_while_others_may_still_hold_every_event_looks(parts: Parts) -> None:
    """As a receiver of AWS after a deployment: those with the old hooks.toml may go on for two minutes."""
    parts.services = replace(parts.services, draining=Draining(["w"], 120_000))
    (first,) = hold(parts, 1)
    turn(parts, "active")
    find_held(parts.services)
    begun = arrive(parts, "a")
    turn(parts, "paused")
    straggler = arrive(parts, "b")
    turn(parts, "active")
    last = arrive(parts, "c")
    assert [first, begun.instance_id, straggler.instance_id, last.instance_id] == parts.engine.starts
    assert {"w"} == parts.services.draining.names
    parts.clock.at += 120_000
    arrive(parts, "d")
    assert set() == parts.services.draining.names


def test_a_process_that_could_not_look_looks_when_an_event_comes(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(parts.services.documents)
    parts.services = replace(parts.services, documents=counted, draining=Draining(["w"]))
    counted.failing.add("all")
    find_held(parts.services)
    assert ["held events"] == [where for where, _ in parts.heard.failures]
    assert {"w"} == parts.services.draining.names
    counted.failing.clear()
    counted.calls.clear()
    arrive(parts, "a")
    arrive(parts, "b")
    assert ["all"] == counted.calls
    assert set() == parts.services.draining.names
