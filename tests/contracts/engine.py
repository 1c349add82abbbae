"""What every engine promises (``verihook.ports.Engine``). An adapter's tests subclass EngineContract.

A subclass supplies three fixtures: ``engine``, ``unreachable`` (an engine whose far side does not answer) and
``definitions``, the workflows to run.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from uuid import uuid4

import pytest

from verihook.errors import EngineRefused, EngineUnavailable
from verihook.instance import FINAL, Progress
from verihook.ports import Engine

CALLERS = 32


@dataclass(frozen=True, slots=True)
class Definitions:
    """Workflows with a known behaviour, by what the engine calls a definition."""

    echo: str  #: ends with its input as the output
    stamp: str  #: ends with another output on every run
    slow: str  #: runs for at least a minute
    failing: str  #: fails with the error ``NoStock`` and the cause ``sold out``


def a_name() -> str:
    """An execution's name, of its own."""
    return f"test_{uuid4().hex}"


def end_of(engine: Engine, definition: str, name: str, seconds: float = 30) -> Progress:
    """How the execution ended."""
    deadline = time.monotonic() + seconds
    progress = None
    while time.monotonic() < deadline:
        progress = engine.describe(definition, name)
        if progress is not None and progress.status in FINAL:
            return progress
        time.sleep(0.01)
    raise AssertionError(f"{name} has not ended in {seconds} s: {progress}")


