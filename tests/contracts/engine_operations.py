"""What every engine promises of the operations on an execution. If it cannot, it says so in words."""

from __future__ import annotations

import json
from typing import ClassVar, Literal

import pytest

from tests.contracts.engine_rig import Definitions, Rig, a_name
from verihook.errors import EngineRefused, NotSupported
from verihook.model.instance import Progress
from verihook.model.ports import Engine

#: The largest payload of an answer, in bytes: what SendTaskSuccess and SendDurableExecutionCallbackSuccess take.
MAX_ANSWER = 262_144


class OperationsContract:
    """Suspend, answer, redrive, run, forget. A subclass says with ``SUSPENDS`` who can suspend its executions."""

    #: ``engine``: it does itself; ``gate``: only a gate in the workflow can; ``nobody``.
    SUSPENDS: ClassVar[Literal["engine", "gate", "nobody"]] = "gate"

    def test_an_answer_ends_the_wait(self, rig: Rig, definitions: Definitions) -> None:
        definition, name = _or_skip(definitions.waiting), a_name()
        rig.start(definition, name, "{}")
        token = rig.token_of(name)
        assert rig.is_running(definition, name)
        payload = {"by": 'é "quoted" \\', "amount": 2.5, "none": None}
        assert rig.engine.answer(token, json.dumps(payload)) is True
        progress = rig.end_of(definition, name)
        assert (progress.status, json.loads(progress.output or "")) == ("completed", payload)
        assert rig.engine.answer(token, '"again"') is False
        assert rig.engine.describe(definition, name) == progress

    def test_the_largest_answer_is_taken(self, rig: Rig, definitions: Definitions) -> None:
        definition, name = _or_skip(definitions.waiting), a_name()
        rig.start(definition, name, "{}")
        payload = '"' + "é" * ((MAX_ANSWER - 2) // 2) + '"'
        assert rig.engine.answer(rig.token_of(name), payload) is True
        assert json.loads(rig.end_of(definition, name).output or "null") == json.loads(payload)

    @pytest.mark.parametrize("letter", ["x", "é"])
    def test_a_larger_answer_is_refused_and_the_wait_goes_on(
        self, rig: Rig, definitions: Definitions, letter: str
    ) -> None:
        definition, name = _or_skip(definitions.waiting), a_name()
        rig.start(definition, name, "{}")
        token, room = rig.token_of(name), MAX_ANSWER - 2
        width = len(letter.encode())
        with pytest.raises(EngineRefused):
            rig.engine.answer(token, '"' + letter * (room // width) + "x" * (room % width + 1) + '"')
        assert rig.engine.answer(token, "1") is True
        assert rig.end_of(definition, name) == Progress("completed", "1")

    def test_nobody_waits_with_this_token(self, rig: Rig, definitions: Definitions) -> None:
        if definitions.waiting is None:
            with pytest.raises(NotSupported):
                rig.engine.answer("no-such-token", "{}")
            return
        assert rig.engine.answer("no-such-token", "{}") is False

    def test_nobody_waits_after_the_timeout(self, rig: Rig, definitions: Definitions) -> None:
        definition, name = _or_skip(definitions.expiring), a_name()
        rig.start(definition, name, "{}")
        token = rig.token_of(name)
        assert rig.end_of(definition, name) == Progress("completed", '"expired"')
        assert rig.engine.answer(token, "1") is False

    def test_nobody_waits_after_a_stop(self, rig: Rig, definitions: Definitions) -> None:
        definition, name = _or_skip(definitions.waiting), a_name()
        rig.start(definition, name, "{}")
        token = rig.token_of(name)
        rig.engine.stop(definition, name, "asked by the operator")
        progress = rig.end_of(definition, name)
        assert rig.engine.answer(token, "1") is False
        assert rig.engine.describe(definition, name) == progress

    def test_a_redrive_goes_on_where_it_failed(self, rig: Rig, definitions: Definitions) -> None:
        definition, name = _or_skip(definitions.recovering), a_name()
        rig.start(definition, name, '{"a": 1}')
        assert rig.end_of(definition, name).status == "failed"
        first = rig.engine.steps(definition, name)
        assert (len(first), first[0].status, first[-1].status) == (2, "completed", "failed")
        assert rig.engine.redrive(definition, name) is True
        progress = rig.end_of(definition, name)
        assert (progress.status, json.loads(progress.output or "")) == ("completed", {"a": 1})
        assert (progress.error, progress.cause) == (None, None)
        steps = rig.engine.steps(definition, name)
        assert steps[0] == first[0]
        assert [step.name for step in steps].count(first[0].name) == 1
        assert (steps[-1].name, steps[-1].status) == (first[-1].name, "completed")

    def test_what_did_not_fail_is_not_redriven(self, rig: Rig, definitions: Definitions) -> None:
        assert rig.engine.redrive(definitions.echo, a_name()) is False
        name = a_name()
        rig.start(definitions.echo, name, "1")
        first = rig.end_of(definitions.echo, name)
        assert rig.engine.redrive(definitions.echo, name) is False
        assert rig.engine.describe(definitions.echo, name) == first

    def test_what_has_to_begin_anew_is_left_as_it_is(self, rig: Rig, definitions: Definitions) -> None:
        if definitions.recovering is not None:
            pytest.skip("this engine redrives")
        name = a_name()
        rig.start(definitions.failing, name, "{}")
        first = rig.end_of(definitions.failing, name)
        assert rig.engine.redrive(definitions.failing, name) is False
        assert rig.engine.describe(definitions.failing, name) == first

    def test_a_suspended_execution_waits_for_its_resume(self, rig: Rig, definitions: Definitions) -> None:
        if self.SUSPENDS != "engine":
            pytest.skip("this engine does not suspend by itself")
        definition, name = _or_skip(definitions.waiting), a_name()
        rig.start(definition, name, "{}")
        token = rig.token_of(name)
        assert rig.engine.suspend(definition, name) is True
        assert rig.engine.describe(definition, name) == Progress("suspended")
        assert rig.engine.suspend(definition, name) is True
        rig.engine.answer(token, '"paid"')
        for _ in range(20):
            rig.advance()
        assert rig.engine.describe(definition, name) == Progress("suspended")
        rig.engine.resume(definition, name)
        assert rig.end_of(definition, name) == Progress("completed", '"paid"')

    def test_a_suspend_that_only_a_gate_can_do(self, rig: Rig, definitions: Definitions) -> None:
        if self.SUSPENDS == "engine":
            pytest.skip("this engine suspends by itself")
        name = a_name()
        rig.start(definitions.slow, name, "{}")
        before = rig.engine.describe(definitions.slow, name)
        if self.SUSPENDS == "gate":
            assert rig.engine.suspend(definitions.slow, name) is False
        else:
            with pytest.raises(NotSupported):
                rig.engine.suspend(definitions.slow, name)
        assert rig.engine.describe(definitions.slow, name) == before
        rig.engine.stop(definitions.slow, name, "the test is over")

    def test_a_resume_of_what_is_not_suspended_changes_nothing(self, rig: Rig, definitions: Definitions) -> None:
        if self.SUSPENDS == "nobody":
            pytest.skip("nobody suspends here")
        name = a_name()
        rig.start(definitions.slow, name, "{}")
        before = rig.engine.describe(definitions.slow, name)
        rig.engine.resume(definitions.slow, name)
        assert rig.engine.describe(definitions.slow, name) == before
        rig.engine.stop(definitions.slow, name, "the test is over")

    def test_an_express_execution_answers_at_once(self, engine: Engine, definitions: Definitions) -> None:
        if definitions.express is None:
            with pytest.raises(NotSupported):
                engine.run(definitions.echo, a_name(), "{}")
            return
        value = {"order": [1, 2.5, None, True, 'é "quoted" \\ \U0001f4a5']}
        progress = engine.run(definitions.express, a_name(), json.dumps(value))
        assert (progress.status, json.loads(progress.output or "")) == ("completed", value)

    def test_an_express_execution_tells_its_failure(self, engine: Engine, definitions: Definitions) -> None:
        definition = _or_skip(definitions.express_failing)
        assert engine.run(definition, a_name(), "{}") == Progress("failed", None, "NoStock", "sold out")

    def test_an_express_execution_of_too_large_an_input_is_refused(
        self, engine: Engine, definitions: Definitions
    ) -> None:
        definition = _or_skip(definitions.express)
        with pytest.raises(EngineRefused):
            engine.run(definition, a_name(), '"' + "x" * (engine.max_input - 1) + '"')

    def test_an_ended_execution_is_forgotten_where_that_can_be(self, rig: Rig, definitions: Definitions) -> None:
        rig.engine.delete(definitions.echo, a_name())
        name = a_name()
        rig.start(definitions.echo, name, "1")
        first = rig.end_of(definitions.echo, name)
        rig.engine.delete(definitions.echo, name)
        assert rig.engine.describe(definitions.echo, name) in (None, first)
        rig.engine.delete(definitions.echo, name)

    def test_a_state_machine_is_read_and_code_has_none(self, rig: Rig, definitions: Definitions) -> None:
        if not definitions.express:
            with pytest.raises(NotSupported, match="Python"):
                rig.engine.machine(definitions.echo)
            return
        assert {"StartAt", "States"} <= json.loads(rig.engine.machine(definitions.echo) or "").keys()
        assert rig.engine.machine("there-is-no-such") is None


def _or_skip(definition: str | None) -> str:
    if definition is None:
        pytest.skip("this engine has no such workflow")
    return definition
