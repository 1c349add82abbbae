"""64 writers send events of one value at once, on every ledger: strictly one at a time, in the order of the answers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.dynamodb_local import client, dynamodb_local  # noqa: F401 - a fixture
from tests.adapters.dynamodb_tables import OnDynamoDb
from tests.flows.waiting import wait_until
from tests.unit.bare import Heard, StandingClock, bare_services
from tests.unit.exclusive_engine import ExclusiveEngine
from tests.unit.parts import Parts
from tests.unit.webhooks.arriving import arrive
from verihook import instances
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments, DynamoDbLedger
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.payloads.files import FilePayloads
from verihook.model.expression import Expression
from verihook.model.instance import parse_execution_name
from verihook.model.source import Source
from verihook.model.workflow import Workflow
from verihook.senders import load_sender

ORDERED = Source("orders", load_sender("generic"), (), "w", ordering=Expression("ordering", "of"))

WRITERS, AFTERWARDS = 64, 8


def parts_of(tmp_path: Path, stores: dict[str, Any]) -> Parts:
    engine, clock, heard = ExclusiveEngine(), StandingClock(), Heard()
    services = bare_services(
        workflows={"w": Workflow("w", "hand", "w", ordered=True)},
        engines={"hand": engine},
        payloads=FilePayloads(tmp_path / "payloads"),
        clock=clock,
        telemetry=heard,
        **stores,
    )
    return Parts(services, engine, clock, heard)


def check(parts: Parts) -> None:
    """Writers at once and, after them, one more; ends meanwhile. No reconcile: each end starts the next."""
    engine: Any = parts.engine
    moments = count()
    sent, answered = {}, {}

    def send(number: int) -> None:
        sent[number] = next(moments)
        arrive(parts, f"e{number}", ORDERED, of="one")
        answered[number] = next(moments)

    def end_what_runs() -> bool:
        for name in engine.running():
            parsed = parse_execution_name(name)
            assert parsed
            instances.record_progress(*parsed, engine.complete(name), 1, parts.services, "w")
        return len(engine.starts) == WRITERS + AFTERWARDS and not engine.running()

    with ThreadPoolExecutor(WRITERS + 1) as threads:
        done = threads.submit(wait_until, end_what_runs, 120, "not all were started")
        for each in [threads.submit(send, number) for number in range(WRITERS)]:
            each.result()
        for number in range(WRITERS, WRITERS + AFTERWARDS):
            send(number)
        done.result()
    assert engine.most == 1
    order = [json.loads(engine.inputs[name])["id"] for name in engine.starts]
    places = {number: order.index(f"e{number}") for number in sent}
    overtaken = [
        (before, after)
        for before in sent
        for after in sent
        if answered[before] < sent[after] and places[before] > places[after]
    ]
    assert overtaken == []
    assert [f"e{number}" for number in range(WRITERS, WRITERS + AFTERWARDS)] == order[WRITERS:]
    assert parts.heard.failures == []


def test_on_sqlite(tmp_path: Path) -> None:
    with SqliteFile(tmp_path / "ledger.db") as file:
        check(parts_of(tmp_path, {"ledger": SqliteLedger(file), "documents": SqliteDocuments(file)}))


class TestDynamoDbLocal(OnDynamoDb):
    @pytest.fixture(scope="class")
    @classmethod
    def dynamodb(cls, dynamodb_local: str) -> Iterator[Any]:  # noqa: F811 - the fixture imported above
        with closing(client(dynamodb_local)) as dynamodb:
            yield dynamodb

    def test_on_dynamodb(self, dynamodb: Any, table: str, tmp_path: Path) -> None:
        stores = {"ledger": DynamoDbLedger(dynamodb, table), "documents": DynamoDbDocuments(dynamodb, table)}
        check(parts_of(tmp_path, stores))
