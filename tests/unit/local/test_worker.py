"""Threads run what they are woken for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Barrier, Event, Thread
from threading import enumerate as enumerate_threads
from typing import Any

import pytest

from tests.flows.waiting import wait_until
from tests.unit.working import Working, working
from verihook.adapters.clock import SystemClock
from verihook.errors import EngineUnavailable
from verihook.instances.reconcile import reconcile
from verihook.local.worker import Worker
from verihook.model.instance import FINAL
from verihook.worker import leases
from verihook.worker.functions import Functions


def ended(w: Working, *ids: str) -> Callable[[], bool]:
    return lambda: all(w.row(instance_id).status in FINAL for instance_id in ids)


def test_functions_run_beside_each_other(tmp_path: Path) -> None:
    together = Barrier(3)
    runs = {"w": lambda event, context: together.wait(60) * 0}
    worker = Worker(Functions(runs), threads=3, of_one=3)
    with working(tmp_path, runs, SystemClock(), worker.wake) as w:
        for instance_id in "abc":
            w.claim(instance_id)
            w.engine.start("w", instance_id, "{}")
        worker.start(w.services)
        wait_until(ended(w, *"abc"))
        worker.close()
        assert ["completed"] * 3 == [w.row(instance_id).status for instance_id in "abc"]


def test_slow_functions_of_one_workflow_leave_a_thread_for_anothers(tmp_path: Path) -> None:
    release = Event()
    runs = {"slow": lambda event, context: release.wait(60), "quick": lambda event, context: 1}
    worker = Worker(Functions(runs), threads=3, of_one=2)
    with working(tmp_path, runs, SystemClock(), worker.wake) as w:
        for number in range(5):
            w.claim(f"s{number}", "slow")
            w.engine.start("slow", f"s{number}", "{}")
        w.claim("q", "quick")
        w.engine.start("quick", "q", "{}")
        worker.start(w.services)
        wait_until(ended(w, "q"))
        assert not any(w.row(f"s{number}").status in FINAL for number in range(5))
        assert worker.busy() == ["s0", "s1"]
        release.set()
        wait_until(ended(w, *(f"s{number}" for number in range(5))))
        worker.close()


def test_a_name_that_waits_waits_once(tmp_path: Path) -> None:
    looks: list[str] = []

    class Counting(Worker):
        def _run_one(self, name: str, services: Any) -> None:
            looks.append(name)

    worker = Counting(Functions({}), threads=1)
    for _ in range(10):
        worker.wake("a")
    worker.wake("b")
    with working(tmp_path, {}, SystemClock()) as w:
        worker.start(w.services)
        wait_until(lambda: len(looks) == 2)
        worker.wake("a")
        wait_until(lambda: looks == ["a", "b", "a"])
        worker.close()


def test_what_goes_wrong_is_told_and_the_next_has_its_turn(tmp_path: Path) -> None:
    runs = {"w": lambda event, context: 1}
    worker = Worker(Functions(runs), threads=1)
    with working(tmp_path, runs, SystemClock(), worker.wake) as w:
        w.claim(input="no JSON", workflow="w", instance_id="bad")
        w.claim("good")
        worker.wake("no name of ours!")
        worker.wake("bad")
        worker.wake("good")
        worker.start(w.services)
        wait_until(ended(w, "good", "bad"))
        worker.close()
        assert ("failed", "completed") == (w.row("bad").status, w.row("good").status)


def test_a_defect_does_not_end_the_thread(tmp_path: Path) -> None:
    class Defective(Functions):
        def call(self, *arguments: Any) -> Any:
            raise RuntimeError("a defect")

        def __contains__(self, definition: object) -> bool:
            if definition == "broken":
                raise RuntimeError("a defect")
            return super().__contains__(definition)

    runs = {"w": lambda event, context: 1, "broken": lambda event, context: 1}
    worker = Worker(Defective(runs), threads=1)
    with working(tmp_path, runs, SystemClock(), worker.wake, retries=0) as w:
        w.claim("a", "broken")
        w.claim("b", "w")
        worker.wake("a")
        worker.wake("b")
        worker.start(w.services)
        wait_until(ended(w, "b"))
        worker.close()
        assert "worker a" in [where for where, _ in w.told.failures]


def test_a_failed_try_is_repeated_by_reconcile(tmp_path: Path) -> None:
    def run(event: Any, context: Any) -> Any:
        if context.tries < 3:
            raise ValueError("not yet")
        return context.tries

    worker = Worker(Functions({"w": run}), threads=2)
    with working(tmp_path, {"w": run}, SystemClock(), worker.wake, backoff_s=0) as w:
        w.claim()
        worker.start(w.services)
        worker.wake("a")

        def done() -> bool:
            reconcile(w.services)
            return w.row().status in FINAL

        wait_until(done)
        worker.close()
        assert ("completed", "3", 3) == (w.row().status, w.row().output, w.row().tries)


def test_close_gives_back_what_runs_and_begins_nothing_more(tmp_path: Path) -> None:
    begun, release = Event(), Event()

    def run(event: Any, context: Any) -> Any:
        begun.set()
        release.wait(120)

    worker = Worker(Functions({"w": run}), threads=1)
    with working(tmp_path, {"w": run}, SystemClock(), worker.wake) as w:
        w.claim("a")
        w.claim("b")
        worker.wake("a")
        worker.start(w.services)
        assert begun.wait(60)
        worker.wake("b")
        closing = Thread(target=worker.close)
        closing.start()
        closing.join(60)
        assert not closing.is_alive()
        with pytest.raises(EngineUnavailable):
            worker.wake("c")
        given_back = w.row("a")
        assert ("queued", 0, None) == (given_back.status, given_back.tries, given_back.leased_until)
        assert leases.may_begin(given_back, 1, w.services.clock.now_ms())
        release.set()
        wait_until(lambda: not [thread for thread in enumerate_threads() if thread.name.startswith("worker")])
        assert given_back == w.row("a")
        assert ("queued", 0) == (w.row("b").status, w.row("b").tries)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_threads_that_have_ended_are_a_fault(tmp_path: Path) -> None:
    class Leaving(Worker):
        def _run_one(self, name: str, services: Any) -> None:
            raise SystemExit

    worker = Leaving(Functions({}), threads=3)
    with working(tmp_path, {}, SystemClock()) as w:
        worker.start(w.services)
        assert worker.fault() is None
        worker.wake("a")
        wait_until(lambda: worker.fault() is not None)
        assert "1 of the 3 threads that run functions have ended. Restart the server." == worker.fault()
        worker.close()
        assert worker.fault() is None


def test_what_is_held_runs_to_its_end(tmp_path: Path) -> None:
    begun, release = Event(), Event()

    def run(event: Any, context: Any) -> Any:
        begun.set()
        release.wait(120)
        return 7

    worker = Worker(Functions({"w": run}), threads=2)
    with working(tmp_path, {"w": run}, SystemClock(), worker.wake, retries=0) as w:
        w.claim("a")
        worker.wake("a")
        worker.start(w.services)
        assert begun.wait(60)
        worker.wake("a")
        wait_until(lambda: worker.busy() == ["a"])
        worker.hold()
        with pytest.raises(EngineUnavailable):
            worker.wake("b")
        release.set()
        wait_until(lambda: worker.busy() == [])
        assert ("completed", "7") == (w.row("a").status, w.row("a").output)
        worker.close()
