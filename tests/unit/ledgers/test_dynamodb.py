"""How many calls DynamoDB gets, and what a lost or partial answer does. The rest is in tests/contracts/ledger.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from tests.contracts.instances import LATER, NOW, NOW_S, an_instance, an_observation
from verihook.errors import LedgerUnavailable
from verihook.ledgers.dynamodb import DynamoDbLedger
from verihook.ledgers.table import DUE_SHARDS, create_table_request
from verihook.ports import Change

TABLE = "ledger"


class Wire:
    """A client that counts its calls; ``lose`` makes it send a write twice, as botocore does when an answer is lost."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: list[str] = []
        self.lose = False
        self.unprocessed = 0

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.calls.append(operation)
            if operation == "batch_get_item" and self.unprocessed:
                return self._partial(request)
            if self.lose and operation in ("put_item", "update_item"):
                getattr(self._client, operation)(**request)
            return getattr(self._client, operation)(**request)

        return call

    def _partial(self, request: Any) -> Any:
        """All but the first are left unprocessed, or all while throttled."""
        self.unprocessed -= 1
        keys = request["RequestItems"][TABLE]["Keys"]
        kept = keys[:0] if self.unprocessed > 10 else keys[:1]
        answer: dict[str, Any] = {"Responses": {TABLE: []}}
        if kept:
            asked = {TABLE: {"Keys": kept, "ConsistentRead": True}}
            answer = self._client.batch_get_item(RequestItems=asked)
        left = keys[len(kept) :]
        return {**answer, "UnprocessedKeys": {TABLE: {"Keys": left}} if left else {}}


@pytest.fixture
def wire() -> Iterator[Wire]:
    with mock_aws():
        keys = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
        client = boto3.client("dynamodb", region_name="eu-central-1", **keys)  # type: ignore[call-overload]
        client.create_table(**create_table_request(TABLE))
        yield Wire(client)


@pytest.fixture
def ledger(wire: Wire) -> DynamoDbLedger:
    return DynamoDbLedger(wire, TABLE)  # type: ignore[arg-type]


def test_every_operation_is_one_call(wire: Wire, ledger: DynamoDbLedger) -> None:
    instance = an_instance()
    ledger.claim(instance)
    ledger.claim(instance)
    ledger.get(instance.id, NOW)
    ledger.record(instance.id, 1, Change("completed", NOW))
    ledger.restart(an_instance(id=instance.id, attempt=2), 1)
    ledger.observe(an_observation())
    ledger.observe(an_observation(last_at=NOW + 1))
    ledger.observations("rejected", "orders", 10)
    ledger.observations("rejected", None, 10)
    assert (
        wire.calls
        == ["put_item", "put_item", "get_item", "update_item", "put_item"] + ["update_item"] * 2 + ["query"] * 2
    )


@pytest.mark.parametrize(
    ("first_at", "last_at", "calls"), [(NOW, NOW - 1, 2), (NOW - 1, NOW, 2), (NOW - 2, NOW - 1, 3)]
)
def test_what_comes_out_of_order_costs_a_call_for_each_end(
    wire: Wire, ledger: DynamoDbLedger, first_at: int, last_at: int, calls: int
) -> None:
    ledger.observe(an_observation())
    wire.calls.clear()
    ledger.observe(an_observation(first_at=first_at, last_at=last_at))
    assert ["update_item"] * calls == wire.calls
    (row,) = ledger.observations("rejected", None, 10)
    assert (2, first_at, NOW) == (row.count, row.first_at, row.last_at)


def test_a_lost_answer_may_count_twice_and_says_nothing_else(wire: Wire, ledger: DynamoDbLedger) -> None:
    wire.lose = True
    ledger.observe(an_observation())
    assert [an_observation(count=2)] == ledger.observations("rejected", None, 10)


def test_the_row_of_an_hour(wire: Wire, ledger: DynamoDbLedger) -> None:
    """Its key is what the receiver's role may write to; the time to live takes it away 14 days after the hour."""
    ledger.observe(an_observation())
    (row,) = wire.scan(TableName=TABLE)["Items"]
    assert {"S": "observation#rejected"} == row["pk"]
    assert {"S": "2025-10-09T08#orders#signature-mismatch"} == row["sk"]
    assert {"N": str(NOW_S - NOW_S % 3600 + 3600 + 14 * 86_400)} == row["expiresAt"]


def test_due_asks_each_shard_once_and_then_for_the_rows(wire: Wire, ledger: DynamoDbLedger) -> None:
    assert ledger.due(LATER, 10) == []
    assert wire.calls == ["query"] * DUE_SHARDS
    ledger.claim(an_instance())
    wire.calls.clear()
    assert len(ledger.due(LATER, 10)) == 1
    assert wire.calls == ["query"] * DUE_SHARDS + ["batch_get_item"]


def test_a_lost_answer_does_not_make_the_owner_a_duplicate(wire: Wire, ledger: DynamoDbLedger) -> None:
    wire.lose = True
    instance = an_instance()
    assert ledger.claim(instance) is None
    assert ledger.claim(instance) == instance
    change = Change("completed", NOW, expires_at=NOW_S + 60)
    assert [ledger.record(instance.id, 1, change) for _ in range(2)] == [True, False]
    again = an_instance(id=instance.id, attempt=2)
    assert [ledger.restart(again, 1) for _ in range(2)] == [True, False]


def test_rows_that_an_answer_left_out_are_asked_for_again(wire: Wire, ledger: DynamoDbLedger) -> None:
    claimed = [an_instance(due_at=NOW + number) for number in range(4)]
    for instance in claimed:
        ledger.claim(instance)
    wire.unprocessed = 3
    assert ledger.due(LATER, 10) == claimed
    assert wire.calls.count("batch_get_item") == 4


def test_an_answer_without_any_row_is_throttling(wire: Wire, ledger: DynamoDbLedger) -> None:
    ledger.claim(an_instance())
    wire.unprocessed = 100
    with pytest.raises(LedgerUnavailable):
        ledger.due(LATER, 10)


def test_only_a_live_row_with_a_due_time_stands_in_the_index(wire: Wire, ledger: DynamoDbLedger) -> None:
    ledger.claim(an_instance(id="live"))
    ledger.claim(an_instance(id="final", status="failed"))
    ledger.claim(an_instance(id="never", due_at=None))
    ledger.claim(an_instance(id="ended"))
    ledger.record("ended", 1, Change("completed", NOW, due_at=NOW))
    assert [row["pk"]["S"] for row in wire.scan(TableName=TABLE, IndexName="due")["Items"]] == ["instance#live"]
