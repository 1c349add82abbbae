"""What two who act on one instance at the same moment leave behind: the second comes in the middle of the first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.instances import MINUTE, NOW
from tests.unit.parts import Parts, parts, request
from verihook import instances
from verihook.errors import Conflict, EngineUnavailable, InstanceNotFound
from verihook.instances import mailboxes
from verihook.instances.mailboxes import Event, Wait
from verihook.instances.reconcile import call_back, reconcile
from verihook.model.instance import Progress
from verihook.model.ports import Answer

__all__ = ["parts"]

LATER = 60 * MINUTE


def started(parts: Parts, workflow: str = "w", **fields: Any) -> None:
    instances.submit(request(workflow, id="a", **fields), "", parts.services)


def running(parts: Parts) -> None:
    started(parts)
    instances.record_progress("a", 1, Progress("running"), NOW, parts.services)


def ended(parts: Parts, status: Any = "completed") -> None:
    started(parts)
    parts.engine.end("a", status)
    settle(parts)


def settle(parts: Parts, rounds: int = 1) -> None:
    for _ in range(rounds):
        parts.clock.at += LATER
        reconcile(parts.services)


def in_between(parts: Parts, operation: str, act: Callable[[], object]) -> None:
    """``act`` comes before the next call of the engine's ``operation``."""
    real = getattr(parts.engine, operation)

    def first(*arguments: Any) -> Any:
        setattr(parts.engine, operation, real)
        act()
        return real(*arguments)

    setattr(parts.engine, operation, first)


def statuses(parts: Parts) -> dict[str, str]:
    return {name: progress.status for name, progress in parts.engine.executions.items()}


class First:
    """Stands for a part; ``act`` comes before the next call of its ``operation``."""

    def __init__(self, part: Any, operation: str, act: Callable[[], object]) -> None:
        self._part, self._operation, self._act = part, operation, act

    def __getattr__(self, name: str) -> Any:
        if name == self._operation:
            self._operation = ""
            self._act()
        return getattr(self._part, name)


def test_a_purge_does_not_bury_what_was_restarted(parts: Parts) -> None:
    ended(parts)
    ledger: Any = First(parts.ledger, "amend", lambda: instances.restart("a", parts.services))
    with pytest.raises(Conflict, match="again"):
        instances.purge("a", replace(parts.services, ledger=ledger))
    assert (False, 2) == (parts.row("a").purged, parts.row("a").attempt)
    parts.engine.end("a.2")
    settle(parts)
    assert "completed" == parts.row("a").status


def test_what_is_being_purged_is_not_restarted(parts: Parts) -> None:
    """Its payload is about to go."""
    started(parts, content={"note": "x" * 300_000})
    parts.engine.end("a")
    settle(parts)

    def restart() -> None:
        with pytest.raises(InstanceNotFound):
            instances.restart("a", parts.services)

    payloads: Any = First(parts.services.payloads, "remove_all", restart)
    instances.purge("a", replace(parts.services, payloads=payloads))
    assert (True, 1) == (parts.row("a").purged, parts.row("a").attempt)


def test_a_purge_that_was_cut_off_is_finished_by_asking_again(parts: Parts, tmp_path: Any) -> None:
    started(parts, content={"note": "x" * 300_000})
    parts.engine.end("a")
    settle(parts)
    parts.engine.failing.add("delete")
    with pytest.raises(EngineUnavailable):
        instances.purge("a", parts.services)
    assert (tmp_path / "payloads" / "a").exists()
    parts.engine.failing.clear()
    with pytest.raises(InstanceNotFound):
        instances.purge("a", parts.services)
    assert not (tmp_path / "payloads" / "a").exists()


def test_a_purge_takes_every_attempt_along(parts: Parts, tmp_path: Any) -> None:
    large = {"note": "x" * 300_000}
    started(parts, content=large)
    parts.engine.end("a", "completed", '"' + "o" * 200_000 + '"')
    settle(parts)
    started(parts, content={**large, "n": 2}, on_conflict="restart")
    parts.engine.end("a.2", "completed", '"' + "p" * 200_000 + '"')
    settle(parts)
    payloads = tmp_path / "payloads" / "a"
    assert 4 == len([*payloads.iterdir()])
    end = parts.engine.executions["a.2"]
    instances.purge("a", parts.services)
    assert not payloads.exists()
    assert {} == parts.engine.executions
    # The event of its end comes a second time.
    assert not instances.record_progress("a", 2, end, NOW, parts.services)
    assert not payloads.exists()


def test_one_that_is_suspended_while_its_start_is_on_its_way(parts: Parts) -> None:
    """Reconcile starts it, and an operator suspends it before the engine has answered."""
    parts.engine.failing.add("start")
    started(parts)
    parts.engine.failing.clear()
    in_between(parts, "start", lambda: instances.suspend("a", parts.services))
    settle(parts, 2)
    assert ({"a": "suspended"}, "suspended") == (statuses(parts), parts.row("a").status)
    instances.resume("a", parts.services)
    parts.engine.end("a")
    settle(parts)
    assert "completed" == parts.row("a").status


