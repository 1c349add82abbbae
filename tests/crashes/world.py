"""A deployment whose every call outside can be the last one: real ledgers, files and signatures, engines by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.adapters.dynamodb_tables import Ours
from tests.adapters.sqlite_files import unsynced
from tests.crashes.faults import Faults, Watched
from tests.crashes.sources import HOOKS, SOURCES, WORKFLOWS
from tests.flows.deployment import VARIABLES
from tests.flows.signing import new_id, order, x_signature
from tests.unit.bare import StandingClock
from tests.unit.engine_by_hand import EngineByHand
from verihook import bootstrap
from verihook.adapters.engines.batch import BatchEngine
from verihook.adapters.engines.function import FunctionEngine
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments, DynamoDbLedger
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.ledgers.table import create_table_request
from verihook.adapters.payloads.files import FilePayloads
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.config import load_hooks
from verihook.instances.reconcile import reconcile
from verihook.model.instance import FINAL, Instance, Progress, Status, parse_execution_name
from verihook.model.listing import Query
from verihook.model.ports import Answer, Services, Trace
from verihook.request import Reply, Request
from verihook.webhooks.receive import receive
from verihook.worker.functions import Functions
from verihook.worker.splitting import split
from verihook.worker.work import run_try

#: What a reconcile round is later than the one before, in milliseconds: more than every pace, back-off and lease.
LATER_MS = 7_200_000


class Hand(EngineByHand):
    """Checks what must never be: two executions of an instance at a time, or one started with two inputs."""

    def __init__(self, **fields: Any) -> None:
        super().__init__(**fields)
        self.asked: dict[str, set[str]] = {}

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Status:
        self.asked.setdefault(name, set()).add(f"{input} {connection}")
        assert 1 == len(self.asked[name]), f"{name} was started with another input"
        if name not in self.executions:
            others = [other for other in self.running() if other != name and instance_of(other) == instance_of(name)]
            assert not others, f"{name} is started while {others} run"
        return super().start(definition, name, input, connection)

    def running(self) -> list[str]:
        return [name for name, progress in self.executions.items() if progress.status not in FINAL]

    def redrive(self, definition: str, name: str, token: str = "") -> bool:
        self.begin("redrive")
        if token and (name, token) in self.redriven:
            return True
        if self.executions[name].status not in FINAL:
            return False
        self.executions[name] = Progress("running")
        self.redriven.append((name, token))
        return True


@dataclass
class Receiver:
    """Who is called back: takes what comes, unless ``answers`` say else."""

    posts: list[tuple[str, bytes]] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)

    def check(self, url: str) -> None: ...

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.posts.append((headers["webhook-id"], body))
        return self.answers.pop(0) if self.answers else Answer(204)


@dataclass
class Quiet:
    """Telemetry and observer that keep what they get."""

    failures: list[tuple[str, BaseException]] = field(default_factory=list)
    traces: list[Trace] = field(default_factory=list)
    changes: list[Trace] = field(default_factory=list)
    replays: list[Trace] = field(default_factory=list)

    def delivery(self, trace: Trace) -> None:
        self.traces.append(trace)

    def measured(self, measures: Any) -> None:
        """Nothing."""

    def failure(self, where: str, error: BaseException) -> None:
        self.failures.append((where, error))

    def rejected(self, trace: Trace) -> None: ...

    def passed(self, trace: Trace) -> None: ...

    def changed(self, trace: Trace) -> None:
        self.changes.append(trace)

    def replayed(self, trace: Trace) -> None:
        self.replays.append(trace)

    def previous(self, trace: Trace) -> None: ...

    def flush(self) -> None: ...


@dataclass
class World:
    """The services, whose calls are counted by ``faults``, and the parts behind them. ``ran``: what functions ran;
    one whose order has the note ``again`` fails the first time."""

    services: Services
    plain: Services
    faults: Faults
    hand: Hand
    clock: StandingClock
    quiet: Quiet
    receiver: Receiver
    functions: Functions
    ran: list[str]
    woken: list[str]
    to_split: list[str]

    def deliver(self, source: str, event_id: str | None, **fields: Any) -> Reply:
        """One genuine delivery of an order, the same bytes for the same fields."""
        return self.send(source, order(id=event_id, **fields))

    def send(self, source: str, body: bytes, *more: tuple[str, str]) -> Reply:
        """These bytes, signed, with ``more`` headers."""
        headers = tuple((name.lower(), value) for name, value in (*x_signature(body), *more))
        return receive(Request("POST", f"/hooks/{source}", "", headers, body, new_id()), self.services)

    def row(self, instance_id: str) -> Instance | None:
        return self.plain.ledger.get(instance_id, self.clock.now_ms())

    def rows(self) -> list[Instance]:
        """All instances that were made, the newest first."""
        return self.plain.ledger.page(Query(), 1000, None, self.clock.now_ms())

    def split(self) -> None:
        """What splitters do: split the deliveries that they were woken for."""
        while self.to_split:
            execution = parse_execution_name(self.to_split.pop(0))
            assert execution is not None
            split(*execution, self.services)

    def work(self) -> None:
        """What splitters and workers do: run what they were woken for."""
        self.split()
        while self.woken:
            name = self.woken.pop(0)
            execution = parse_execution_name(name)
            assert execution is not None
            run_try(*execution, self.functions, self.services)

    def settle(self, rounds: int = 6, *, ending: bool = True) -> None:
        """Time passes and reconcile goes round: what runs ends (``ending``), workers work. Until nothing is due."""
        self.work()
        for _ in range(rounds):
            for name in self.hand.running() if ending else []:
                if self.hand.executions[name].status == "running":
                    self.hand.end(name)
            self.clock.at += LATER_MS
            reconcile(self.services, 1000)
            self.work()
            # One query, where another round would be one for each shard.
            if all(row.due_at is None for row in self.rows()):
                return

    def assert_one(self, instance_id: str, note: str) -> Instance:
        """One row that has ended, each of its executions started once, nothing of it runs."""
        row = self.row(instance_id)
        assert row is not None, note
        assert row.final, f"{note}: {row.status}"
        assert row.due_at is None, note
        assert not [name for name in self.hand.running() if instance_of(name) == instance_id], note
        starts = [name for name in self.hand.starts if instance_of(name) == instance_id]
        assert len(set(starts)) == len(starts), f"{note}: {starts}"
        return row


def instance_of(name: str) -> str:
    """The instance whose execution has this name."""
    parsed = parse_execution_name(name)
    assert parsed is not None
    return parsed[0]


@contextmanager
def world(folder: Path, ledger: str, dynamodb: Callable[[], str]) -> Iterator[World]:
    """``ledger``: ``sqlite`` or ``dynamodb``, at the endpoint that ``dynamodb`` gives."""
    path = folder / "hooks.toml"
    blocks = [
        HOOKS.format(name=name, workflow=workflow, more=more if "scheme" in more else f'sender = "generic"\n{more}')
        for name, (workflow, more) in SOURCES.items()
    ]
    path.write_text("".join(blocks) + WORKFLOWS)
    with _stores(folder, ledger, dynamodb) as (rows, documents):
        faults, clock, quiet, hand = Faults(), StandingClock(), Quiet(), Hand(max_input=1_000)
        receiver = Receiver()
        ran: list[str] = []
        woken: list[str] = []
        to_split: list[str] = []
        watched = Watched(rows, "ledger", faults)

        def run(event: Any, context: Any) -> Any:
            ran.append(context.instance_id)
            if event.get("note") == "again" and context.tries == 1:
                raise ConnectionError("try again")
            return {"orderId": event["orderId"]}

        made = bootstrap.assemble(
            load_hooks(path),
            EnvironmentSecrets(VARIABLES, folder),
            watched,
            Watched(documents, "documents", faults),
            quiet,
            engines={
                "stepfunctions": Watched(hand, "engine", faults),
                "durable": Watched(hand, "engine", faults),
                "function": FunctionEngine(watched, clock, lambda name, _: woken.append(name)),
                "batch": BatchEngine(watched, clock, lambda name, _: to_split.append(name)),
            },
            payloads=Watched(FilePayloads(folder / "payloads"), "payloads", faults),
            caller=Watched(receiver, "caller", faults),
            instance_key=b"k" * 32,
            pace=bootstrap.AWS_PACE,
        )
        services = replace(made, clock=clock, observer=quiet)
        plain = replace(services, ledger=rows, documents=documents)
        functions = Functions({"function": run})
        yield World(services, plain, faults, hand, clock, quiet, receiver, functions, ran, woken, to_split)


@contextmanager
def _stores(folder: Path, ledger: str, dynamodb: Callable[[], str]) -> Iterator[tuple[Any, Any]]:
    if ledger == "sqlite":
        with unsynced(SqliteFile(folder / "ledger.db")) as file:
            yield SqliteLedger(file), SqliteDocuments(file)
        return
    made: Any = Ours(dynamodb())
    table = f"crashes-{uuid4()}"
    made.create_table(**create_table_request(table))
    try:
        yield DynamoDbLedger(made, table), DynamoDbDocuments(made, table)
    finally:
        made.delete_table(TableName=table)
        made.close()
