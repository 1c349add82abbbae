"""Suspend, resume, terminate, restart, redrive, purge: what each leaves behind."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.contracts.instances import LARGE, MINUTE, NOW
from tests.unit.parts import Parts, request
from verihook import instances
from verihook.errors import Conflict, EngineUnavailable, IdTaken, InstanceNotFound, NotActive, NotSupported
from verihook.instances.reconcile import reconcile
from verihook.instances.start_request import OnConflict
from verihook.model.instance import Instance, Progress, Status
from verihook.model.listing import Query


def started(parts: Parts, id: str = "a", workflow: str = "w") -> str:
    instances.submit(request(workflow, id=id), "", parts.services)
    instances.record_progress(id, 1, Progress("running"), NOW, parts.services)
    return id


def ended(parts: Parts, status: Status = "completed", id: str = "a", workflow: str = "w") -> str:
    started(parts, id, workflow)
    parts.engine.end(id, status)
    instances.record_progress(id, 1, parts.engine.executions[id], NOW, parts.services, workflow)
    return id


def test_terminate(parts: Parts) -> None:
    end = instances.terminate(started(parts), parts.services, "no longer wanted", {"kept": True})
    assert ("terminated", "no longer wanted", '{"kept":true}') == (end.status, end.cause, end.output)
    assert "terminated" == parts.engine.executions["a"].status
    with pytest.raises(Conflict, match="terminated"):
        instances.terminate("a", parts.services)


def test_the_engines_own_word_of_the_stop_may_be_quicker(parts: Parts) -> None:
    started(parts)
    stop = parts.engine.stop

    def told_at_once(definition: str, name: str, cause: str) -> None:
        stop(definition, name, cause)
        instances.record_progress("a", 1, Progress("terminated"), NOW, parts.services)

    parts.engine.stop = told_at_once  # type: ignore[method-assign]
    end = instances.terminate("a", parts.services, "why", [1])
    assert ("terminated", "why", "[1]") == (end.status, end.cause, end.output)


def test_one_that_was_terminated_before_it_began_never_runs(parts: Parts) -> None:
    parts.engine.failing = {"start"}
    instances.submit(request(id="a"), "", parts.services)
    parts.engine.failing = set()
    assert "terminated" == instances.terminate("a", parts.services).status
    # A start that was on its way comes to nothing, because the name is taken.
    parts.engine.start("w", "a", "{}")
    assert "terminated" == parts.engine.executions["a"].status


def test_one_that_was_put_off_is_not_begun_to_be_terminated(parts: Parts) -> None:
    instances.submit(request(id="a", start_at=NOW + MINUTE), "", parts.services)
    instances.terminate("a", parts.services)
    assert [] == parts.engine.starts
    # Should it begin all the same, it is stopped as soon as that is heard of.
    parts.engine.start("w", "a", "{}")
    assert not instances.record_progress("a", 1, Progress("running"), NOW, parts.services)
    assert "terminated" == parts.engine.executions["a"].status


def test_suspend_and_resume(parts: Parts) -> None:
    assert "suspended" == instances.suspend(started(parts), parts.services).status
    assert "suspended" == parts.engine.executions["a"].status
    assert "suspended" == instances.suspend("a", parts.services).status
    # What the engine still says of it from before changes nothing.
    instances.record_progress("a", 1, Progress("running"), NOW, parts.services)
    assert "suspended" == parts.row("a").status
    assert "running" == instances.resume("a", parts.services).status
    assert "running" == parts.engine.executions["a"].status
    assert "running" == instances.resume("a", parts.services).status


def test_one_that_is_suspended_before_it_begins_is_begun_by_its_resume(parts: Parts) -> None:
    instances.submit(request(id="a", start_at=NOW + MINUTE), "", parts.services)
    assert "suspended" == instances.suspend("a", parts.services).status
    parts.clock.at += 10 * MINUTE
    reconcile(parts.services)
    assert ("suspended", []) == (parts.row("a").status, parts.engine.starts)
    instances.resume("a", parts.services)
    assert ["a"] == parts.engine.starts


def test_one_that_runs_already_though_it_is_called_queued(parts: Parts) -> None:
    instances.submit(request(id="a"), "", parts.services)
    assert "suspended" == instances.suspend("a", parts.services).status
    assert "suspended" == parts.engine.executions["a"].status
    instances.resume("a", parts.services)
    assert "running" == parts.engine.executions["a"].status


def test_what_cannot_be_suspended_is_left_as_it_was(parts: Parts) -> None:
    started(parts)
    parts.engine.pauses = False
    with pytest.raises(NotSupported):
        instances.suspend("a", parts.services)
    assert ("running", False) == (parts.row("a").status, parts.row("a").held)
    assert parts.row("a").due_at is not None


def test_what_has_ended_is_neither_suspended_nor_resumed(parts: Parts) -> None:
    ended(parts)
    for operation in (instances.suspend, instances.resume, instances.terminate):
        with pytest.raises(Conflict, match="completed"):
            operation("a", parts.services)


def test_restart(parts: Parts) -> None:
    ended(parts, "failed")
    again = instances.restart("a", parts.services)
    assert (2, "running", None) == (again.attempt, again.status, again.error)
    assert (["a", "a.2"], '{"n":1}') == (parts.engine.starts, parts.engine.inputs["a.2"])
    assert ["failed", "queued"] == [each.status for each in instances.attempts("a", parts.services)]
    # What comes late of the first attempt is not taken for the second.
    assert not instances.record_progress("a", 1, Progress("completed"), NOW, parts.services)


def test_a_restart_keeps_a_delay_that_is_not_over(parts: Parts) -> None:
    at = NOW + 3_600_000
    instances.submit(request(id="a", start_at=at), "", parts.services)
    instances.restart("a", parts.services)
    row = parts.row("a")
    assert (2, "queued", at, at, []) == (row.attempt, row.status, row.start_at, row.due_at, parts.engine.starts)
    parts.clock.at = at
    reconcile(parts.services)
    assert ["a.2"] == parts.engine.starts
    instances.restart("a", parts.services)
    assert (3, None, ["a.2", "a.3"]) == (parts.row("a").attempt, parts.row("a").start_at, parts.engine.starts)


def test_a_running_one_is_stopped_first_and_only_once_restarted(parts: Parts) -> None:
    started(parts)

    def restart(_: int) -> bool:
        try:
            return instances.restart("a", parts.services).attempt == 2
        except Conflict:
            return False

    with ThreadPoolExecutor(16) as pool:
        made = [attempt for attempt in pool.map(restart, range(16)) if attempt]
    assert len(made) >= 1
    assert "terminated" == parts.engine.executions["a"].status
    running = [name for name, progress in parts.engine.executions.items() if progress.status == "running"]
    assert 1 == len(running)


def test_a_restart_that_cannot_stop_the_old_one_changes_nothing(parts: Parts) -> None:
    started(parts)
    parts.engine.failing = {"stop"}
    with pytest.raises(EngineUnavailable):
        instances.restart("a", parts.services)
    assert (1, "running") == (parts.row("a").attempt, parts.row("a").status)


def test_redrive(parts: Parts) -> None:
    ended(parts, "failed")
    again = instances.redrive("a", parts.services)
    assert (1, "running", None) == (again.attempt, again.status, again.expires_at)
    parts.engine.end("a")
    parts.clock.at += MINUTE
    reconcile(parts.services)
    assert ("completed", '"done"') == (parts.row("a").status, parts.row("a").output)
    with pytest.raises(Conflict, match="completed"):
        instances.redrive("a", parts.services)


def test_redrive_begins_anew_where_the_engine_cannot_go_on(parts: Parts) -> None:
    ended(parts, "timed_out")
    parts.engine.redrives = False
    assert 2 == instances.redrive("a", parts.services).attempt


def test_nothing_of_an_inactive_workflow_is_restarted(parts: Parts) -> None:
    ended(parts, "failed")
    parts.services.workflows["w"].status = "paused"
    for operation in (instances.restart, instances.redrive):
        with pytest.raises(NotActive):
            operation("a", parts.services)


def test_purge(parts: Parts, tmp_path: Path) -> None:
    large = {"t": "x" * LARGE}
    instances.submit(request(id="a", content=large, tags=("vip",)), "", parts.services)
    with pytest.raises(Conflict, match="queued"):
        instances.purge("a", parts.services)
    instances.raise_event("a", "approved", None, parts.services)
    instances.restart("a", parts.services)
    instances.purge("a", parts.services, force=True)
    # In the words that an unknown id gets: that there was one is not told either.
    with pytest.raises(InstanceNotFound, match=r"\AThere is no instance with this id\.\Z"):
        instances.get("a", parts.services)
    assert [] == [path for path in (tmp_path / "payloads").rglob("*") if path.is_file()]
    row = parts.row("a")
    assert ("null", None, (), True) == (row.input, row.output, row.tags, row.purged)
    # What is reported of it late reaches nothing.
    assert not instances.record_progress("a", 2, Progress("running"), NOW, parts.services)


@pytest.mark.parametrize("policy", ["fail", "return", "restart", "replace"])
def test_an_id_that_a_caller_chose_is_free_once_it_is_purged(parts: Parts, policy: OnConflict, tmp_path: Path) -> None:
    large = {"t": "x" * LARGE}
    ended(parts)
    instances.restart("a", parts.services)
    instances.purge("a", parts.services, force=True)
    made = instances.submit(request(id="a", content=large, tags=("new",), on_conflict=policy), "", parts.services)
    row = parts.row("a")
    # Engines remember the names of the former attempts.
    assert (True, 3, "a.3") == (made.created, row.attempt, parts.engine.starts[-1])
    assert (False, ("new",), None, NOW) == (row.purged, row.tags, row.expires_at, row.created_at)
    assert large == instances.input_of(row, parts.services.payloads)
    assert [3] == [each.number for each in instances.attempts("a", parts.services)]
    assert ["a"] == [
        each.id for each in instances.list_instances(Query(label=("tag", "new")), 9, None, parts.services).instances
    ]
    parts.engine.end("a.3")
    instances.record_progress("a", 3, parts.engine.executions["a.3"], NOW, parts.services, "w")
    assert "completed" == instances.get("a", parts.services).status


def test_an_id_of_a_webhook_stays_taken_and_so_does_another_workflows(parts: Parts) -> None:
    now = parts.clock.now_ms()
    event = Instance(
        "a" * 40, "w", "{}", now, now, engine="hand", source="orders", status="completed", expires_at=2**31
    )
    parts.ledger.claim(event)
    ended(parts, id="b", workflow="short")
    for id in ("a" * 40, "b"):
        instances.purge(id, parts.services)
        for policy in ("fail", "return", "restart", "replace"):
            with pytest.raises(IdTaken):
                instances.submit(request(id=id, on_conflict=policy), "", parts.services)
        assert parts.row(id).purged
    parts.clock.at = parts.row("b").expires_at * 1000
    assert instances.submit(request(id="b"), "", parts.services).created


def test_a_start_that_is_sent_again_after_the_purge_is_no_new_one(parts: Parts) -> None:
    """A lost answer may be asked for late; what came after the purge begins again, and is then its own."""
    first = request(id="a", idempotency_key="before")
    instances.submit(first, "s", parts.services)
    parts.clock.at += 1
    instances.purge("a", parts.services, force=True)
    parts.clock.at += 1
    with pytest.raises(IdTaken):
        instances.submit(first, "s", parts.services)
    later = request(id="a", idempotency_key="after")
    assert (True, False) == ((made := instances.submit(later, "s", parts.services)).created, made.replayed)
    assert (False, True) == ((again := instances.submit(later, "s", parts.services)).created, again.replayed)
    assert ["a", "a.2"] == parts.engine.starts


def test_what_has_ended_is_kept_as_long_as_its_workflow_says(parts: Parts) -> None:
    ended(parts, workflow="short")
    assert NOW // 1000 + 86_400 == parts.row("a").expires_at
    parts.clock.at += 86_400_000
    with pytest.raises(InstanceNotFound):
        instances.get("a", parts.services)


def test_a_large_output_is_kept_apart(parts: Parts) -> None:
    started(parts)
    output = '{"t":"' + "x" * 100_000 + '"}'
    instances.record_progress("a", 1, Progress("completed", output), NOW, parts.services)
    assert len(parts.row("a").output) < 500
    assert {"t": "x" * 100_000} == instances.output_of(parts.row("a"), parts.services.payloads)
