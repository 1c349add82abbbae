"""A killed runner loses nothing, and no completed step runs twice."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from tests.adapters.durable_workflows import write_workflows
from tests.adapters.own_process import own_process
from tests.adapters.test_durable_engine import DurableRig
from tests.contracts.engine import a_name
from verihook.errors import ConfigurationError, EngineUnavailable
from verihook.local.durable import DurableRunner
from verihook.model.instance import Progress


@contextmanager
def process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], DurableRig]]:
    """A runner in a process of its own; killed at the end, if not before."""
    with own_process("tests.adapters.durable_process", folder) as (running, url):
        yield running, DurableRig(url)


def kill(running: subprocess.Popen[str]) -> None:
    """SIGKILL, and no process any more."""
    running.kill()
    running.wait()


# Each waits for processes that are killed and start again.
@pytest.mark.in_turn
class TestDurability:
    """SIGKILL at the worst moments, and a new process on the same store."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return write_workflows(tmp_path)

    @pytest.fixture
    def notes(self, folder: Path) -> Callable[[], list[str]]:
        def read() -> list[str]:
            path = folder / "notes"
            return path.read_text().split() if path.exists() else []

        return read

    def running_step(self, rig: DurableRig, definition: str, name: str) -> None:
        """The second step has begun; on a busy machine it may be over."""
        rig.until(lambda: len(rig.engine.steps(definition, name)) >= 2 or None, "the second step")

    def test_a_step_that_kills_the_process_ends_its_workflow(
        self, folder: Path, notes: Callable[[], list[str]]
    ) -> None:
        with process(folder) as (running, rig):
            rig.start("wait-between", "w", json.dumps({"seconds": 4}))
            self.running_step(rig, "wait-between", "w")
            with suppress(EngineUnavailable):
                rig.start("deadly", "d", "1")
            running.wait(60)
        for _ in range(2):
            with process(folder) as (running, _):
                running.wait(60)
        with process(folder) as (running, rig):
            end = rig.end_of("deadly", "d")
            assert (end.status, end.error) == ("failed", "WorkerLost")
            assert "died 3 times" in (end.cause or "")
            # What only waited meanwhile goes on.
            assert rig.end_of("wait-between", "w").status == "completed"
            assert ["dies"] * 3 == [note for note in notes() if note == "dies"]

    def test_a_planned_stop_is_no_death(self, folder: Path, notes: Callable[[], list[str]]) -> None:
        def closed() -> bool | None:
            with closing(sqlite3.connect(folder / "store.db")) as store, suppress(sqlite3.OperationalError):
                return bool(store.execute("SELECT count(*) FROM calls").fetchone())
            return None

        def noted_more_than(number: int) -> bool | None:
            return len(notes()) > number or None

        for stop in range(4):
            with process(folder) as (running, rig):
                rig.start("busy", "b", "1")
                rig.until(partial(noted_more_than, stop), "the step")
                standard_input, running.stdin = running.stdin, None
                assert standard_input is not None
                standard_input.close()
                rig.until(closed, "the end of the runner")
        (folder / "go").touch()
        with process(folder) as (_, rig):
            assert rig.end_of("busy", "b").status == "completed"

    @pytest.mark.parametrize("seconds", [1, 4])
    def test_in_a_wait(self, folder: Path, notes: Callable[[], list[str]], seconds: int) -> None:
        with process(folder) as (running, rig):
            rig.start("wait-between", "w", json.dumps({"seconds": seconds}))
            began = time.time()
            self.running_step(rig, "wait-between", "w")
            kill(running)
        if seconds == 1:  # this wait ends while nothing runs
            time.sleep(max(0.0, began + 1.2 - time.time()))
        with process(folder) as (_, rig):
            assert rig.end_of("wait-between", "w") == Progress("completed", '"done"')
            assert time.time() - began >= seconds
            assert [step.status for step in rig.engine.steps("wait-between", "w")] == ["completed"] * 3
        assert notes() == ["first", "second"]

    def test_in_a_retry(self, folder: Path, notes: Callable[[], list[str]]) -> None:
        with process(folder) as (running, rig):
            rig.start("retry-between", "r", "{}")
            errors = ["OSError"]
            rig.until(
                lambda: [step.error for step in rig.engine.steps("retry-between", "r")][1:] == errors or None, "a try"
            )
            kill(running)
        # It is tried every two seconds: a busy machine may have come to more than one.
        before = notes()
        assert (before[0], {"try"}) == ("first", set(before[1:]))
        (folder / "mended").touch()
        with process(folder) as (_, rig):
            assert rig.end_of("retry-between", "r") == Progress("completed", '"worked"')
            steps = rig.engine.steps("retry-between", "r")
        assert [(step.name, step.status, step.error) for step in steps] == [
            ("First", "completed", None),
            ("Work", "completed", None),
        ]
        assert notes() == [*before, "try"]

    def test_while_it_waits_for_a_callback(self, folder: Path, notes: Callable[[], list[str]]) -> None:
        with process(folder) as (running, rig):
            rig.start("callback-between", "answered", '{"seconds": 60}')
            rig.start("callback-between", "expires", '{"seconds": 2}')
            token = rig.token_of("answered")
            rig.token_of("expires")
            kill(running)
        with process(folder) as (_, rig):
            assert rig.engine.answer(token, '"paid"') is True
            assert rig.end_of("callback-between", "answered") == Progress("completed", '"\\"paid\\""')
            assert rig.end_of("callback-between", "expires") == Progress("completed", '"expired"')
            assert rig.engine.answer(token, '"paid"') is False
        assert notes() == ["first", "first"]

    def test_in_a_step(self, folder: Path, notes: Callable[[], list[str]]) -> None:
        with process(folder) as (running, rig):
            rig.start("busy", "b", "{}")
            rig.until(lambda: notes() == ["begin"] or None, "the step runs")
            kill(running)
        (folder / "go").touch()
        with process(folder) as (_, rig):
            assert rig.end_of("busy", "b") == Progress("completed", '"done"')
        assert notes() == ["begin", "begin", "end", "after"]

    def test_a_pause_outlives_the_process(self, folder: Path, notes: Callable[[], list[str]]) -> None:
        with process(folder) as (running, rig):
            # It waits a second: a busy machine may come too late, and has another try.
            name = rig.until(partial(self.suspended, rig), "a wait that is suspended before its end")
            before = notes()
            kill(running)
        with process(folder) as (_, rig):
            rig.until(
                lambda: rig.engine.steps("wait-between", name)[-1].status == "completed" or None, "the wait is over"
            )
            for _ in range(20):
                rig.advance()
            assert rig.engine.describe("wait-between", name) == Progress("suspended")
            assert notes() == before
            rig.engine.resume("wait-between", name)
            assert rig.end_of("wait-between", name) == Progress("completed", '"done"')
        assert notes() == [*before, "second"]

    def suspended(self, rig: DurableRig) -> str | None:
        """The name of an execution that was suspended in its wait; None if that was over."""
        rig.start("wait-between", name := a_name(), '{"seconds": 1}')
        self.running_step(rig, "wait-between", name)
        held = rig.engine.suspend("wait-between", name)
        if len(rig.engine.steps("wait-between", name)) > 2:
            return None
        assert held
        return name

    def test_what_has_ended_stays_as_it_is(self, folder: Path) -> None:
        with process(folder) as (running, rig):
            rig.start("stamp", "finished", "{}")
            finished = rig.end_of("stamp", "finished")
            rig.start("slow", "stopped", "{}")
            rig.engine.stop("slow", "stopped", "asked by the operator")
            kill(running)
        with process(folder) as (_, rig):
            rig.start("stamp", "finished", "{}")
            assert rig.engine.describe("stamp", "finished") == finished
            assert [step.name for step in rig.engine.steps("stamp", "finished")] == ["Stamp"]
            assert rig.engine.describe("slow", "stopped") == Progress(
                "terminated", None, "Terminated", "asked by the operator"
            )

    def test_every_acknowledged_start_ends_once_after_a_kill_in_the_middle(self, folder: Path) -> None:
        acknowledged: list[str] = []

        def start(number: int) -> None:
            try:
                rig.start("stamp", f"n{number}", "{}")
            except EngineUnavailable:
                return
            acknowledged.append(f"n{number}")
            if len(acknowledged) >= 20:
                running.kill()

        with process(folder) as (running, rig), ThreadPoolExecutor(8) as pool:
            list(pool.map(start, range(100)))
        assert 20 <= len(acknowledged) < 100
        with process(folder) as (_, rig):
            assert {rig.end_of("stamp", name).status for name in acknowledged} == {"completed"}

    def test_two_processes_do_not_share_a_store(self, folder: Path) -> None:
        with process(folder), pytest.raises(ConfigurationError, match="another process"):
            DurableRunner(folder / "store.db", folder).start()