@pytest.mark.parametrize("gate", [True, False])
def test_one_that_is_suspended_while_the_ledger_calls_it_queued_is_seen_to_end(parts: Parts, gate: bool) -> None:
    if gate:
        parts.engine.suspend = lambda definition, name: False  # type: ignore[method-assign]
    started(parts)
    instances.suspend("a", parts.services)
    parts.engine.end("a")
    settle(parts)
    assert "completed" == parts.row("a").status


def test_a_suspend_that_was_cut_off_is_done_by_reconcile_with_its_reason(parts: Parts) -> None:
    running(parts)
    parts.engine.failing.add("suspend")
    with pytest.raises(EngineUnavailable):
        instances.suspend("a", parts.services, "audit")
    parts.engine.failing.clear()
    settle(parts)
    row = parts.row("a")
    assert ({"a": "suspended"}, "suspended", "audit") == (statuses(parts), row.status, row.cause)


def test_what_is_held_is_never_started(parts: Parts) -> None:
    parts.engine.failing.add("start")
    started(parts)
    instances.suspend("a", parts.services)
    parts.engine.failing.clear()
    settle(parts, 3)
    assert ([], "suspended", True) == (parts.engine.starts, parts.row("a").status, parts.row("a").held)


def test_an_attempt_knows_nothing_of_the_events_of_the_one_before(parts: Parts) -> None:
    started(parts)
    instances.raise_event("a", "approved", "old", parts.services, event_id="e1")
    started(parts, on_conflict="restart")
    parts.engine.tokens.add("t")
    instances.await_event("a", 2, "approved", "t", parts.services)
    assert [] == parts.engine.answers
    instances.raise_event("a", "approved", "new", parts.services, event_id="e1")
    assert [("t", '"new"')] == parts.engine.answers


def test_a_late_start_of_a_former_attempt_is_stopped(parts: Parts) -> None:
    parts.engine.failing.add("start")
    started(parts)
    parts.engine.failing.clear()

    def overtaken() -> None:
        instances.suspend("a", parts.services)
        instances.restart("a", parts.services)

    in_between(parts, "start", overtaken)
    settle(parts, 2)
    assert {"a": "terminated", "a.2": "running"} == statuses(parts)


def test_a_redrive_does_not_put_an_old_row_over_a_new_attempt(parts: Parts) -> None:
    ended(parts, "failed")
    parts.engine.redrives = False

    def another() -> None:
        instances.restart("a", parts.services)
        parts.engine.end("a.2")
        instances.record_progress("a", 2, Progress("completed"), NOW, parts.services)

    in_between(parts, "redrive", another)
    with pytest.raises(Conflict):
        instances.redrive("a", parts.services)
    assert (2, "completed") == (parts.row("a").attempt, parts.row("a").status)
    assert ["a", "a.2"] == parts.engine.starts


def test_terminating_what_was_never_started_runs_none_of_it(parts: Parts) -> None:
    parts.engine.failing.add("start")
    started(parts)
    parts.engine.failing.clear()
    parts.clock.at += LATER
    instances.terminate("a", parts.services)
    assert ([], "terminated") == (parts.engine.starts, parts.row("a").status)


def test_a_callback_is_posted_by_one_round(parts: Parts) -> None:
    started(parts, callback_url="https://there.example/")
    instances.record_progress("a", 1, Progress("completed"), NOW, parts.services)
    posts: list[str] = []

    def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
        posts.append(headers["webhook-id"])
        assert 0 == call_back(parts.services).called_back
        return Answer(200)

    parts.services.caller.post = post  # type: ignore[assignment, method-assign]
    assert 1 == call_back(parts.services).called_back
    assert 1 == len(posts)


def test_an_event_whose_answer_was_lost_twice_is_given_once(parts: Parts) -> None:
    running(parts)
    now = parts.clock.at
    # Matched; the one that did it was stopped.
    mailboxes.edit_mailbox("a", parts.services.documents, now, lambda box: box.add_event(Event("", "go", "1", now)))
    mailboxes.edit_mailbox("a", parts.services.documents, now, lambda box: box.add_wait(Wait("go", "t1", now)))
    parts.engine.tokens |= {"t1", "t2"}
    parts.engine.lost.add("answer")
    settle(parts)
    parts.engine.lost.clear()
    settle(parts)
    instances.await_event("a", 1, "go", "t2", parts.services)
    assert [("t1", "1")] == parts.engine.answers


def test_a_key_restarts_once(parts: Parts) -> None:
    started(parts)
    first = request(id="a", idempotency_key="K", on_conflict="restart")
    second = request(id="a", idempotency_key="L", on_conflict="restart")
    for number, wanted in enumerate((first, second), 2):
        parts.clock.at += 5
        assert number == instances.submit(wanted, "", parts.services).instance.attempt
    parts.clock.at += 5
    assert not instances.submit(first, "", parts.services).created
    assert 3 == parts.row("a").attempt


def test_a_hold_that_the_engine_has_not_is_not_asked_for_without_a_pause(parts: Parts) -> None:
    running(parts)
    parts.engine.pauses = False
    assert parts.ledger.amend(replace(parts.row("a"), held=True, status="suspended", due_at=parts.clock.at))
    reconcile(parts.services)
    assert parts.row("a").due_at > parts.clock.at
