"""A deployment whose metrics are kept as both worlds get them: the lines of CloudWatch, and what Prometheus scrapes.

Receiver, reconcile and recorder are the real ones, over SQLite and an engine that is moved by hand, as time is.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tests.adapters.sqlite_files import unsynced
from tests.flows.deployment import OLD_SECRET, SECRET, VARIABLES
from tests.flows.signing import new_id, order, x_signature
from tests.observe.alarms import SERVICE
from tests.unit.bare import StandingClock
from tests.unit.engine_by_hand import EngineByHand
from verihook import bootstrap, instances
from verihook.adapters.counts import Counts
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.payloads.files import FilePayloads
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.adapters.telemetry.cloudwatch import CloudWatchTelemetry
from verihook.adapters.telemetry.counting import of_delivery
from verihook.adapters.telemetry.measured import lines
from verihook.api import admission
from verihook.api.access import Identity
from verihook.api.operations.monitoring import _metrics
from verihook.config import load_hooks
from verihook.errors import LedgerUnavailable
from verihook.instances.measuring import measure_callbacks, measure_repairs
from verihook.instances.reconcile import call_back, reconcile
from verihook.instances.start_request import StartRequest
from verihook.model.instance import Progress, iso
from verihook.model.measures import Measure, zeros
from verihook.model.ports import Answer, Services, Trace
from verihook.request import Request
from verihook.webhooks.receive import receive
from verihook.worker.recorder import record_status_change

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
SOURCE, WORKFLOW, RECEIVER = "orders", "machine", "https://receiver.example/"

HOOKS = """
[sources.orders]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET", {{ ref = "env:OLD_WEBHOOK_SECRET", until = {until} }}]
workflow = "machine"
types = ["order.*"]
[sources.shop]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "machine"
starts_per_minute = 10
[sources.crm]
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "machine"
event = {{ id = {{ header = "X-Event" }}, type = {{ json = "type" }} }}
[sources.crm.signature]
scheme = "hmac"
header = "X-Signature"
[api]
starts_per_minute = 1
[workflows.machine]
engine = "stepfunctions"
definition = "machine"
"""


@dataclass
class Told:
    """Telemetry as a stack has it, and as one machine has it. ``lines``: those of CloudWatch, with when each came."""

    clock: StandingClock
    counts: Counts = field(default_factory=Counts)
    lines: list[tuple[int, dict[str, Any]]] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._cloud = CloudWatchTelemetry({"POWERTOOLS_SERVICE_NAME": SERVICE})

    def delivery(self, trace: Trace) -> None:
        printed = io.StringIO()
        with redirect_stdout(printed):
            self._cloud.delivery(trace)
        self.lines.append((self.clock.now_ms(), json.loads(printed.getvalue())))
        self.counts.add(of_delivery(trace))

    def measured(self, measures: Sequence[Measure]) -> None:
        now = self.clock.now_ms()
        self.lines += [(now, each) for each in lines(measures, "Verihook", SERVICE, now)]
        self.counts.add(measures)

    def failure(self, where: str, error: BaseException) -> None:
        self.failures.append(f"{where}: {error}")


@dataclass
class Unsteady:
    """A ledger that does not answer while it is ``down``."""

    ledger: Any
    down: bool = False

    def __getattr__(self, name: str) -> Any:
        if self.down:
            raise LedgerUnavailable("The ledger did not answer.")
        return getattr(self.ledger, name)


@dataclass
class Slow(EngineByHand):
    """An engine whose starts take time."""

    clock: StandingClock | None = None
    takes_ms: int = 0

    def begin(self, operation: str) -> None:
        if self.clock is not None:
            self.clock.at += self.takes_ms
        super().begin(operation)


@dataclass
class Receiver:
    """Who is called back: takes what comes if it is ``well``."""

    well: bool = True

    def check(self, url: str) -> None: ...

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return Answer(204 if self.well else 500)


@dataclass
class World:
    """``scrapes``: the text of /metrics, once a minute."""

    services: Services
    clock: StandingClock
    told: Told
    ledger: Unsteady
    engine: Slow
    receiver: Receiver
    began: int = 0
    scrapes: list[str] = field(default_factory=list)

    def deliver(self, times: int = 1, source: str = SOURCE, secret: str = SECRET, **fields: Any) -> list[int]:
        """So many deliveries, each of another event unless ``id`` says which; the statuses of the answers."""
        return [self.send(order(**({"id": new_id()} | fields)), source, secret) for _ in range(times)]

    def send(self, body: bytes, source: str = SOURCE, secret: str = SECRET) -> int:
        """These bytes, as another event of a sender that does not sign its id."""
        headers = tuple((name.lower(), value) for name, value in (*x_signature(body, secret), ("X-Event", new_id())))
        return receive(Request("POST", f"/hooks/{source}", "", headers, body, new_id()), self.services).status

    def forge(self, times: int = 1) -> None:
        assert [401] * times == self.deliver(times, secret="guess")

    def old_secret(self, times: int = 1) -> None:
        assert [200] * times == self.deliver(times, secret=OLD_SECRET)

    def start_with_callback(self) -> None:
        instances.submit(StartRequest(WORKFLOW, {"n": 1}, callback_url=RECEIVER), "", self.services)

    def start_by_key(self) -> None:
        admission.start(StartRequest(WORKFLOW, {"n": 1}), Identity(), self.services)

    def end(self, status: Any = "completed", times: int = 1) -> None:
        """So many executions end; EventBridge tells the recorder."""
        running = [name for name, each in self.engine.executions.items() if each.status == "running"][:times]
        assert times == len(running)
        for name in running:
            self.engine.executions[name] = Progress(status, output="{}" if status == "completed" else None)
            detail = {
                "name": name,
                "stateMachineArn": f"arn:aws:states:eu-central-1:123456789012:stateMachine:{SERVICE}_machine",
                "executionArn": f"arn:aws:states:eu-central-1:123456789012:execution:{SERVICE}_machine:{name}",
                "status": {"completed": "SUCCEEDED", "failed": "FAILED", "timed_out": "TIMED_OUT"}[status],
                "startDate": self.clock.now_ms() - 3_000,
                "output": "{}" if status == "completed" else None,
            }
            assert record_status_change({"detail": detail}, self.services)

    def minutes(self, count: int = 1) -> None:
        """Time passes; once a minute Prometheus scrapes, and the reconciler goes round as `main.reconcile` does."""
        for _ in range(count):
            self.clock.at += MINUTE
            try:
                measure_repairs(reconcile(self.services), self.services.sources, self.services)
                measure_callbacks(call_back(self.services), self.services)
            except LedgerUnavailable as error:
                self.told.failure("reconcile", error)
            self.scrape()

    def idle(self, count: int) -> None:
        """So many minutes in which no reconciler goes round: what Prometheus scrapes stays what it is."""
        self.clock.at += count * MINUTE
        self.scrapes += [self._scraped()] * count

    def scrape(self) -> None:
        self.scrapes.append(self._scraped())

    def _scraped(self) -> str:
        if self.ledger.down:
            return ""
        return _metrics(Identity(), self.services)


@contextmanager
def world(folder: Path, until_ms: int | None = None) -> Iterator[World]:
    """``until_ms``: how long the old secret of the source verifies from now on; a month if that is not said."""
    clock = StandingClock()
    told, engine, receiver = Told(clock), Slow(clock=clock), Receiver()
    ends = iso(clock.at + (31 * DAY if until_ms is None else until_ms))
    (folder / "hooks.toml").write_text(HOOKS.format(until=ends))
    hooks = load_hooks(folder / "hooks.toml")
    with unsynced(SqliteFile(folder / "ledger.db")) as file:
        ledger = Unsteady(SqliteLedger(file))
        made = bootstrap.assemble(
            hooks,
            EnvironmentSecrets(VARIABLES, folder),
            ledger,
            SqliteDocuments(file),
            told,
            engines={"stepfunctions": engine},
            payloads=FilePayloads(folder / "payloads"),
            caller=receiver,
            instance_key=b"k" * 32,
            pace=bootstrap.AWS_PACE,
        )
        told.counts.add(zeros(hooks.sources, hooks.workflows))
        services = replace(made, clock=clock, series=told.counts.now)
        whole = World(services, clock, told, ledger, engine, receiver, clock.at)
        whole.scrape()
        yield whole
