"""Step Functions on the interpreter keeps the engine's contract. Crashes: test_interpreter_crashes.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.interpreter_machines import (
    DEFINITIONS,
    EXPRESS,
    MACHINES,
    InterpreterRig,
    Worker,
    client_of,
)
from tests.boto_clients import translated
from tests.contracts.engine import Definitions, EngineContract, Rig, a_name
from tests.direct_clients import direct
from verihook.adapters.aws.service import Patience
from verihook.adapters.engines.stepfunctions import StepFunctionsEngine, progress_of
from verihook.cli.bill import counts
from verihook.errors import EngineRefused
from verihook.local.runner import ARN_PREFIX, Interpreter
from verihook.local.runner.integrations import Integrations
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
    with Interpreter(path, on_end=ended.append, integrations=Integrations(worker.functions())) as running:
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
