"""A table of before: its rows, written without compression and with a place for every status, serve as they are."""

from __future__ import annotations

import json
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
from verihook.adapters.ledgers.table import LIST_SHARDS, create_table_request
from verihook.model.instance import Instance, Status
from verihook.model.listing import Query
from verihook.model.ports import Change

TABLE = "of-before"
INPUT = json.dumps({"note": "x" * 2000})


@pytest.fixture
def dynamodb(dynamodb_local: str) -> Iterator[Any]:  # noqa: F811 - the fixture imported above
    """A client; the table has the indexes of before."""
    request = create_table_request(TABLE)
    texts = {"pk", "sk", *(key for keys in before.INDEXES.values() for key in keys)} - {"dueAt"}
    request["AttributeDefinitions"] = [
        *({"AttributeName": name, "AttributeType": "S"} for name in sorted(texts)),
        {"AttributeName": "dueAt", "AttributeType": "N"},
    ]
    request["GlobalSecondaryIndexes"] = [
        {
            "IndexName": name,
            "KeySchema": [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }
        for name, (partition, sort) in before.INDEXES.items()
    ]
    with closing(client(dynamodb_local)) as made:
        made.create_table(**request)
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
