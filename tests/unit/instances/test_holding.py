"""A paused workflow keeps what its sources bring, and starts it in order when it is active."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.unit.parts import Parts, parts, request
from tests.unit.webhooks import arriving
from verihook import instances
from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger
from verihook.errors import NotActive, NotSupported
from verihook.instances import held
from verihook.instances.holding import BACKLOG_MS, LOOK_MS, find_held
from verihook.instances.reconcile import reconcile
from verihook.instances.round_report import Report
from verihook.model.draining import Draining
from verihook.model.expression import Expression
from verihook.model.instance import Instance
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


def test_all_are_started_in_order_when_it_is_active(parts: Parts, tmp_path: Path) -> None:
    made = hold(parts, 500)
    turn(parts, "active")
    parts.clock.at += LOOK_MS
    # As after a restart: another process has but the file, and events come before it has released the first.
    with SqliteFile(tmp_path / "ledger.db") as file:
        parts.services = replace(parts.services, ledger=SqliteLedger(file), draining=Draining())
        find_held(parts.services)
        made.append(str(arrive(parts, "late").instance_id))
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


def test_what_comes_after_the_pause_starts_after_what_waits(parts: Parts) -> None:
    made = hold(parts, 3)
    turn(parts, "active")
    find_held(parts.services)
    parts.clock.at += BACKLOG_MS + 1
    late = arrive(parts, "late")
    assert ("suspended", []) == (late.status, parts.engine.starts)
    settle(parts)
    assert [*made, late.instance_id] == parts.engine.starts
    # Nothing waits any more.
    assert "running" == arrive(parts, "later").status
    assert [] == held.tickets("w", parts.services)


def test_one_that_is_claimed_while_the_last_is_released_is_released_by_its_own_delivery(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    (first,) = hold(parts, 1)
    turn(parts, "active")
    find_held(parts.services)
    claim = parts.ledger.claim

    def overtaken(row: Instance) -> Instance | None:
        settle(parts)
        existing: Instance | None = claim(row)
        return existing

    monkeypatch.setattr(parts.ledger, "claim", overtaken)
    late = arrive(parts, "late")
    assert ([first, late.instance_id], "running") == (parts.engine.starts, late.status)


def test_a_workflow_without_held_events_takes_what_comes(parts: Parts) -> None:
    taken = arrive(parts, "a")
    assert taken.instance_id
    instances.suspend(taken.instance_id, parts.services)
    find_held(parts.services)
    assert "running" == arrive(parts, "b").status


def test_held_events_of_one_value_come_into_their_line_in_order(parts: Parts) -> None:
    workflow: Any = parts.services.workflows["w"]
    workflow.ordered = True
    source = replace(SOURCE, ordering=Expression("ordering", "'all'"))
    turn(parts, "paused")
    made = [str(arrive(parts, event, source).instance_id) for event in "abc"]
    turn(parts, "active")
    settle(parts)
    assert made[:1] == parts.engine.starts
    assert ["WaitsItsTurn"] * 2 == [parts.row(id).error for id in made[1:]]
    for id in made:
        parts.engine.end(id)
        instances.record_progress(id, 1, parts.engine.executions[id], 1, parts.services)
    assert made == parts.engine.starts


def refuse(parts: Parts, why: str | None) -> None:
    workflow: Any = parts.services.workflows["w"]
    workflow.refusal = why


def test_what_cannot_run_here_holds_its_events_until_it_can(parts: Parts) -> None:
    """Starts by a caller are refused with the reason; a pause or an end by the operator says more than that."""
    refuse(parts, "w.asl.json: States.Pay is not offered.")
    taken = [str(arrive(parts, f"e{each}").instance_id) for each in range(2)]
    row = parts.row(taken[0])
    assert ("suspended", "WorkflowRefused", True) == (row.status, row.error, row.held_by_pause)
    assert "States.Pay is not offered" in row.cause
    with pytest.raises(NotSupported, match=r"States\.Pay is not offered"):
        instances.submit(request(), "", parts.services)
    with pytest.raises(NotSupported):
        arrive(parts, "e3", replace(SOURCE, on_paused="refuse"))
    settle(parts)
    assert ([], True) == (parts.engine.starts, parts.row(taken[0]).held)
    turn(parts, "archived")
    with pytest.raises(NotActive):
        arrive(parts, "e4")
    # It is mended, and the server is started again.
    turn(parts, "active")
    refuse(parts, None)
    find_held(parts.services)
    settle(parts)
    assert (taken, None) == (parts.engine.starts, parts.row(taken[0]).error)


def test_what_waits_for_its_start_says_why_and_begins_when_it_can(parts: Parts) -> None:
    """It was claimed before the workflow was refused."""
    parts.engine.failing.add("start")
    made = arrive(parts, "e").instance_id
    parts.engine.failing.clear()
    refuse(parts, "w.asl.json: States.Pay is not offered.")
    settle(parts)
    assert ([], "queued") == (parts.engine.starts, parts.row(str(made)).status)
    assert "States.Pay is not offered" in str(parts.heard.failures[-1])
    refuse(parts, None)
    settle(parts)
    assert [made] == parts.engine.starts
