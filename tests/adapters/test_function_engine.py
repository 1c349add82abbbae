"""The engine ``function`` on one machine keeps the contract of engines: ledger, worker and functions for real."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from threading import Event
from typing import Any, ClassVar, Literal
from uuid import uuid4

import pytest

from tests.contracts.engine import Definitions, EngineContract, Rig
from tests.flows.waiting import PATIENCE_S
from tests.unit.working import Working, working
from verihook.adapters.clock import SystemClock
from verihook.adapters.engines.function import FunctionEngine
from verihook.errors import LedgerUnavailable
from verihook.instances import payload
from verihook.local.worker import Worker
from verihook.model.instance import Instance, Progress, Status, parse_execution_name
from verihook.model.ports import Engine
from verihook.worker.functions import Functions

_OVER = Event()


class NoStock(Exception):
    pass


def _fail(event: Any, context: Any) -> Any:
    raise NoStock("sold out")


RUNS: dict[str, Any] = {
    "echo": lambda event, context: event,
    "stamp": lambda event, context: uuid4().hex,
    "slow": lambda event, context: _OVER.wait(60),
    "failing": _fail,
}


class LedgerRig(Rig):
    """Claims the row before the start, as the core does."""

    def __init__(self, engine: Engine, work: Working) -> None:
        super().__init__(engine)
        self._work = work

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Status:
        parsed = parse_execution_name(name)
        assert parsed is not None
        instance_id, attempt = parsed
        now = self._work.services.clock.now_ms()
        # What is refused is refused before there is a row; the worker is woken for nothing then.
        self.engine.start(definition, name, input)
        row = Instance(instance_id, definition, input, now, now, attempt=attempt, engine="function")
        self._work.services.ledger.claim(row)
        status = self.engine.start(definition, name, input)
        if definition == "slow":
            # Its tests are of a function that runs.
            self.until(lambda: self.engine.describe(definition, name), f"{name} begins")
        return status

    def end_of(self, definition: str, name: str, seconds: float = PATIENCE_S) -> Progress:
        """A large output is a reference, which the API resolves."""
        progress = super().end_of(definition, name, seconds)
        output = progress.output and payload.load(progress.output, self._work.services.payloads)
        return replace(progress, output=output)


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Working]:
    worker = Worker(Functions(RUNS), threads=16)
    with ExitStack() as stack:
        folder = tmp_path_factory.mktemp("functions")
        work = stack.enter_context(working(folder, RUNS, SystemClock(), worker.wake, retries=0, timeout_s=120))
        stack.callback(worker.close)
        stack.callback(_OVER.set)
        worker.start(work.services)
        yield work


class _Down:
    """A ledger that does not answer."""

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: Any) -> Any:
            raise LedgerUnavailable("The ledger did not answer.")

        return call


class TestFunctionsOnOneMachine(EngineContract):
    """SQLite, the worker's threads, Python functions."""

    SUSPENDS: ClassVar[Literal["engine", "gate", "nobody"]] = "nobody"

    @pytest.fixture
    def engine(self, work: Working) -> Engine:
        engine: Engine = work.engine
        return engine

    @pytest.fixture
    def rig(self, engine: Engine, work: Working) -> Rig:
        return LedgerRig(engine, work)

    @pytest.fixture
    def unreachable(self, work: Working) -> Engine:
        stopped = Worker(Functions(RUNS))
        stopped.close()
        return FunctionEngine(_Down(), SystemClock(), stopped.wake, work.services.workflows)

    @pytest.fixture
    def definitions(self) -> Definitions:
        return Definitions("echo", "stamp", "slow", "failing")
