"""A deployment of the engine ``function`` for tests: SQLite, files, functions that a test gives, a clock by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.contracts.instances import NOW
from tests.unit.bare import StandingClock, bare_services
from verihook.adapters.engines.function import FunctionEngine
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.payloads.files import FilePayloads
from verihook.model.instance import Instance
from verihook.model.ports import Clock, Services, Trace
from verihook.model.source import Source
from verihook.model.workflow import Workflow
from verihook.worker.functions import Functions


@dataclass
class Told:
    """Telemetry and observer that keep what they get."""

    failures: list[tuple[str, BaseException]] = field(default_factory=list)
    deliveries: list[Trace] = field(default_factory=list)
    refused: list[Trace] = field(default_factory=list)
    altered: list[Trace] = field(default_factory=list)

    def delivery(self, trace: Trace) -> None:
        self.deliveries.append(trace)

    def measured(self, measures: Any) -> None:
        """Nothing."""

    def failure(self, where: str, error: BaseException) -> None:
        self.failures.append((where, error))

    def rejected(self, trace: Trace) -> None:
        self.refused.append(trace)

    def passed(self, trace: Trace) -> None:
        assert trace.outcome in ("duplicate", "ignored")

    def changed(self, trace: Trace) -> None:
        assert trace.changed
        self.altered.append(trace)

    def replayed(self, trace: Trace) -> None:
        raise AssertionError("nothing is signed here")

    def previous(self, trace: Trace) -> None:
        raise AssertionError("nothing is signed here")

    def flush(self) -> None: ...


@dataclass
class Working:
    """The services and what they are made of. ``woken``: the names that the engine told of."""

    services: Services
    functions: Functions
    clock: StandingClock
    told: Told
    woken: list[str]

    @property
    def engine(self) -> Any:
        return self.services.engines["function"]

    def claim(self, instance_id: str = "a", workflow: str = "w", input: str = '{"n": 1}', **fields: Any) -> Instance:
        now = self.services.clock.now_ms()
        times = {"created_at": now, "updated_at": now, "due_at": now + 100}
        row = Instance(instance_id, workflow, input, engine="function", **(times | fields))
        assert self.services.ledger.claim(row) is None
        return row

    def row(self, instance_id: str = "a") -> Instance:
        row = self.services.ledger.get(instance_id, self.services.clock.now_ms())
        assert row is not None
        return row


@contextmanager
def working(
    folder: Path,
    runs: dict[str, Callable[[Any, Any], Any]],
    clock: Clock | None = None,
    wake: Callable[[str, str], None] | None = None,
    sources: dict[str, Source] | None = None,
    **settings: Any,
) -> Iterator[Working]:
    """``runs``: functions by workflow, whose ``settings`` are those of :class:`Workflow`, e.g. ``retries``."""
    standing, told = StandingClock(), Told()
    woken: list[str] = []
    waking = wake or (lambda name, _: woken.append(name))
    workflows = {name: Workflow(name, "function", name, **settings) for name in runs}
    with SqliteFile(folder / "ledger.db") as file:
        ledger = SqliteLedger(file)
        services = bare_services(
            sources=sources or {},
            workflows=workflows,
            ledger=ledger,
            documents=SqliteDocuments(file),
            engines={"function": FunctionEngine(ledger, clock or standing, waking, workflows)},
            payloads=FilePayloads(folder / "payloads"),
            clock=clock or standing,
            telemetry=told,
            observer=told,
        )
        yield Working(services, Functions(runs), standing, told, woken)


__all__ = ["NOW", "Told", "Working", "working"]
