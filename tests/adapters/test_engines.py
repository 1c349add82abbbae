"""Step Functions on the interpreter keeps the engine's contract; a killed interpreter loses nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.interpreter_machines import (
    DEFINITIONS,
    EXPRESS,
    MACHINES,
    STAMP,
    InterpreterRig,
    Worker,
    client_of,
    machine,
    wait_for,
)
from tests.boto_clients import translated
from tests.contracts.engine import Definitions, EngineContract, Rig, a_name
from tests.direct_clients import direct
from verihook.adapters.aws.service import Patience
from verihook.adapters.engines.stepfunctions import StepFunctionsEngine, progress_of
from verihook.cli.bill import counts
from verihook.errors import EngineRefused, EngineUnavailable
from verihook.local.interpreter import ARN_PREFIX, Interpreter
from verihook.model.instance import Progress
from verihook.model.ports import Engine

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def ended() -> list[dict[str, Any]]:
    """The details of the executions that ended."""
    return []


@pytest.fixture(scope="module")
def worker() -> Worker:
    return Worker()


@pytest.fixture(scope="module")
def interpreter(
    tmp_path_factory: pytest.TempPathFactory, ended: list[dict[str, Any]], worker: Worker
) -> Iterator[Interpreter]:
    path = tmp_path_factory.mktemp("interpreter") / "journal.db"
    with Interpreter(path, on_end=ended.append, functions=worker.functions()) as running:
        running.deploy(MACHINES, EXPRESS)
        yield running


@pytest.fixture(scope="module")
def local_engine(interpreter: Interpreter) -> Engine:
    return StepFunctionsEngine(translated(client_of(interpreter.endpoint_url)), ARN_PREFIX)


class TestStepFunctionsOnTheInterpreter(EngineContract):
    """boto3, HTTP, the interpreter: everything but AWS."""

    @pytest.fixture
    def engine(self, local_engine: Engine) -> Engine:
        return local_engine

    @pytest.fixture
    def unreachable(self) -> Engine:
        return StepFunctionsEngine(translated(client_of("http://127.0.0.1:9")), ARN_PREFIX)

    @pytest.fixture
    def definitions(self) -> Definitions:
        return DEFINITIONS

    @pytest.fixture
    def rig(self, engine: Engine, worker: Worker) -> Rig:
        return InterpreterRig(engine, worker)

    def test_a_full_arn_is_used_as_it_is(self, engine: Engine, rig: Rig) -> None:
        name = a_name()
        engine.start(f"{ARN_PREFIX}echo", name, "1")
        assert rig.end_of("echo", name) == Progress("completed", "1")

    def test_white_space_in_the_input_is_no_other_input(self, interpreter: Interpreter, engine: Engine) -> None:
        client, name = client_of(interpreter.endpoint_url), a_name()
        first = client.start_execution(stateMachineArn=f"{ARN_PREFIX}slow", name=name, input='{"a":1,"b":2}')
        again = client.start_execution(stateMachineArn=f"{ARN_PREFIX}slow", name=name, input='{"b": 2, "a": 1}')
        assert (again["executionArn"], again["startDate"]) == (first["executionArn"], first["startDate"])
        with pytest.raises(client.exceptions.ExecutionAlreadyExists):
            client.start_execution(stateMachineArn=f"{ARN_PREFIX}slow", name=name, input='{"a":true,"b":2}')
        engine.stop("slow", name, "the test is over")

    def test_many_callers_make_one_end(self, engine: Engine, rig: Rig, ended: list[dict[str, Any]]) -> None:
        name = a_name()
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: engine.start("stamp", name, "{}"), range(64)))
        progress = rig.end_of("stamp", name)
        details = rig.until(lambda: [detail for detail in ended if detail["name"] == name] or None, "its end is told")
        assert [progress_of(detail) for detail in details] == [progress]

    def test_steps_of_a_map_and_a_parallel(self, engine: Engine, rig: Rig) -> None:
        name = a_name()
        engine.start("added-up", name, json.dumps({"items": [{"quantity": 1, "price": n} for n in range(20)]}))
        assert json.loads(rig.end_of("added-up", name).output or "") == [190, 20]
        steps = engine.steps("added-up", name)
        lines = [step for step in steps if step.name == "Line total"]
        assert sorted(json.loads(step.output or "") for step in lines) == list(range(20))
        others = [step.name for step in steps if step.name not in ("Line total", "Total", "Count")]
        assert others == ["s0", "s1"]
        assert {step.status for step in steps} == {"completed"}

    def test_an_order_is_two_transitions(self, engine: Engine, rig: Rig) -> None:
        # AWS charges each: https://aws.amazon.com/step-functions/pricing/
        name = a_name()
        engine.start("order-created", name, json.dumps({"orderId": "A1", "items": [{"quantity": 2, "price": 10}] * 9}))
        rig.end_of("order-created", name)
        names = [step.name for step in engine.steps("order-created", name)]
        assert len(names) == counts()["engines"]["stepfunctions"]["transitions"]

    def test_a_redrive_is_told_in_the_description_and_the_history(self, rig: Rig, interpreter: Interpreter) -> None:
        client, name = client_of(interpreter.endpoint_url), a_name()
        rig.start("recovering", name, json.dumps({"name": name}))
        rig.end_of("recovering", name)
        arn = f"{ARN_PREFIX.replace('stateMachine', 'execution')}recovering:{name}"
        assert client.describe_execution(executionArn=arn)["redriveStatus"] == "REDRIVABLE"
        assert rig.engine.redrive("recovering", name) is True
        rig.end_of("recovering", name)
        told = client.describe_execution(executionArn=arn)
        assert (told["redriveCount"], told["redriveStatus"]) == (1, "NOT_REDRIVABLE")
        events = client.get_execution_history(executionArn=arn)["events"]
        kinds = [event["type"] for event in events]
        assert [event["id"] for event in events] == list(range(1, len(events) + 1))
        assert (
            kinds.count("ExecutionFailed") == kinds.count("ExecutionRedriven") == kinds.count("ExecutionSucceeded") == 1
        )
        assert kinds.index("ExecutionFailed") < kinds.index("ExecutionRedriven") < kinds.index("ExecutionSucceeded")
        bare = client.get_execution_history(executionArn=arn, includeExecutionData=False)["events"]
        assert not any("input" in details for event in bare for details in event.values() if isinstance(details, dict))

    def test_a_stopped_one_is_redriven_into_its_wait_with_a_new_token(self, rig: Rig) -> None:
        name = a_name()
        rig.start("waiting", name, "{}")
        first = rig.token_of(name)
        rig.engine.stop("waiting", name, "a mistake")
        assert rig.engine.redrive("waiting", name) is True
        second = rig.until(lambda: token if (token := rig.token_of(name)) != first else None, "a new token")
        assert rig.engine.answer(first, '"old"') is False
        assert rig.engine.answer(second, '"new"') is True
        assert rig.end_of("waiting", name) == Progress("completed", '"new"')

    def test_an_express_timeout(self, engine: Engine) -> None:
        assert engine.run("express-slow", a_name(), "{}").status == "timed_out"

    def test_the_names_of_express_executions_are_nobodys(self, engine: Engine) -> None:
        name = a_name()
        assert engine.run("express", name, "1") == Progress("completed", "1")
        assert engine.run("express", name, "2") == Progress("completed", "2")
        assert engine.describe("express", name) is None

    def test_a_standard_machine_is_not_run(self, engine: Engine) -> None:
        with pytest.raises(EngineRefused):
            engine.run("echo", a_name(), "{}")


class TestStepFunctionsByOurClient(TestStepFunctionsOnTheInterpreter):
    """Our own client in boto3's place."""

    @pytest.fixture
    def engine(self, interpreter: Interpreter) -> Engine:
        return self.at(interpreter.endpoint_url)

    @pytest.fixture
    def unreachable(self) -> Engine:
        return self.at("http://127.0.0.1:9")

    @staticmethod
    def at(url: str) -> Engine:
        client = direct({"AWS_ENDPOINT_URL_SFN": url}).client("stepfunctions", Patience(30, 1))
        return StepFunctionsEngine(client, ARN_PREFIX)


@contextmanager
def process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Rig]]:
    """An interpreter in a process of its own; killed at the end, if not before."""
    running = subprocess.Popen(
        [sys.executable, "-m", "tests.adapters.interpreter_process", str(folder)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT / "handler")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert running.stdout is not None
        yield running, Rig(StepFunctionsEngine(translated(client_of(running.stdout.readline().strip())), ARN_PREFIX))
    finally:
        running.kill()
        running.communicate()


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

    def test_a_killed_wait_says_so_again_and_what_was_done_is_not_done_again(self, folder: Path) -> None:
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
            second = rig.until(lambda: tokens_in(folder)[1:] or None, "the second wait")[0]
            assert rig.engine.answer(first, '"old"') is False
            assert rig.engine.answer(second, '"yes"') is True
            progress = rig.end_of("waits", "w1")
            steps = rig.engine.steps("waits", "w1")
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
