"""What a pause has held starts in the order in which it came, and what arrives meanwhile behind it, on every ledger.

Processes die at any call; others with the same ledger go on. Each process is an object here, with its own memory of
what is held.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.adapters.dynamodb_local import endpoint
from tests.adapters.dynamodb_tables import Ours
from tests.adapters.sqlite_files import unsynced
from tests.crashes.faults import Faults, Stopped, Watched, When
from tests.unit.bare import Heard, bare_services
from tests.unit.engine_by_hand import EngineByHand
from tests.unit.webhooks.arriving import arrive
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments, DynamoDbLedger
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.ledgers.table import create_table_request
from verihook.adapters.payloads.files import FilePayloads
from verihook.errors import Unavailable
from verihook.instances import held
from verihook.instances.holding import ROLLOUT_MS
from verihook.instances.reconcile import reconcile
from verihook.model.draining import Draining
from verihook.model.ports import Services
from verihook.model.source import Source
from verihook.model.workflow import Workflow
from verihook.senders import load_sender

SOURCE = Source("orders", load_sender("generic"), (), "w")

#: More than every look of reconcile, in milliseconds.
LATER_MS = 3_600_000


@dataclass
class TickingClock:
    """Two looks never show the same time: what was answered before something else was sent is older."""

    at: int = 1_700_000_000_000
    ticks: Iterator[int] = field(default_factory=count)

    def now_ms(self) -> int:
        return self.at + next(self.ticks)


@dataclass
class Stage:
    """What outlives every process."""

    ledger: Any
    documents: Any
    folder: Path
    engine: EngineByHand = field(default_factory=EngineByHand)
    clock: TickingClock = field(default_factory=TickingClock)
    faults: Faults = field(default_factory=Faults)
    moments: Iterator[int] = field(default_factory=count)
    sent: dict[str, int] = field(default_factory=dict)
    answered: dict[str, int] = field(default_factory=dict)

    def process(self, status: Any, settle_ms: int = 0) -> Process:
        services = bare_services(
            workflows={"w": Workflow("w", "hand", "w", status=status)},
            ledger=Watched(self.ledger, "ledger", self.faults),
            documents=Watched(self.documents, "documents", self.faults),
            engines={"hand": Watched(self.engine, "engine", self.faults)},
            payloads=FilePayloads(self.folder / "payloads"),
            clock=self.clock,
            telemetry=Heard(),
            draining=Draining(["w"], settle_ms),
        )
        return Process(self, services)

    def order(self) -> list[str]:
        """The events whose starts the engine has confirmed, in order."""
        return [json.loads(self.engine.inputs[name])["id"] for name in self.engine.starts]

    def assert_in_order(self, note: object = "") -> None:
        """Of two events, the one that was answered before the other was sent was started before it."""
        order = self.order()
        assert len(set(order)) == len(order), note
        assert {*self.answered} <= {*order}, note
        place = {event: number for number, event in enumerate(order)}
        overtaken = [
            (before, after)
            for before, at in self.answered.items()
            for after in order
            if at < self.sent[after] and place[before] > place[after]
        ]
        assert [] == overtaken, note


@dataclass
class Process:
    stage: Stage
    services: Services

    def send(self, event: str) -> None:
        """Deliver an event. It is answered if this returns and the ledger was there."""
        stage = self.stage
        stage.sent.setdefault(event, next(stage.moments))
        try:
            taken = arrive(self, event, SOURCE)  # type: ignore[arg-type]  # it has the services and the clock
        except Unavailable:
            return
        assert taken.instance_id
        stage.answered.setdefault(event, next(stage.moments))

    @property
    def clock(self) -> TickingClock:
        return self.stage.clock

    def reconcile(self) -> None:
        with suppress(Unavailable):
            reconcile(self.services)

    def settle(self) -> None:
        """Until nothing is left to do."""
        for _ in range(4):
            self.stage.clock.at += LATER_MS
            self.reconcile()


@contextmanager
def stage_on(kind: str, folder: Path) -> Iterator[Stage]:
    if kind == "sqlite":
        with unsynced(SqliteFile(folder / "ledger.db")) as file:
            yield Stage(SqliteLedger(file), SqliteDocuments(file), folder)
        return
    dynamodb: Any = Ours(endpoint())
    table = f"holding-{uuid4()}"
    dynamodb.create_table(**create_table_request(table))
    try:
        yield Stage(DynamoDbLedger(dynamodb, table), DynamoDbDocuments(dynamodb, table), folder)
    finally:
        dynamodb.delete_table(TableName=table)


@pytest.fixture(params=["sqlite", pytest.param("dynamodb", marks=pytest.mark.in_turn)])
def stage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stage]:
    with stage_on(request.param, tmp_path) as made:
        yield made


def send_many(process: Process, number: int) -> None:
    for each in range(50):
        process.send(f"held{number}-{each}")


def after_starts(stage: Stage, number: int, act: Callable[[], None]) -> None:
    """Do it once, as soon as the engine has confirmed so many starts."""
    start = stage.engine.start
    done: list[int] = []

    def started(*arguments: Any, **named: Any) -> Any:
        status = start(*arguments, **named)
        if len(stage.engine.starts) >= number and not done:
            done.append(number)
            act()
        return status

    stage.engine.start = started  # type: ignore[method-assign]


def test_500_held_over_a_restart_and_a_crash_start_in_order_and_before_what_arrives_meanwhile(stage: Stage) -> None:
    paused = [stage.process("paused") for _ in range(10)]
    with ThreadPoolExecutor(10) as threads:
        for done in [threads.submit(send_many, process, number) for number, process in enumerate(paused)]:
            done.result()
    before = {*stage.sent}
    stage.clock.at += 60_000
    # Deployed, or started again, with the workflow active: two that take events, and one that releases.
    one, two = stage.process("active", ROLLOUT_MS), stage.process("active", ROLLOUT_MS)
    late: list[str] = []

    def arrives(process: Process) -> None:
        late.append(f"late{len(late)}")
        process.send(late[-1])

    arrives(one)
    for number in (1, 200, 400):
        after_starts(stage, number, lambda: arrives(two))
    # The one that releases dies after some hundred calls, and another goes on.
    stage.faults.plan(1_200, "after")
    with pytest.raises(Stopped):
        stage.process("active").reconcile()
    stage.faults.plan(0, "after")
    assert 100 < len(stage.order()) < 500
    arrives(two)
    stage.clock.at += 60_000
    stage.process("active").reconcile()
    assert (before, late) == ({*stage.order()[:500]}, stage.order()[500:])
    stage.assert_in_order()
    # Now nothing is held: what comes starts at once, in a process that has looked since.
    stage.clock.at += ROLLOUT_MS
    for process in (one, two):
        process.send(f"{id(process)}")
        calls = len(stage.faults.calls)
        process.send(f"{id(process)} again")
        assert ["ledger.claim", "engine.start"] == stage.faults.calls[calls:]
    stage.assert_in_order()


#: The events that come while the workflow is paused, before reconcile has released them, and after that.
HELD, MEANWHILE, AFTERWARDS = ("a", "b"), ("c",), ("d",)


def run(stage: Stage, redelivers: bool) -> bool:
    """All of them; return whether a process died. Its sender sends again, or never does; another process goes on."""
    died = False

    def lives(status: str, act: Callable[[Process], None], again: bool = redelivers) -> None:
        nonlocal died
        process = stage.process(status, 0)
        try:
            act(process)
        except Stopped:
            died = True
            stage.faults.plan(0, "before")
            if again:
                act(stage.process(status, 0))

    for event in HELD:
        lives("paused", lambda process, event=event: process.send(event))  # type: ignore[misc]
    stage.clock.at += 60_000
    for event in MEANWHILE:
        lives("active", lambda process, event=event: process.send(event))  # type: ignore[misc]
    lives("active", Process.reconcile, again=True)
    for event in AFTERWARDS:
        lives("active", lambda process, event=event: process.send(event))  # type: ignore[misc]
    lives("active", Process.settle, again=True)
    return died


# What is left by a crash before a call is what one after the call before it has left.
@pytest.mark.parametrize(
    ("kind", "when", "redelivers"),
    [("crash", "before", True), ("crash", "before", False), ("outage", "before", False), ("outage", "after", True)],
)
def test_wherever_a_process_dies_the_order_is_that_of_the_answers(
    tmp_path: Path, kind: Any, when: When, redelivers: bool
) -> None:
    for trial in range(1, 120):
        folder = tmp_path / str(trial)
        folder.mkdir()
        with stage_on("sqlite", folder) as stage:
            stage.faults.plan(trial, when, kind)
            died = run(stage, redelivers)
            stage.assert_in_order(f"{kind} {when} {trial}: {stage.order()}")
            # A ticket that was never claimed goes with the next that is.
            left = stage.documents.all(held.PARTITION, 50, stage.clock.now_ms())
            assert not [ticket for ticket in left if stage.ledger.get(ticket.text, 0)], trial
            if not (died or stage.faults.met):
                break
    assert trial > 50


def test_many_at_once_overtake_nothing(stage: Stage) -> None:
    """Two processes take events in many threads while a third releases what was held."""
    paused = stage.process("paused")
    for number in range(10):
        paused.send(f"held{number}")
    stage.clock.at += 60_000
    takers = [stage.process("active", ROLLOUT_MS) for _ in range(2)]
    releasing = stage.process("active")

    def release(_: int) -> None:
        for _ in range(3):
            releasing.reconcile()

    def send(number: int) -> None:
        for each in range(4):
            takers[number % 2].send(f"e{number}-{each}")

    with ThreadPoolExecutor(5) as threads:
        done = [threads.submit(release, 0), *(threads.submit(send, number) for number in range(4))]
        for each in done:
            each.result()
    releasing.settle()
    stage.assert_in_order()
    assert 26 == len(stage.order())
