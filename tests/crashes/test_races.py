"""What two who act on one instance at the same moment leave behind: the second comes in the middle of the first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.contracts.instances import MINUTE, NOW
from tests.unit.parts import Parts, parts, request
from verihook import manage
from verihook.errors import Conflict, EngineUnavailable
from verihook.instance import Progress
from verihook.manage import EXPRESS_MS
from verihook.ports import Answer
from verihook.reconcile import call_back, reconcile

__all__ = ["parts"]

LATER = 60 * MINUTE


def started(parts: Parts, workflow: str = "w", **fields: Any) -> None:
    manage.submit(request(workflow, id="a", **fields), "", parts.services)


def running(parts: Parts) -> None:
    started(parts)
    manage.record("a", 1, Progress("running"), NOW, parts.services)


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


def test_a_purge_does_not_bury_what_was_restarted(parts: Parts) -> None:
    ended(parts)
    in_between(parts, "forget", lambda: manage.rerun("a", parts.services))
    with pytest.raises(Conflict, match="again"):
        manage.purge("a", parts.services)
    assert (False, 2) == (parts.row("a").purged, parts.row("a").attempt)
    parts.engine.end("a.2")
    settle(parts)
    assert "completed" == parts.row("a").status


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
    manage.purge("a", parts.services)
    assert not payloads.exists()
    assert {} == parts.engine.executions
    # The event of its end comes a second time.
    assert not manage.record("a", 2, end, NOW, parts.services)
    assert not payloads.exists()


def test_one_that_is_suspended_while_its_start_is_on_its_way(parts: Parts) -> None:
    """Reconcile starts it, and an operator suspends it before the engine has answered."""
    parts.engine.failing.add("start")
    started(parts)
    parts.engine.failing.clear()
    in_between(parts, "start", lambda: manage.suspend("a", parts.services))
    settle(parts, 2)
    assert ({"a": "suspended"}, "suspended") == (statuses(parts), parts.row("a").status)
    manage.resume("a", parts.services)
    parts.engine.end("a")
    settle(parts)
    assert "completed" == parts.row("a").status


@pytest.mark.parametrize("gate", [True, False])
def test_one_that_is_suspended_while_the_ledger_calls_it_queued_is_seen_to_end(parts: Parts, gate: bool) -> None:
    if gate:
        parts.engine.suspend = lambda definition, name: False  # type: ignore[method-assign]
    started(parts)
    manage.suspend("a", parts.services)
    parts.engine.end("a")
    settle(parts)
    assert "completed" == parts.row("a").status


def test_a_suspend_that_was_cut_off_is_done_by_reconcile_with_its_reason(parts: Parts) -> None:
    running(parts)
    parts.engine.failing.add("suspend")
    with pytest.raises(EngineUnavailable):
        manage.suspend("a", parts.services, "audit")
    parts.engine.failing.clear()
    settle(parts)
    row = parts.row("a")
    assert ({"a": "suspended"}, "suspended", "audit") == (statuses(parts), row.status, row.cause)


def test_what_is_held_is_never_started(parts: Parts) -> None:
    parts.engine.failing.add("start")
    started(parts)
    manage.suspend("a", parts.services)
    parts.engine.failing.clear()
    settle(parts, 3)
    assert ([], "queued", True) == (parts.engine.starts, parts.row("a").status, parts.row("a").held)


def test_an_attempt_knows_nothing_of_the_events_of_the_one_before(parts: Parts) -> None:
    started(parts)
    manage.raise_event("a", "approved", "old", parts.services, event_id="e1")
    started(parts, on_conflict="restart")
    parts.engine.tokens.add("t")
    manage.await_event("a", 2, "approved", "t", parts.services)
    assert [] == parts.engine.answers
    manage.raise_event("a", "approved", "new", parts.services, event_id="e1")
    assert [("t", '"new"')] == parts.engine.answers


def test_a_late_start_of_a_former_attempt_is_stopped(parts: Parts) -> None:
    parts.engine.failing.add("start")
    started(parts)
    parts.engine.failing.clear()

    def overtaken() -> None:
        manage.suspend("a", parts.services)
        manage.rerun("a", parts.services)

    in_between(parts, "start", overtaken)
    settle(parts, 2)
    assert {"a": "terminated", "a.2": "running"} == statuses(parts)


def test_a_redrive_does_not_put_an_old_row_over_a_new_attempt(parts: Parts) -> None:
    ended(parts, "failed")
    parts.engine.redrives = False

    def another() -> None:
        manage.rerun("a", parts.services)
        parts.engine.end("a.2")
        manage.record("a", 2, Progress("completed"), NOW, parts.services)

    in_between(parts, "redrive", another)
    with pytest.raises(Conflict):
        manage.redrive("a", parts.services)
    assert (2, "completed") == (parts.row("a").attempt, parts.row("a").status)
    assert ["a", "a.2"] == parts.engine.starts


def test_an_express_machine_is_run_once_however_long_it_takes(parts: Parts) -> None:
    def meanwhile() -> None:
        for _ in range(5):
            parts.clock.at += EXPRESS_MS // 6
            reconcile(parts.services)

    in_between(parts, "run", meanwhile)
    started(parts, "express")
    assert 1 == parts.engine.calls.count("run")


def test_an_express_machine_whose_answer_was_lost_is_run_by_one_round(parts: Parts) -> None:
    parts.engine.failing.add("run")
    started(parts, "express")
    parts.engine.failing.clear()
    in_between(parts, "run", lambda: reconcile(parts.services))
    settle(parts, 2)
    assert (1, "completed") == (len(parts.engine.starts), parts.row("a").status)


def test_terminating_an_express_machine_does_not_run_it(parts: Parts) -> None:
    parts.engine.failing.add("run")
    started(parts, "express")
    manage.terminate("a", parts.services)
    assert ([], "terminated") == (parts.engine.starts, parts.row("a").status)


def test_terminating_what_was_never_started_runs_none_of_it(parts: Parts) -> None:
    parts.engine.failing.add("start")
    started(parts)
    parts.engine.failing.clear()
    parts.clock.at += LATER
    manage.terminate("a", parts.services)
    assert ([], "terminated") == (parts.engine.starts, parts.row("a").status)


def test_a_callback_is_posted_by_one_round(parts: Parts) -> None:
    started(parts, callback_url="https://there.example/")
    manage.record("a", 1, Progress("completed"), NOW, parts.services)
    posts: list[str] = []

    def post(url: str, body: bytes, headers: dict[str, str]) -> Answer:
        posts.append(headers["webhook-id"])
        assert 0 == call_back(parts.services).told
        return Answer(200)

    parts.services.caller.post = post  # type: ignore[method-assign]
    assert 1 == call_back(parts.services).told
    assert 1 == len(posts)
