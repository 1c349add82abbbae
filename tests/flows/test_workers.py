"""Workers that come at once, die, are too slow or are overtaken: one at a time runs an attempt, and it ends."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier, Lock
from typing import Any

import pytest

from tests.unit.working import NOW, Working, working
from verihook import instances
from verihook.instances.reconcile import reconcile
from verihook.model.instance import Progress
from verihook.worker.functions import Functions
from verihook.worker.work import run_try

WORKERS = 64


def failing(event: Any, context: Any) -> Any:
    raise ValueError("sold out")


def test_one_worker_at_a_time_runs_an_attempt(tmp_path: Path) -> None:
    together, lock, inside, most = Barrier(WORKERS), Lock(), [0], [0]

    def run(event: Any, context: Any) -> Any:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        return context.tries

    with working(tmp_path, {"w": run}) as w:
        w.claim()

        def work(_: int) -> str:
            together.wait()
            return run_try("a", 1, w.functions, w.services)

        with ThreadPoolExecutor(WORKERS) as pool:
            outcomes = list(pool.map(work, range(WORKERS)))
        assert sorted(outcomes) == ["completed", *["skipped"] * (WORKERS - 1)]
        assert ([1], [1], 1) == (inside, most, w.row().tries)


def test_a_worker_that_died_is_replaced_when_its_lease_is_over(tmp_path: Path) -> None:
    with working(tmp_path, {"w": lambda event, context: context.tries}, timeout_s=5) as w:
        w.claim()
        die_in_the_middle(w)
        row = w.row()
        assert ("running", 1, NOW + 15_000, NOW + 100) == (row.status, row.tries, row.leased_until, row.due_at)
        # It is looked at as if it had not begun, and put off to the lease's end.
        w.clock.at = NOW + 100
        assert (1, 0) == ((report := reconcile(w.services)).looked, report.started)
        assert NOW + 15_000 == w.row().due_at
        w.clock.at = NOW + 14_999
        assert 0 == reconcile(w.services).looked
        assert "skipped" == run_try("a", 1, w.functions, w.services)
        w.clock.at = NOW + 15_000
        assert 1 == reconcile(w.services).started
        # What the stream brings to the worker in AWS, and its queue on one machine.
        assert ("queued", ["a"]) == (w.row().status, w.woken)
        assert "completed" == run_try("a", 1, w.functions, w.services)
        assert "2" == w.row().output


def test_workers_that_die_again_and_again_come_to_an_end(tmp_path: Path) -> None:
    with working(tmp_path, {"w": failing}, timeout_s=5, retries=1) as w:
        w.claim()
        for _ in range(2):
            die_in_the_middle(w)
            w.clock.at += 15_000
        assert "timed_out" == run_try("a", 1, w.functions, w.services)
        assert ("timed_out", 2, "WorkerLost") == (w.row().status, w.row().tries, w.row().error)


def die_in_the_middle(w: Working) -> None:
    """The process is gone while the function runs: nothing is written after the lease."""

    class Dying(Functions):
        def call(self, *arguments: Any) -> Any:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_try("a", 1, Dying({"w": failing}), w.services)


def test_the_result_of_a_worker_that_was_given_up_is_thrown_away(tmp_path: Path) -> None:
    """Meanwhile its lease ran out, and another worker began the same attempt."""
    holder: list[Working] = []

    def run(event: Any, context: Any) -> Any:
        w = holder[0]
        if context.tries == 1:
            w.clock.at += 1_000_000
            assert "completed" == run_try("a", 1, w.functions, w.services)
        return context.tries

    with working(tmp_path, {"w": run}) as w:
        holder.append(w)
        w.claim()
        assert "lost" == run_try("a", 1, w.functions, w.services)
        assert ("completed", "2") == (w.row().status, w.row().output)


@pytest.mark.parametrize("end", ["terminate", "restart"])
def test_the_result_of_a_stopped_attempt_is_thrown_away(tmp_path: Path, end: str) -> None:
    holder: list[Working] = []

    def run(event: Any, context: Any) -> Any:
        if end == "terminate":
            instances.terminate("a", holder[0].services, "no more")
        elif context.attempt == 1:
            instances.restart("a", holder[0].services)
        return context.attempt

    with working(tmp_path, {"w": run}) as w:
        holder.append(w)
        w.claim()
        assert "lost" == run_try("a", 1, w.functions, w.services)
        row = w.row()
        if end == "terminate":
            assert ("terminated", "no more", None) == (row.status, row.cause, row.output)
            assert row.expires_at is not None
            return
        assert ("queued", 2, 0) == (row.status, row.attempt, row.tries)
        assert "skipped" == run_try("a", 1, w.functions, w.services)
        assert "completed" == run_try("a", 2, w.functions, w.services)


def test_a_record_of_reconcile_in_between_neither_doubles_nor_loses(tmp_path: Path) -> None:
    """Reconcile saw the row before the lease and writes ``queued`` after it."""
    holder: list[Working] = []

    def run(event: Any, context: Any) -> Any:
        w = holder[0]
        assert reconcile_saw(w)
        assert ("queued", 1) == (w.row().status, w.row().tries)
        assert "skipped" == run_try("a", 1, w.functions, w.services)
        assert "queued" == w.engine.describe("w", "a").status
        return context.tries

    def reconcile_saw(w: Working) -> bool:
        return instances.record_progress("a", 1, Progress("queued"), NOW, w.services)

    with working(tmp_path, {"w": run}) as w:
        holder.append(w)
        w.claim()
        assert "completed" == run_try("a", 1, w.functions, w.services)
        assert ("completed", "1") == (w.row().status, w.row().output)


def test_one_that_is_suspended_before_it_begins_waits_for_its_resume(tmp_path: Path) -> None:
    with working(tmp_path, {"w": lambda event, context: 1}) as w:
        w.claim()
        assert ("suspended", True) == (instances.suspend("a", w.services).status, w.row().held)
        assert "skipped" == run_try("a", 1, w.functions, w.services)
        instances.resume("a", w.services)
        # Once or more: a worker leaves what has begun.
        assert {"a"} == set(w.woken)
        assert "completed" == run_try("a", 1, w.functions, w.services)
