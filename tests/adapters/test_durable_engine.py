"""The durable engine keeps the contract on the runner of one machine. Crashes: test_durable_crashes.py."""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.adapters.durable_workflows import write_workflows
from tests.boto_clients import translated
from tests.contracts.engine import Definitions, EngineContract, Rig, a_name
from tests.direct_clients import direct
from tests.flows.waiting import PATIENCE_S
from verihook.adapters.aws.service import Patience
from verihook.adapters.engines.durable import DurableEngine, attempt_of, progress_of
from verihook.adapters.engines.durable_names import durable_name
from verihook.local.durable import DurableRunner
from verihook.model.instance import Progress
from verihook.model.ports import Engine


def client_of(url: str) -> Any:
    """A boto3 client that gives up at once."""
    config = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=PATIENCE_S,
        read_timeout=PATIENCE_S,
        max_pool_connections=40,
        proxies={},
    )
    return boto3.client(
        "lambda",
        endpoint_url=url,
        region_name="us-east-1",
        aws_access_key_id="local",
        aws_secret_access_key="local",
        config=config,
    )


class DurableRig(Rig):
    """Learns the callback's id from the history."""

    def __init__(self, url: str, engine: Engine | None = None) -> None:
        self.client = client_of(url)
        super().__init__(engine or DurableEngine(translated(self.client), ""))

    def arn(self, definition: str, name: str) -> str:
        """The execution's ARN; IndexError if there is none."""
        found = self.client.list_durable_executions_by_function(
            FunctionName=definition, DurableExecutionName=durable_name(name)
        )
        return str(found["DurableExecutions"][0]["DurableExecutionArn"])

    def token(self, name: str) -> str | None:
        for definition in ("waiting", "expiring", "callback-between"):
            try:
                arn = self.arn(definition, name)
            except (IndexError, self.client.exceptions.ResourceNotFoundException):
                continue
            events = self.client.get_durable_execution_history(DurableExecutionArn=arn)["Events"]
            for event in events:
                if event["EventType"] == "CallbackStarted":
                    return str(event["CallbackStartedDetails"]["CallbackId"])
        return None


@pytest.fixture(scope="module")
def ended() -> list[dict[str, Any]]:
    """The details of the executions that ended."""
    return []


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_workflows(tmp_path_factory.mktemp("durable"))


@pytest.fixture(scope="module")
def runner(folder: Path, ended: list[dict[str, Any]]) -> Iterator[DurableRunner]:
    with DurableRunner(folder / "store.db", folder, on_end=ended.append) as running:
        yield running


class TestDurableOnTheRunner(EngineContract):
    """boto3, HTTP, the runner: everything but AWS."""

    SUSPENDS = "engine"

    @pytest.fixture
    def engine(self, rig: Rig) -> Engine:
        return rig.engine

    @pytest.fixture
    def rig(self, runner: DurableRunner) -> DurableRig:
        return DurableRig(runner.endpoint_url)

    @pytest.fixture
    def unreachable(self) -> Engine:
        return DurableEngine(translated(client_of("http://127.0.0.1:9")), "")

    @pytest.fixture
    def definitions(self) -> Definitions:
        return Definitions("echo", "stamp", "slow", "failing", "waiting", "expiring")

    @pytest.mark.parametrize(
        ("place", "error"), [("handler", "SystemExit"), ("step", "SystemExit"), ("interrupt", "KeyboardInterrupt")]
    )
    def test_a_workflow_that_leaves_ends_itself_alone(self, rig: DurableRig, place: str, error: str) -> None:
        rig.start("leaving", name := a_name(), f'{{"in": "{place}"}}')
        end = rig.end_of("leaving", name)
        assert (end.status, "no more" in (end.cause or "")) == ("failed", True)
        assert error in (end.error or "")
        rig.start("echo", after := a_name(), "1")
        assert rig.end_of("echo", after).status == "completed"

    def test_a_full_arn_is_used_as_it_is(self, rig: DurableRig) -> None:
        arn, name = "arn:aws:lambda:us-east-1:123456789012:function:echo", a_name()
        rig.start(f"{arn}:$LATEST", name, "1")
        assert rig.end_of(arn, name) == rig.end_of("echo", name) == Progress("completed", "1")

    @pytest.mark.parametrize("input", ["1", '{"a": 1}', "{}", '[{"verihookInput": 2}]'])
    def test_a_long_name_brings_its_instance_in_the_input(self, rig: DurableRig, input: str) -> None:
        name = os.urandom(32).hex() + ".7"
        rig.start("stamp", name, input)
        rig.end_of("stamp", name)
        answer = rig.client.get_durable_execution(DurableExecutionArn=rig.arn("stamp", name))
        assert attempt_of(answer) == (name[:-2], 7)

    def test_each_end_is_told_once(self, rig: DurableRig, ended: list[dict[str, Any]]) -> None:
        names = [a_name() for _ in range(20)]
        with ThreadPoolExecutor(10) as pool:
            list(pool.map(lambda name: rig.start("stamp", name, "{}"), names * 3))
        ends = {name: rig.end_of("stamp", name) for name in names}

        def told() -> list[dict[str, Any]] | None:
            found = [detail for detail in ended if detail["durableExecutionName"] in ends]
            return found if len(found) >= len(names) else None

        details = rig.until(told, "the ends are told")
        assert {attempt_of(detail): progress_of(detail) for detail in details} == {
            (name, 1): progress for name, progress in ends.items()
        }
        assert len(details) == len(names)

    def test_twenty_steps_run_side_by_side(self, rig: DurableRig, folder: Path) -> None:
        notes = folder / "notes"
        for file in (notes, folder / "go"):
            file.unlink(missing_ok=True)
        names = [a_name() for _ in range(20)]
        for name in names:
            rig.start("busy", name, "{}")
        rig.until(lambda: (notes.exists() and notes.read_text().count("begin") == 20) or None, "all of them run")
        (folder / "go").touch()
        assert {rig.end_of("busy", name) for name in names} == {Progress("completed", '"done"')}
        assert notes.read_text().count("after") == 20

    def test_a_workflow_invokes_another(self, rig: DurableRig) -> None:
        assert rig.run_to_end("parent", "{}") == Progress("completed", '{"from": "parent"}')

    def test_a_forgotten_name_is_free(self, rig: DurableRig) -> None:
        name = a_name()
        rig.start("stamp", name, "{}")
        first = rig.end_of("stamp", name)
        rig.engine.delete("stamp", name)
        assert rig.engine.describe("stamp", name) is None
        rig.start("stamp", name, "{}")
        assert rig.end_of("stamp", name) != first

    def test_what_runs_is_not_forgotten(self, rig: DurableRig) -> None:
        name = a_name()
        rig.start("slow", name, "{}")
        rig.engine.delete("slow", name)
        assert rig.engine.describe("slow", name) == Progress("running")
        rig.engine.stop("slow", name, "the test is over")


class TestDurableByOurClient(TestDurableOnTheRunner):
    """Our own client in boto3's place."""

    @pytest.fixture
    def rig(self, runner: DurableRunner) -> DurableRig:
        return DurableRig(runner.endpoint_url, self.at(runner.endpoint_url))

    @pytest.fixture
    def unreachable(self) -> Engine:
        return self.at("http://127.0.0.1:9")

    @staticmethod
    def at(url: str) -> DurableEngine:
        return DurableEngine(direct({"AWS_ENDPOINT_URL_LAMBDA": url}).client("lambda", Patience(30, 1)), "")
