"""A table of before: its rows serve as they are, and an upgrade that is killed goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any, get_args
from zlib import crc32

import pytest

from tests.adapters.dynamodb_local import client, dynamodb_local  # noqa: F401 - a fixture
from tests.boto_clients import translated
from tests.contracts.instances import LATER, NOW, NOW_S, an_instance, listed
from tests.costs import before
from verihook.adapters.ledgers.dynamodb import DynamoDbLedger
from verihook.adapters.ledgers.item import to_item
from verihook.adapters.ledgers.table import LIST_SHARDS
from verihook.adapters.ledgers.table_state import differences
from verihook.cli.doctor.asking import Asking
from verihook.cli.upgrade.asking_aws import Calls
from verihook.cli.upgrade.former_rows import FormerRows
from verihook.cli.upgrade.steps import carry_out
from verihook.cli.upgrade.table_plan import TableUpgrade
from verihook.model.instance import Instance, Status
from verihook.model.listing import Query
from verihook.model.ports import Change

TABLE = "of-before"
INPUT = json.dumps({"note": "x" * 2000})


@pytest.fixture
def dynamodb(dynamodb_local: str) -> Iterator[Any]:  # noqa: F811 - the fixture imported above
    """A client; the table has the indexes of before."""
    with closing(client(dynamodb_local)) as made:
        made.create_table(**before.table_request(TABLE, before.INDEXES))
        yield made
        made.delete_table(TableName=TABLE)


def of_before(instance: Instance) -> dict[str, Any]:
    """The row as commit 326d30b wrote it."""
    shard = crc32(instance.id.encode()) % LIST_SHARDS
    places = {status: {"S": f"{instance.workflow}#{status}#{shard}"} for status in get_args(Status)}
    old = to_item(instance) | {
        "input": {"S": instance.input},
        "statusShard": {"S": f"{instance.status}#{shard}"},
        "workflowStatusShard": places[instance.status],
        "workflowStatusShards": {"M": places},
    }
    return old if instance.output is None else old | {"output": {"S": instance.output}}


def test_rows_of_before_are_read_listed_ended_and_restarted(dynamodb: Any) -> None:
    ledger = DynamoDbLedger(translated(dynamodb), TABLE)
    fields: dict[str, Any] = {"source": "github", "input": INPUT}
    ended: dict[str, Any] = {"due_at": None, "expires_at": NOW_S + 60, "output": INPUT}
    rows: dict[str, Instance] = {
        "queued": an_instance(**fields),
        "running": an_instance(status="running", **fields),
        "completed": an_instance(status="completed", **fields, **ended),
        "failed": an_instance(status="failed", **fields, **ended),
    }
    for row in rows.values():
        dynamodb.put_item(TableName=TABLE, Item=of_before(row))
        assert ledger.get(row.id, NOW) == row
        assert ledger.claim(row) == row
    for status, row in rows.items():
        for workflow in ("deploy", None):
            query = Query(workflow=workflow, status=row.status)
            assert ledger.page(query, 10, None, NOW) == [listed(row)], status
    for query in (Query(), Query(workflow="deploy"), Query(source="github")):
        assert len(ledger.page(query, 10, None, NOW)) == len(rows)
    assert {row.id for row in ledger.due(LATER, 10)} == {rows["queued"].id, rows["running"].id}

    assert ledger.record(rows["running"].id, 1, Change("completed", NOW, expires_at=NOW_S + 60, output=INPUT)) is True
    assert ledger.amend(rows["queued"]) is True
    assert len(ledger.page(Query(status="completed"), 10, None, NOW)) == 2
    assert [row.id for row in ledger.page(Query(status="queued"), 10, None, NOW)] == [rows["queued"].id]
    assert ledger.page(Query(status="running"), 10, None, NOW) == []
    assert [row.id for row in ledger.due(LATER, 10)] == [rows["queued"].id]


class Killed(BaseException):
    """The process is no more."""


class Mortal:
    """A client that is killed after its first change. ``changes``: what it was asked to change."""

    def __init__(self, made: Any) -> None:
        self._made = translated(made)
        self.changes: list[dict[str, Any]] = []

    def __getattr__(self, operation: str) -> Any:
        def call(**request: Any) -> Any:
            answer = getattr(self._made, operation)(**request)
            if operation.startswith("update"):
                self.changes.append(request)
                raise Killed
            return answer

        return call


def calls_of(made: Any) -> Calls:
    """Calls by this client, which look often."""
    return Calls(Asking(lambda *_: made), lambda _: time.sleep(0.02))


def test_an_upgrade_that_is_killed_after_each_change_goes_on(dynamodb_local: str) -> None:  # noqa: F811 - a fixture
    changes: list[dict[str, Any]] = []
    with closing(client(dynamodb_local)) as made:
        made.create_table(**before.table_request("of-the-first", before.FIRST_INDEXES, stream=False))
        made.put_item(TableName="of-the-first", Item=before.FIRST_ROW)
        for _ in range(20):
            mortal = Mortal(made)
            upgrade = TableUpgrade("of-the-first", calls_of(mortal), drop=False)
            try:
                carry_out(upgrade, upgrade.plan(), lambda *_: None)
                break
            except Killed:
                changes += mortal.changes
        described: Any = made.describe_table(TableName="of-the-first")["Table"]
        time_to_live: Any = made.describe_time_to_live(TableName="of-the-first")
        assert differences(described, time_to_live["TimeToLiveDescription"]) == []
        ledger = DynamoDbLedger(translated(made), "of-the-first")
        due_at = int(before.FIRST_ROW["dueAt"]["N"])
        row = ledger.get("r1", due_at)
        assert row is not None
        assert (row.status, row.engine, row.input) == ("running", "stepfunctions", '{"orderId":"1042"}')
        assert [each.id for each in ledger.due(due_at, 10)] == ["r1"]
        assert ledger.page(Query(), 10, None, due_at) == []
        calls = calls_of(translated(made))
        upgrade = TableUpgrade("of-the-first", calls, drop=False, rows=FormerRows(calls))
        carry_out(upgrade, upgrade.plan(), lambda *_: None)
        for query in (Query(), Query(workflow="order-created"), Query(status="running"), Query(source="orders")):
            assert [each.id for each in ledger.page(query, 10, None, due_at)] == ["r1"]
        made.update_table(TableName="of-the-first", DeletionProtectionEnabled=False)
        made.delete_table(TableName="of-the-first")
    # The protection, four indexes in an update each, the stream, the time to live: none was asked for twice.
    indexes = [each["GlobalSecondaryIndexUpdates"] for each in changes if "GlobalSecondaryIndexUpdates" in each]
    assert [[update["Create"]["IndexName"] for update in each] for each in indexes] == [
        ["created"],
        ["workflow"],
        ["status"],
        ["source"],
    ]
    assert len(changes) == 7