class EngineContract:
    """The promises, for every engine."""

    @pytest.fixture
    def engine(self) -> Engine:
        raise NotImplementedError

    @pytest.fixture
    def unreachable(self) -> Engine:
        raise NotImplementedError

    @pytest.fixture
    def definitions(self) -> Definitions:
        raise NotImplementedError

    def test_an_execution_ends_with_its_output(self, engine: Engine, definitions: Definitions) -> None:
        name, value = a_name(), {"order": [1, 2.5, None, True, 'é "quoted" \\ \U0001f4a5']}
        engine.start(definitions.echo, name, json.dumps(value))
        progress = end_of(engine, definitions.echo, name)
        assert progress.status == "completed"
        assert json.loads(progress.output or "") == value
        assert (progress.error, progress.cause) == (None, None)

    def test_a_failure_tells_its_error_and_cause(self, engine: Engine, definitions: Definitions) -> None:
        name = a_name()
        engine.start(definitions.failing, name, "{}")
        assert end_of(engine, definitions.failing, name) == Progress("failed", None, "NoStock", "sold out")

    def test_a_start_repeated_while_it_runs_is_one_execution(self, engine: Engine, definitions: Definitions) -> None:
        name = a_name()
        engine.start(definitions.slow, name, '{"a": 1}')
        engine.start(definitions.slow, name, '{"a": 1}')
        assert engine.describe(definitions.slow, name) == Progress("running")
        engine.stop(definitions.slow, name, "the test is over")

    def test_a_start_of_a_finished_name_runs_nothing(self, engine: Engine, definitions: Definitions) -> None:
        name = a_name()
        engine.start(definitions.stamp, name, "{}")
        first = end_of(engine, definitions.stamp, name)
        engine.start(definitions.stamp, name, "{}")
        assert engine.describe(definitions.stamp, name) == first

    def test_other_input_under_a_finished_name_changes_nothing(self, engine: Engine, definitions: Definitions) -> None:
        name = a_name()
        engine.start(definitions.echo, name, '"first"')
        first = end_of(engine, definitions.echo, name)
        engine.start(definitions.echo, name, '"second"')
        assert end_of(engine, definitions.echo, name) == first == Progress("completed", '"first"')

    def test_other_input_under_a_running_name_changes_nothing(self, engine: Engine, definitions: Definitions) -> None:
        name = a_name()
        engine.start(definitions.slow, name, '"first"')
        engine.start(definitions.slow, name, '"second"')
        assert engine.describe(definitions.slow, name) == Progress("running")
        engine.stop(definitions.slow, name, "the test is over")

    def test_many_callers_start_one_execution(self, engine: Engine, definitions: Definitions) -> None:
        name, together = a_name(), Barrier(CALLERS)

        def start(_: int) -> Progress:
            together.wait()
            engine.start(definitions.stamp, name, "{}")
            return end_of(engine, definitions.stamp, name)

        with ThreadPoolExecutor(CALLERS) as pool:
            ends = list(pool.map(start, range(CALLERS)))
        assert ends == [ends[0]] * CALLERS
        assert ends[0].status == "completed"

    def test_an_unknown_name_is_none(self, engine: Engine, definitions: Definitions) -> None:
        name = a_name()
        assert engine.describe(definitions.echo, name) is None
        assert engine.steps(definitions.echo, name) == []

    def test_names_of_attempts_are_taken(self, engine: Engine, definitions: Definitions) -> None:
        name = "i" * 64 + ".2"
        engine.start(definitions.echo, name, "1")
        assert end_of(engine, definitions.echo, name) == Progress("completed", "1")
        assert engine.describe(definitions.echo, name[:-2]) is None

    def test_a_stopped_execution_is_terminated(self, engine: Engine, definitions: Definitions) -> None:
        name = a_name()
        engine.start(definitions.slow, name, "{}")
        engine.stop(definitions.slow, name, "asked by the operator")
        progress = end_of(engine, definitions.slow, name)
        assert (progress.status, progress.output, progress.cause) == ("terminated", None, "asked by the operator")

    def test_a_stop_of_an_unknown_or_ended_one_does_nothing(self, engine: Engine, definitions: Definitions) -> None:
        engine.stop(definitions.echo, a_name(), "never started")
        name = a_name()
        engine.start(definitions.echo, name, "1")
        first = end_of(engine, definitions.echo, name)
        engine.stop(definitions.echo, name, "too late")
        assert engine.describe(definitions.echo, name) == first

    def test_the_steps_of_an_execution(self, engine: Engine, definitions: Definitions) -> None:
        name = a_name()
        before = time.time() * 1000 - 1
        engine.start(definitions.echo, name, '{"a": 1}')
        end_of(engine, definitions.echo, name)
        steps = engine.steps(definitions.echo, name)
        assert steps != []
        assert [step.status for step in steps] == ["completed"] * len(steps)
        assert json.loads(steps[-1].output or "") == {"a": 1}
        times = [at for step in steps for at in (step.started_at, step.ended_at or 0)]
        assert before <= times[0] <= times[-1] <= time.time() * 1000 + 1

    def test_a_running_and_a_stopped_step(self, engine: Engine, definitions: Definitions) -> None:
        name = a_name()
        engine.start(definitions.slow, name, "{}")
        deadline = time.monotonic() + 10
        while not (steps := engine.steps(definitions.slow, name)) and time.monotonic() < deadline:
            time.sleep(0.01)
        assert (steps[-1].status, steps[-1].ended_at) == ("running", None)
        engine.stop(definitions.slow, name, "the test is over")
        end_of(engine, definitions.slow, name)
        assert engine.steps(definitions.slow, name)[-1].status == "failed"

    def test_the_largest_input_is_taken(self, engine: Engine, definitions: Definitions) -> None:
        name = a_name()
        text = '"' + "é" * ((engine.max_input - 2) // 2) + '"'
        engine.start(definitions.echo, name, text)
        assert json.loads(end_of(engine, definitions.echo, name).output or "null") == json.loads(text)

    @pytest.mark.parametrize("letter", ["x", "é"])
    def test_a_larger_input_is_refused(self, engine: Engine, definitions: Definitions, letter: str) -> None:
        room = engine.max_input - 2
        width = len(letter.encode())
        text = '"' + letter * (room // width) + "x" * (room % width + 1) + '"'
        assert len(text.encode()) == engine.max_input + 1
        name = a_name()
        with pytest.raises(EngineRefused):
            engine.start(definitions.stamp, name, text)
        assert engine.describe(definitions.stamp, name) is None

    @pytest.mark.parametrize("text", ["", "{", '{"a": NaN}', "nothing"])
    def test_input_that_is_not_json_is_refused(self, engine: Engine, definitions: Definitions, text: str) -> None:
        name = a_name()
        with pytest.raises(EngineRefused):
            engine.start(definitions.echo, name, text)
        assert engine.describe(definitions.echo, name) is None

    def test_a_missing_definition_may_come_yet(self, engine: Engine) -> None:
        with pytest.raises(EngineUnavailable):
            engine.start("no-such-workflow", a_name(), "{}")
        assert engine.describe("no-such-workflow", a_name()) is None

    def test_an_engine_that_does_not_answer_is_unavailable(self, unreachable: Engine, definitions: Definitions) -> None:
        name = a_name()
        with pytest.raises(EngineUnavailable):
            unreachable.start(definitions.echo, name, "{}")
        with pytest.raises(EngineUnavailable):
            unreachable.describe(definitions.echo, name)
        with pytest.raises(EngineUnavailable):
            unreachable.stop(definitions.echo, name, "cause")
        with pytest.raises(EngineUnavailable):
            unreachable.steps(definitions.echo, name)
