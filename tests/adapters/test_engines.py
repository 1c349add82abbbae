"""Every engine keeps the contract; order-created does what it says; a killed interpreter loses nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from tests.contracts.engine import Definitions, EngineContract, a_name, end_of
from verihook.engines.stepfunctions import StepFunctionsEngine, progress_of
from verihook.errors import EngineUnavailable
from verihook.instance import Progress
from verihook.local.interpreter import ARN_PREFIX, REGION, Interpreter
from verihook.ports import Engine

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

ROOT = Path(__file__).parents[2]
ORDER_CREATED = (ROOT / "infra/workflows/order-created.asl.json").read_text()

Run = Callable[[Any], Any]


def machine(*states: dict[str, Any]) -> str:
    """A JSONata machine that goes through these states, named ``s0``, ``s1`` …"""
    last = len(states) - 1
    chain = {
        f"s{number}": state
        | ({} if state["Type"] == "Fail" else {"End": True} if number == last else {"Next": f"s{number + 1}"})
        for number, state in enumerate(states)
    }
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": "s0", "States": chain})


STAMP = {"Type": "Pass", "Output": "{% $uuid() %}"}
MACHINES = {
    "order-created": ORDER_CREATED,
    "echo": machine({"Type": "Pass"}),
    "stamp": machine(STAMP),
    "slow": machine({"Type": "Wait", "Seconds": 90}),
    "failing": machine({"Type": "Fail", "Error": "NoStock", "Cause": "sold out"}),
}


def client_of(url: str) -> SFNClient:
    """A boto3 client that gives up at once."""
    config = Config(
        retries={"total_max_attempts": 1}, connect_timeout=5, read_timeout=30, max_pool_connections=40, proxies={}
    )
    return boto3.client(
        "stepfunctions",
        endpoint_url=url,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=config,
    )


@pytest.fixture(scope="module")
def ended() -> list[dict[str, Any]]:
    """The details of the executions that ended."""
    return []


@pytest.fixture(scope="module")
def interpreter(tmp_path_factory: pytest.TempPathFactory, ended: list[dict[str, Any]]) -> Iterator[Interpreter]:
    with Interpreter(tmp_path_factory.mktemp("interpreter") / "journal.db", on_end=ended.append) as running:
        running.deploy(MACHINES)
        yield running


@pytest.fixture(scope="module")
def local_engine(interpreter: Interpreter) -> Engine:
    return StepFunctionsEngine(client_of(interpreter.endpoint_url), ARN_PREFIX)


class TestStepFunctionsOnTheInterpreter(EngineContract):
    """boto3, HTTP, the interpreter: everything but AWS."""

    @pytest.fixture
    def engine(self, local_engine: Engine) -> Engine:
        return local_engine

    @pytest.fixture
    def unreachable(self) -> Engine:
        return StepFunctionsEngine(client_of("http://127.0.0.1:9"), ARN_PREFIX)

    @pytest.fixture
    def definitions(self) -> Definitions:
        return Definitions("echo", "stamp", "slow", "failing")

    def test_a_full_arn_is_used_as_it_is(self, engine: Engine) -> None:
        name = a_name()
        engine.start(f"{ARN_PREFIX}echo", name, "1")
        assert end_of(engine, "echo", name) == Progress("completed", "1")

    def test_white_space_in_the_input_is_no_other_input(self, interpreter: Interpreter, engine: Engine) -> None:
        client, name = client_of(interpreter.endpoint_url), a_name()
        first = client.start_execution(stateMachineArn=f"{ARN_PREFIX}slow", name=name, input='{"a":1,"b":2}')
        again = client.start_execution(stateMachineArn=f"{ARN_PREFIX}slow", name=name, input='{"b": 2, "a": 1}')
        assert (again["executionArn"], again["startDate"]) == (first["executionArn"], first["startDate"])
        with pytest.raises(client.exceptions.ExecutionAlreadyExists):
            client.start_execution(stateMachineArn=f"{ARN_PREFIX}slow", name=name, input='{"a":true,"b":2}')
        engine.stop("slow", name, "the test is over")

    def test_many_callers_make_one_end(self, engine: Engine, ended: list[dict[str, Any]]) -> None:
        name = a_name()
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda _: engine.start("stamp", name, "{}"), range(64)))
        progress = end_of(engine, "stamp", name)
        details = [detail for detail in ended if detail["name"] == name]
        assert [progress_of(detail) for detail in details] == [progress]

    def test_steps_of_a_map_and_a_parallel(self, engine: Engine) -> None:
        name = a_name()
        engine.start("order-created", name, json.dumps({"items": [{"quantity": 1, "price": n} for n in range(20)]}))
        end_of(engine, "order-created", name)
        steps = engine.steps("order-created", name)
        lines = [step for step in steps if step.name == "Line total"]
        assert sorted(json.loads(step.output or "") for step in lines) == list(range(20))
        others = [step.name for step in steps if step.name not in ("Line total", "Total", "Count")]
        assert others == ["Read order", "Price items", "Add up", "Is it large?", "Priced"]
        assert {step.status for step in steps} == {"completed"}


class TestOrderCreated:
    """infra/workflows/order-created.asl.json"""

    @pytest.fixture
    def run(self, local_engine: Engine) -> Run:
        def run(document: Any) -> Any:
            name = a_name()
            local_engine.start("order-created", name, json.dumps(document))
            progress = end_of(local_engine, "order-created", name)
            assert (progress.status, progress.cause) == ("completed", None)
            return json.loads(progress.output or "")

        return run

    def test_an_order(self, run: Run) -> None:
        items = [{"productId": "a", "quantity": 2, "price": 10}, {"productId": "b", "quantity": 1, "price": 10}]
        order = {"id": "evt_1", "type": "order.created", "orderId": "A1", "items": items}
        assert run(order) == {"orderId": "A1", "total": 30, "tax": 2.4}
        assert run({"orderId": "A1", "items": items}) == {"orderId": "A1", "total": 30, "tax": 2.4}

    def test_one_item(self, run: Run) -> None:
        assert run({"orderId": "A1", "items": [{"quantity": 3, "price": 7}]}) == {
            "orderId": "A1",
            "total": 21,
            "tax": 1.68,
        }

    @pytest.mark.parametrize("items", [{}, {"items": None}, {"items": []}])
    def test_no_items(self, run: Run, items: dict[str, Any]) -> None:
        assert run({"orderId": "A1"} | items) == {"orderId": "A1", "total": 0, "tax": 0}

    def test_decimals(self, run: Run) -> None:
        items = [{"quantity": 2.5, "price": 19.98}, {"quantity": 1, "price": 0.1}, {"quantity": 1, "price": 0.2}]
        assert run({"orderId": "A1", "items": items}) == {"orderId": "A1", "total": 50.25, "tax": 4.02}

    def test_many_items(self, run: Run) -> None:
        items = [{"productId": str(n), "quantity": 1, "price": 0.1} for n in range(300)]
        assert run({"orderId": "A1", "items": items}) == {"orderId": "A1", "total": 30, "tax": 2.4}

    def test_the_largest_order(self, run: Run) -> None:
        items = [{"productId": "a", "quantity": 1, "price": 1}] * 4600
        assert len(json.dumps({"items": items})) in range(200_000, 262_144)
        assert run({"items": items}) == {"orderId": None, "total": 4600, "tax": 368}

    def test_more_fields_and_odd_strings(self, run: Run) -> None:
        order = {"orderId": 'A"1\\%} $states', "customer": {"name": '"; $error("x")'}, "note": "é \u2028 \ud83d\udca5"}
        assert run(order) == {"orderId": 'A"1\\%} $states', "total": 0, "tax": 0}

    @pytest.mark.parametrize(
        "document",
        [None, 1, "x", [], [1], {}, {"items": "x"}, {"items": {"quantity": 1}}, {"items": [None, 1, "x", {}, [[]]]}],
    )
    def test_documents_of_other_senders(self, run: Run, document: Any) -> None:
        assert run(document) == {"orderId": None, "total": 0, "tax": 0}

    def test_what_is_not_a_number_counts_as_nothing(self, run: Run) -> None:
        items = [{"quantity": "2", "price": 5}, {"quantity": 2, "price": None}, {"quantity": 2, "price": 5}]
        assert run({"orderId": "A1", "items": items})["total"] == 10

    def test_a_large_order_waits_a_second(self, run: Run) -> None:
        before = time.monotonic()
        large = {"orderId": "A1", "items": [{"quantity": 1, "price": 100000.01}]}
        assert run(large) == {"orderId": "A1", "total": 100000.01, "tax": 8000.0008}
        assert time.monotonic() - before >= 1

    def test_an_order_at_the_limit_does_not_wait(self, run: Run, ended: list[dict[str, Any]]) -> None:
        assert run({"orderId": "limit", "items": [{"quantity": 100000, "price": 1}]})["total"] == 100000
        detail = next(detail for detail in ended if '"limit"' in detail["input"])
        assert detail["stopDate"] - detail["startDate"] < 1000


@contextmanager
def process(folder: Path) -> Iterator[tuple[subprocess.Popen[str], Engine]]:
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
        yield running, StepFunctionsEngine(client_of(running.stdout.readline().strip()), ARN_PREFIX)
    finally:
        running.kill()
        running.communicate()


def ends_in(folder: Path) -> list[str]:
    """The names of what ended, one for each end."""
    path = folder / "ends"
    return [line.split()[0] for line in path.read_text().splitlines()] if path.exists() else []


class TestDurability:
    """SIGKILL at the worst moments, and a new process on the same journal."""

    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        slow = machine({"Type": "Wait", "Seconds": 2}, {"Type": "Pass", "Output": {"got": "{% $states.input %}"}})
        (tmp_path / "slow.asl.json").write_text(slow)
        (tmp_path / "stamp.asl.json").write_text(machine(STAMP))
        return tmp_path

    def test_a_killed_execution_ends_once(self, folder: Path) -> None:
        with process(folder) as (running, engine):
            engine.start("stamp", "finished", "{}")
            finished = end_of(engine, "stamp", "finished")
            engine.start("slow", "killed", '{"a": 1}')
            deadline = time.monotonic() + 10
            while not engine.steps("slow", "killed") and time.monotonic() < deadline:
                time.sleep(0.01)
            assert engine.describe("slow", "killed") == Progress("running")
            running.kill()
            running.wait()
        assert ends_in(folder) == ["finished"]
        with process(folder) as (running, engine):
            engine.start("slow", "killed", '{"a": 1}')
            assert end_of(engine, "slow", "killed") == Progress("completed", '{"got":{"a":1}}')
            engine.start("stamp", "finished", "{}")
            assert engine.describe("stamp", "finished") == finished
            assert [step.name for step in engine.steps("stamp", "finished")] == ["s0"]
        assert ends_in(folder) == ["finished", "killed"]

    def test_every_acknowledged_start_ends_after_a_kill_in_the_middle(self, folder: Path) -> None:
        acknowledged: list[str] = []

        def start(number: int) -> None:
            try:
                engine.start("stamp", f"n{number}", "{}")
            except EngineUnavailable:
                return
            acknowledged.append(f"n{number}")
            if len(acknowledged) == 40:
                running.kill()

        with process(folder) as (running, engine), ThreadPoolExecutor(8) as pool:
            list(pool.map(start, range(200)))
        assert 40 <= len(acknowledged) < 200
        before = ends_in(folder)
        with process(folder) as (_, engine):
            assert {end_of(engine, "stamp", name).status for name in acknowledged} == {"completed"}
        again = ends_in(folder)[len(before) :]
        assert set(before) & set(again) == set()
        assert len(again) == len(set(again))
