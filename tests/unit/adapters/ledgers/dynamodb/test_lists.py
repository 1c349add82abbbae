"""What a page costs, and what it leaves out when an index trails the table."""

from __future__ import annotations

import pytest

from tests.contracts.instances import LATER, NOW, NOW_S, an_instance, listed
from tests.unit.adapters.ledgers.dynamodb.wire import Wire
from verihook.adapters.ledgers.dynamodb import DynamoDbLedger, lists
from verihook.adapters.ledgers.item import to_item
from verihook.adapters.ledgers.table import LIST_INDEXES, LIST_SHARDS
from verihook.model.listing import Position, Query

QUERIES = [
    Query(),
    Query(workflow="deploy"),
    Query(status="queued"),
    Query(source="github"),
    Query(workflow="deploy", status="queued"),
]
IDS = [*LIST_INDEXES, "workflow-status"]


@pytest.mark.parametrize("query", QUERIES, ids=IDS)
@pytest.mark.parametrize("rows", [10, 60])
def test_a_page_costs_a_query_a_shard_and_one_read(wire: Wire, ledger: DynamoDbLedger, query: Query, rows: int) -> None:
    for number in range(rows):
        ledger.claim(an_instance(created_at=NOW + number, source="github"))
    for after in (None, Position(NOW + rows - 4, "")):
        wire.calls.clear()
        assert len(ledger.page(query, 5, after, NOW)) == 5
        assert wire.calls == ["query"] * LIST_SHARDS + ["batch_get_item"]


def test_a_page_of_a_label_costs_one_query(wire: Wire, ledger: DynamoDbLedger) -> None:
    for number in range(10):
        ledger.claim(an_instance(created_at=NOW + number, tags=("vip",)))
    wire.calls.clear()
    assert len(ledger.page(Query(label=("tag", "vip")), 5, None, NOW)) == 5
    assert wire.calls == ["query", "batch_get_item"]


def test_nothing_asks_for_nothing(wire: Wire, ledger: DynamoDbLedger) -> None:
    assert ledger.page(Query(), 0, None, NOW) == []
    assert ledger.page(Query(since=LATER, until=NOW), 5, None, NOW) == []
    assert wire.calls == []


@pytest.mark.parametrize("query", QUERIES[1:], ids=IDS[1:])
def test_a_row_that_has_moved_since_the_index_was_read_is_left_out(
    wire: Wire, ledger: DynamoDbLedger, query: Query
) -> None:
    """The entry is of before; here it is made to stay where it was."""
    moved = an_instance(id="moved", workflow="other", status="running", source="other")
    stale = to_item(an_instance(id="moved", source="github"))
    keys = {name: stale[name] for name in (*LIST_INDEXES.values(), "listedAt")}
    wire.put(to_item(moved) | keys)
    there = an_instance(created_at=NOW - 1, source="github")
    ledger.claim(there)
    assert ledger.page(query, 1, None, NOW) == [listed(there)]


def test_filling_up_has_an_end(wire: Wire, ledger: DynamoDbLedger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "_BATCH", 2)
    monkeypatch.setattr(lists, "_DOUBLINGS", 0)
    for number in range(100):
        ledger.claim(an_instance(created_at=NOW - 1000 + number, expires_at=NOW_S))
    ledger.claim(an_instance(created_at=NOW - 2000))
    wire.calls.clear()
    assert ledger.page(Query(), 1, None, NOW) == []
    assert wire.calls == [*["query"] * LIST_SHARDS, "batch_get_item"] * 40


def test_filling_up_takes_longer_strides_further_on(wire: Wire, ledger: DynamoDbLedger) -> None:
    """What has completed is looked for among all: here it is behind as many that failed as an outage leaves."""
    completed = an_instance(created_at=NOW - 1, status="completed")
    ledger.claim(completed)
    for number in range(350):
        ledger.claim(an_instance(created_at=NOW + number, status="failed"))
    wire.calls.clear()
    assert ledger.page(Query(status="completed"), 1, None, NOW) == [listed(completed)]
    assert wire.calls.count("query") <= 3 * 2 * LIST_SHARDS
    assert wire.calls.count("batch_get_item") == 1 + 1 + 2 + 1
