"""What every engine promises (``verihook.model.ports.Engine``). An adapter's tests subclass EngineContract.

A subclass supplies the fixtures ``engine``, ``unreachable`` (an engine whose far side does not answer) and
``definitions`` (the workflows to run), if it must a ``rig`` of its own, and the class variable ``SUSPENDS``.
"""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest

from tests.contracts.engine_operations import OperationsContract
from tests.contracts.engine_rig import Definitions, Rig, a_name
from verihook.errors import EngineRefused, EngineUnavailable
from verihook.model.instance import Progress
from verihook.model.ports import Engine

__all__ = ["Definitions", "EngineContract", "Rig", "a_name"]

CALLERS = 32


class EngineContract(OperationsContract):
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

    @pytest.fixture
    def rig(self, engine: Engine) -> Rig:
        return Rig(engine)

    def test_an_execution_ends_with_its_output(self, rig: Rig, definitions: Definitions) -> None:
        name, value = a_name(), {"order": [1, 2.5, None, True, 'é "quoted" \\ \U0001f4a5']}
        rig.start(definitions.echo, name, json.dumps(value))
        progress = rig.end_of(definitions.echo, name)
        assert progress.status == "completed"
        assert json.loads(progress.output or "") == value
        assert (progress.error, progress.cause) == (None, None)

    def test_a_failure_tells_its_error_and_cause(self, rig: Rig, definitions: Definitions) -> None:
        name = a_name()
        rig.start(definitions.failing, name, "{}")
        assert rig.end_of(definitions.failing, name) == Progress("failed", None, "NoStock", "sold out")

    def test_a_start_repeated_while_it_runs_is_one_execution(self, rig: Rig, definitions: Definitions) -> None:
        name = a_name()
        first = rig.start(definitions.slow, name, '{"a": 1}')
        assert first in ("running", "queued")
        assert rig.start(definitions.slow, name, '{"a": 1}') in ("running", first)
        assert rig.is_running(definitions.slow, name)
        rig.engine.stop(definitions.slow, name, "the test is over")

    def test_a_start_of_a_finished_name_runs_nothing(self, rig: Rig, definitions: Definitions) -> None:
        name = a_name()
        rig.start(definitions.stamp, name, "{}")
        first = rig.end_of(definitions.stamp, name)
        rig.start(definitions.stamp, name, "{}")
        assert rig.engine.describe(definitions.stamp, name) == first

    def test_other_input_under_a_finished_name_changes_nothing(self, rig: Rig, definitions: Definitions) -> None:
        name = a_name()
        rig.start(definitions.echo, name, '"first"')
        first = rig.end_of(definitions.echo, name)
        rig.start(definitions.echo, name, '"second"')
        assert rig.end_of(definitions.echo, name) == first == Progress("completed", '"first"')

    def test_other_input_under_a_running_name_changes_nothing(self, rig: Rig, definitions: Definitions) -> None:
        name = a_name()
        rig.start(definitions.slow, name, '"first"')
        rig.start(definitions.slow, name, '"second"')
        assert rig.is_running(definitions.slow, name)
        rig.engine.stop(definitions.slow, name, "the test is over")

    def test_many_callers_start_one_execution(self, rig: Rig, definitions: Definitions) -> None:
        name, together = a_name(), Barrier(CALLERS)

        def start(_: int) -> Progress:
            together.wait()
            rig.start(definitions.stamp, name, "{}")
            return rig.end_of(definitions.stamp, name)

        with ThreadPoolExecutor(CALLERS) as pool:
            ends = list(pool.map(start, range(CALLERS)))
        assert ends == [ends[0]] * CALLERS
        assert ends[0].status == "completed"

    def test_an_unknown_name_is_none(self, rig: Rig, definitions: Definitions) -> None:
        name = a_name()
        assert rig.engine.describe(definitions.echo, name) is None
        assert rig.engine.steps(definitions.echo, name) == []

    def test_names_of_attempts_are_taken(self, rig: Rig, definitions: Definitions) -> None:
        name = "i" * 64 + ".2"
        rig.start(definitions.echo, name, "1")
        assert rig.end_of(definitions.echo, name) == Progress("completed", "1")
        assert rig.engine.describe(definitions.echo, name[:-2]) is None

    def test_a_stopped_execution_is_terminated(self, rig: Rig, definitions: Definitions) -> None:
        name = a_name()
        rig.start(definitions.slow, name, "{}")
        rig.engine.stop(definitions.slow, name, "asked by the operator")
        progress = rig.end_of(definitions.slow, name)
        assert (progress.status, progress.output, progress.cause) == ("terminated", None, "asked by the operator")

    def test_a_stop_of_an_unknown_or_ended_one_does_nothing(self, rig: Rig, definitions: Definitions) -> None:
        rig.engine.stop(definitions.echo, a_name(), "never started")
        name = a_name()
        rig.start(definitions.echo, name, "1")
        first = rig.end_of(definitions.echo, name)
        rig.engine.stop(definitions.echo, name, "too late")
        assert rig.engine.describe(definitions.echo, name) == first

    def test_the_steps_of_an_execution(self, rig: Rig, definitions: Definitions) -> None:
        name = a_name()
        before = time.time() * 1000 - 1
        rig.start(definitions.echo, name, '{"a": 1}')
        rig.end_of(definitions.echo, name)
        steps = rig.engine.steps(definitions.echo, name)
        assert steps != []
        assert [step.status for step in steps] == ["completed"] * len(steps)
        assert json.loads(steps[-1].output or "") == {"a": 1}
        assert json.loads(steps[0].input or '{"a": 1}') == {"a": 1}
        times = [at for step in steps for at in (step.started_at, step.ended_at or 0)]
        assert before <= times[0] <= times[-1] <= time.time() * 1000 + 1

    def test_the_step_that_failed_tells_why(self, rig: Rig, definitions: Definitions) -> None:
        name = a_name()
        rig.start(definitions.failing, name, "{}")
        rig.end_of(definitions.failing, name)
        failed = [step for step in rig.engine.steps(definitions.failing, name) if step.status == "failed"]
        assert [(step.error, step.cause, step.output) for step in failed] == [("NoStock", "sold out", None)]

    def test_a_running_and_a_stopped_step(self, rig: Rig, definitions: Definitions) -> None:
        name = a_name()
        rig.start(definitions.slow, name, "{}")
        steps = rig.until(lambda: rig.engine.steps(definitions.slow, name) or None, "the first step")
        assert (steps[-1].status, steps[-1].ended_at) == ("running", None)
        rig.engine.stop(definitions.slow, name, "the test is over")
        rig.end_of(definitions.slow, name)
        assert rig.engine.steps(definitions.slow, name)[-1].status == "failed"

    def test_the_largest_input_is_taken(self, rig: Rig, definitions: Definitions) -> None:
        name = a_name()
        text = '"' + "é" * ((rig.engine.max_input - 2) // 2) + '"'
        rig.start(definitions.echo, name, text)
        assert json.loads(rig.end_of(definitions.echo, name).output or "null") == json.loads(text)

    @pytest.mark.parametrize("letter", ["x", "é"])
    def test_a_larger_input_is_refused(self, rig: Rig, definitions: Definitions, letter: str) -> None:
        room = rig.engine.max_input - 2
        width = len(letter.encode())
        text = '"' + letter * (room // width) + "x" * (room % width + 1) + '"'
        assert len(text.encode()) == rig.engine.max_input + 1
        name = a_name()
        with pytest.raises(EngineRefused):
            rig.start(definitions.stamp, name, text)
        assert rig.engine.describe(definitions.stamp, name) is None

    @pytest.mark.parametrize("text", ["", "{", '{"a": NaN}', "nothing"])
    def test_input_that_is_not_json_is_refused(self, rig: Rig, definitions: Definitions, text: str) -> None:
        name = a_name()
        with pytest.raises(EngineRefused):
            rig.start(definitions.echo, name, text)
        assert rig.engine.describe(definitions.echo, name) is None

    def test_a_missing_definition_may_come_yet(self, rig: Rig) -> None:
        with pytest.raises(EngineUnavailable):
            rig.start("no-such-workflow", a_name(), "{}")
        assert rig.engine.describe("no-such-workflow", a_name()) is None

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

    def test_an_operation_of_an_engine_that_does_not_answer(
        self, unreachable: Engine, definitions: Definitions
    ) -> None:
        if definitions.waiting is not None:
            with pytest.raises(EngineUnavailable):
                unreachable.answer("token", "{}")
        if definitions.recovering is not None:
            with pytest.raises(EngineUnavailable):
                unreachable.redrive(definitions.recovering, a_name())
        if definitions.express is not None:
            with pytest.raises(EngineUnavailable):
                unreachable.run(definitions.express, a_name(), "{}")
