"""How many calls DynamoDB gets, what a lost answer does, and which rows stand in an index."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contracts.instances import LATER, NOW, NOW_S, a_full_instance, an_instance
from tests.unit.adapters.ledgers.dynamodb.wire import Wire
from verihook.adapters.ledgers.dynamodb import DynamoDbLedger
from verihook.adapters.ledgers.item import to_item
from verihook.adapters.ledgers.table import DUE_SHARDS, LIST_INDEXES
from verihook.model.instance import Instance
from verihook.model.listing import Query
from verihook.model.ports import Change

CALLBACK = "https://example.com/ended"
END = Change("completed", NOW, due_at=NOW, expires_at=NOW_S + 60, output="1")


def test_a_row_without_labels_and_callback_takes_one_call_an_operation(wire: Wire, ledger: DynamoDbLedger) -> None:
    instance = an_instance(source="github", event_id="1")
    ledger.claim(instance)
    ledger.claim(instance)
    ledger.get(instance.id, NOW)
    ledger.amend(instance)
    ledger.amend(instance)
    ledger.record(instance.id, 1, Change("running", NOW, due_at=LATER))
    ledger.record(instance.id, 1, END)
    assert wire.calls == ["put_item"] * 2 + ["get_item"] + ["put_item"] * 2 + ["update_item"] * 2


def test_a_late_report_takes_one_call(wire: Wire, ledger: DynamoDbLedger) -> None:
    instance = a_full_instance()
    ledger.claim(instance)
    wire.calls.clear()
    assert ledger.record(instance.id, instance.attempt, END) is False
    assert ledger.record("nobody", 1, END) is False
    assert wire.calls == ["update_item"] * 2


def test_an_end_that_is_told_takes_two_calls_and_labels_one_more(wire: Wire, ledger: DynamoDbLedger) -> None:
    told, labelled = an_instance(callback_url=CALLBACK), an_instance(tags=("vip",), metadata={"a": "1"})
    for instance in (told, labelled):
        ledger.claim(instance)
    wire.calls.clear()
    assert ledger.record(told.id, 1, END) is True
    assert wire.calls == ["update_item"] * 2
    wire.calls.clear()
    assert ledger.record(labelled.id, 1, Change("running", NOW)) is True
    assert wire.calls == ["update_item"]
    assert ledger.record(labelled.id, 1, END) is True
    assert wire.calls == ["update_item"] * 2 + ["batch_write_item", "update_item"]


def test_the_labels_of_a_claim_are_written_first(wire: Wire, ledger: DynamoDbLedger) -> None:
    ledger.claim(an_instance(tags=("vip", "eu"), metadata={"a": "1"}))
    assert wire.calls == ["batch_write_item", "put_item"]


def test_due_asks_each_shard_once_and_then_for_the_rows(wire: Wire, ledger: DynamoDbLedger) -> None:
    assert ledger.due(LATER, 10, ended=False) == []
    assert wire.calls == ["query"] * DUE_SHARDS
    ledger.claim(an_instance())
    wire.calls.clear()
    assert len(ledger.due(LATER, 10, ended=False)) == 1
    assert wire.calls == ["query"] * DUE_SHARDS + ["batch_get_item"]


@pytest.mark.parametrize("fields", [{}, {"callback_url": CALLBACK}, {"tags": ("vip",)}], ids=repr)
def test_a_lost_answer_does_not_make_the_owner_a_duplicate(
    wire: Wire, ledger: DynamoDbLedger, fields: dict[str, object]
) -> None:
    wire.lose = True
    instance = an_instance(**fields)
    assert ledger.claim(instance) is None
    assert ledger.claim(instance) == instance
    assert [ledger.amend(instance) for _ in range(2)] == [True, False]
    assert [ledger.record(instance.id, 1, END) for _ in range(2)] == [True, False]
    ended = ledger.get(instance.id, NOW)
    assert ended is not None
    assert (ended.status, ended.revision) == ("completed", 3)
    assert [ledger.amend(replace(ended, purged=True)) for _ in range(2)] == [True, False]


def test_a_row_of_an_older_version_is_of_the_first_revision(wire: Wire, ledger: DynamoDbLedger) -> None:
    old, other = an_instance(), an_instance()
    for instance in (old, other):
        gone = {"revision", "engine", "listedAt", *LIST_INDEXES.values()}
        wire.put({name: value for name, value in to_item(instance).items() if name not in gone})
    assert ledger.get(old.id, NOW) == old
    assert ledger.due(LATER, 10) == sorted([old, other], key=lambda row: row.id)
    assert ledger.record(old.id, 1, Change("running", NOW, due_at=NOW)) is True
    recorded = ledger.get(old.id, NOW)
    assert recorded == replace(old, status="running", updated_at=NOW, due_at=NOW, revision=2)
    # No list shows it until it is written whole.
    assert ledger.page(Query(), 10, None, NOW) == []
    assert ledger.amend(old) is False
    assert ledger.amend(recorded) is True
    assert ledger.amend(other) is True
    assert len(ledger.page(Query(), 10, None, NOW)) == 2


def test_only_what_waits_stands_in_the_index(wire: Wire, ledger: DynamoDbLedger) -> None:
    ledger.claim(an_instance(id="live"))
    ledger.claim(an_instance(id="final", status="failed"))
    ledger.claim(an_instance(id="never", due_at=None))
    ledger.claim(an_instance(id="purged", purged=True))
    ledger.claim(an_instance(id="untold", status="failed", callback_url=CALLBACK))
    for name, url in (("ended", None), ("waiting", CALLBACK)):
        ledger.claim(an_instance(id=name, callback_url=url))
        ledger.record(name, 1, END)
    assert {"instance#live", "instance#untold", "instance#waiting"} == {row["pk"]["S"] for row in wire.rows("due")}


@pytest.mark.parametrize("index", [*LIST_INDEXES, "due"])
def test_a_purged_row_leaves_every_index(wire: Wire, ledger: DynamoDbLedger, index: str) -> None:
    instance = an_instance(source="github", tags=("vip",))
    ledger.claim(instance)
    assert len(wire.rows(index)) == 1
    assert ledger.amend(replace(instance, purged=True)) is True
    assert wire.rows(index) == []
    assert [row["pk"]["S"] for row in wire.rows()] == [f"instance#{instance.id}"]


@pytest.mark.parametrize("instance", [an_instance(), an_instance(tags=("vip",))], ids=["plain", "labelled"])
def test_an_end_is_not_written_while_another_attempt_runs(
    wire: Wire, ledger: DynamoDbLedger, instance: Instance
) -> None:
    ledger.claim(replace(instance, attempt=2))
    assert ledger.record(instance.id, 1, END) is False
    assert [row for row in wire.rows() if "expiresAt" in row] == []
