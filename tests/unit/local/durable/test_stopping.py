"""A planned stop of the durable functions: held, waited for, closed, and gone on with by the next runner."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest
from aws_durable_execution_sdk_python_testing.executor import Executor

from tests.flows.waiting import PATIENCE_S, wait_until
from tests.unit.local.durable.starting import start
from verihook.local.durable import DurableRunner

FLOW = """
import time
from pathlib import Path

from aws_durable_execution_sdk_python import durable_execution


def step(event, line):
    with Path(event["lines"]).open("a") as file:
        file.write(line + "\\n")
    while not Path(event["go"]).exists():
        time.sleep(0.01)
    return line


@durable_execution
def handler(event, context):
    with Path(event["calls"]).open("a") as file:
        file.write("called\\n")
    first = context.step(lambda _: step(event, "first"), name="First")
    for number in range(int(event["more"])):
        context.step(lambda _: step(event, f"more {number}"), name=f"More {number}")
    return [first, context.step(lambda _: step(event, "second"), name="Second")]
"""


class Rig:
    """A folder with the flow, and what its runners are told to do."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "flow.py").write_text(FLOW)
        self.ends: Queue[dict[str, Any]] = Queue()
        self.event = {name: str(folder / name) for name in ("lines", "calls", "go")} | {"more": "0"}

    def runner(self) -> DurableRunner:
        return DurableRunner(self._folder / "store.db", self._folder, on_end=self.ends.put)

    def start(self, runner: DurableRunner, name: str) -> None:
        assert 202 == start(runner, "flow", name, self.event)

    def lines(self) -> list[str]:
        path = self._folder / "lines"
        return path.read_text().splitlines() if path.exists() else []

    def calls(self) -> int:
        return len((self._folder / "calls").read_text().split())

    def let_go(self) -> None:
        (self._folder / "go").touch()

    def hold_back(self) -> None:
        (self._folder / "go").unlink(missing_ok=True)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    # No step outlives a test that failed.
    made.let_go()


def test_a_step_is_kept_no_other_begins_and_the_next_runner_goes_on(rig: Rig) -> None:
    with rig.runner() as runner:
        rig.start(runner, "a")
        wait_until(lambda: rig.lines() == ["first"])
        assert ["a"] == runner.busy()
        runner.hold()
        # It is accepted, and begins with the next runner.
        rig.start(runner, "late")
        assert ["a"] == runner.busy()
        rig.let_go()
        wait_until(lambda: not runner.busy())
    assert (1, ["first"]) == (rig.calls(), rig.lines())
    assert rig.ends.empty()
    with rig.runner() as runner:
        assert 2 == runner.resume()
        ends = [rig.ends.get(timeout=PATIENCE_S) for _ in range(2)]
    assert [("SUCCEEDED", '["first", "second"]')] * 2 == [(end["status"], end["Result"]) for end in ends]
    assert ["first", "first", "second", "second"] == sorted(rig.lines())


def test_a_stop_at_each_of_many_steps_is_no_fault_of_the_workflow(rig: Rig) -> None:
    """It is suspended for no wait of its own then, which the SDK counts, and fails an execution for in the end."""
    stops = Executor.MAX_CONSECUTIVE_INVALID_PENDING_ATTEMPTS + 1
    rig.event["more"] = str(stops)
    for number in range(stops):
        rig.hold_back()
        with rig.runner() as runner:
            runner.resume() or rig.start(runner, "a")
            wait_until(lambda: len(rig.lines()) == number + 1)  # noqa: B023  # it is looked at here alone
            runner.hold()
            rig.let_go()
            wait_until(lambda: not runner.busy())
    with rig.runner() as runner:
        assert 1 == runner.resume()
        assert "SUCCEEDED" == rig.ends.get(timeout=PATIENCE_S)["status"]
    assert ["first", *(f"more {number}" for number in range(stops)), "second"] == rig.lines()


def test_what_is_interrupted_is_no_death(rig: Rig) -> None:
    for _ in range(4):
        with rig.runner() as runner:
            runner.resume() or rig.start(runner, "a")
            wait_until(lambda: ["a"] == runner.busy())
    rig.let_go()
    with rig.runner() as runner:
        assert 1 == runner.resume()
        assert "SUCCEEDED" == rig.ends.get(timeout=PATIENCE_S)["status"]


def test_a_loop_that_has_ended_is_a_fault_and_keeps_nobody_from_the_stop(rig: Rig) -> None:
    with rig.runner() as runner:
        assert runner.fault() is None
        loop = runner._executions._scheduler._loop
        loop.call_soon_threadsafe(loop.stop)
        wait_until(lambda: runner.fault() is not None)
        assert "The loop that calls durable functions does not answer. Restart the server." == runner.fault()
    loop.close()
