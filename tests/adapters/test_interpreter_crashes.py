"""A killed interpreter loses nothing, and an end is reported once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.adapters.interpreter_machines import STAMP, client_of, machine, wait_for
from tests.adapters.own_process import own_process
from tests.boto_clients import translated
from tests.contracts.engine import Rig
from verihook.adapters.engines.stepfunctions import StepFunctionsEngine
from verihook.errors import EngineUnavailable
from verihook.local.runner import ARN_PREFIX
from verihook.model.instance import Progress


@contextmanager
def process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Rig]]:
    """An interpreter in a process of its own; killed at the end, if not before."""
    with own_process("tests.adapters.interpreter_process", folder) as (running, url):
        yield running, Rig(StepFunctionsEngine(translated(client_of(url)), ARN_PREFIX))


def ends_in(folder: Path) -> list[str]:
    """The names of what ended, one for each end."""
    path = folder / "ends"
    return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []


def told(folder: Path, rig: Rig, *names: str) -> None:
    """Wait until these ends are reported, which they are after they can be seen; and no other."""
    rig.until(lambda: ends_in(folder)[: len(names)] == [*names] or None, f"the ends of {names} are told")
    assert ends_in(folder) == [*names]


def tokens_in(folder: Path) -> list[str]:
    """The tokens of what waited, one for each wait."""
    path = folder / "tokens"
    return path.read_text().split() if path.exists() else []


class TestDurability:
    """SIGKILL at the worst moments, and a new process on the same journal."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        slow = machine({"Type": "Wait", "Seconds": 2}, {"Type": "Pass", "Output": {"got": "{% $states.input %}"}})
        (tmp_path / "slow.asl.json").write_text(slow)
        (tmp_path / "stamp.asl.json").write_text(machine(STAMP))
        return tmp_path

    def test_a_killed_execution_ends_once(self, folder: Path) -> None:
        with process(folder) as (_, rig):
            rig.start("stamp", "finished", "{}")
            finished = rig.end_of("stamp", "finished")
            told(folder, rig, "finished")
        killed = (self.killed(folder, f"killed{number}") for number in range(10))
        name = next(name for name in killed if name not in ends_in(folder))
        before = ends_in(folder)
        with process(folder) as (_, rig):
            rig.start("slow", name, '{"a": 1}')
            assert rig.end_of("slow", name) == Progress("completed", '{"got":{"a":1}}')
            told(folder, rig, *before, name)
            rig.start("stamp", "finished", "{}")
            assert rig.engine.describe("stamp", "finished") == finished
            assert [step.name for step in rig.engine.steps("stamp", "finished")] == ["s0"]
        assert ends_in(folder) == [*before, name]

    def killed(self, folder: Path, name: str) -> str:
        """The same name, after the process was killed in the two seconds of its execution, or after them if busy."""
        with process(folder) as (running, rig):
            rig.start("slow", name, '{"a": 1}')
            rig.until(lambda: rig.engine.steps("slow", name) or None, "its first state")
            running.kill()
            running.wait()
        return name

    def test_every_acknowledged_start_ends_after_a_kill_in_the_middle(self, folder: Path) -> None:
        acknowledged: list[str] = []

        def start(number: int) -> None:
            try:
                rig.start("stamp", f"n{number}", "{}")
            except EngineUnavailable:
                return
            acknowledged.append(f"n{number}")
            if len(acknowledged) >= 40:
                running.kill()

        with process(folder) as (running, rig), ThreadPoolExecutor(8) as pool:
            list(pool.map(start, range(200)))
        assert 40 <= len(acknowledged) < 200
        before = ends_in(folder)
        with process(folder) as (_, rig):
            assert {rig.end_of("stamp", name).status for name in acknowledged} == {"completed"}
        again = ends_in(folder)[len(before) :]
        assert set(before) & set(again) == set()
        assert len(again) == len(set(again))

    def test_a_killed_wait_keeps_its_token_and_what_was_done_is_not_done_again(self, folder: Path) -> None:
        chain = machine({"Type": "Pass"}, STAMP | {"Assign": {"stamp": "{% $uuid() %}"}}, wait_for("approved", 60))
        with_stamp = json.loads(chain)
        with_stamp["States"]["s2"]["Output"] = "{% [$stamp, $states.result] %}"
        (folder / "waits.asl.json").write_text(json.dumps(with_stamp))
        with process(folder) as (running, rig):
            rig.start("waits", "w1", "{}")
            first = rig.until(lambda: tokens_in(folder) or None, "the first wait")[0]
            before = rig.engine.steps("waits", "w1")
            running.kill()
            running.wait()
        with process(folder) as (running, rig):
            # Who was given the token before the kill can still answer, once.
            assert rig.engine.answer(first, '"yes"') is True
            assert rig.engine.answer(first, '"late"') is False
            progress = rig.end_of("waits", "w1")
            steps = rig.engine.steps("waits", "w1")
            assert set(tokens_in(folder)) == {first}
            assert progress.status == "completed"
            assert json.loads(progress.output or "")[1] == "yes"
            assert [step.name for step in steps] == ["s0", "s1", "s2"]
            assert steps[:2] == before[:2]
            told(folder, rig, "w1")

    def test_a_redrive_that_is_killed_goes_on(self, folder: Path) -> None:
        (folder / "waits.asl.json").write_text(machine({"Type": "Pass"}, wait_for("approved", 60)))
        with process(folder) as (running, rig):
            rig.start("waits", "w1", "{}")
            rig.until(lambda: rig.engine.steps("waits", "w1")[1:] or None, "its wait")
            rig.engine.stop("waits", "w1", "a mistake")
            told(folder, rig, "w1")
            assert rig.engine.redrive("waits", "w1") is True
            assert rig.is_running("waits", "w1")
            running.kill()
            running.wait()
        with process(folder) as (running, rig):
            assert rig.is_running("waits", "w1")
            rig.until(lambda: rig.engine.steps("waits", "w1")[1:] or None, "its wait")
            rig.until(lambda: any(rig.engine.answer(token, "1") for token in tokens_in(folder)) or None, "its answer")
            assert rig.end_of("waits", "w1") == Progress("completed", "1")
            assert [step.name for step in rig.engine.steps("waits", "w1")] == ["s0", "s1"]
            told(folder, rig, "w1", "w1")
