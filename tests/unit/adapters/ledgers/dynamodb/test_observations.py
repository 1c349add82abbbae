"""How many calls an observation takes, and its row."""

from __future__ import annotations

import pytest

from tests.contracts.instances import NOW, NOW_S, an_observation
from tests.unit.adapters.ledgers.dynamodb.wire import Wire
from verihook.adapters.ledgers.dynamodb import DynamoDbLedger


def test_every_operation_is_one_call(wire: Wire, ledger: DynamoDbLedger) -> None:
    ledger.observe(an_observation())
    ledger.observe(an_observation(last_at=NOW + 1))
    ledger.observations("rejected", "orders", 10)
    ledger.observations("rejected", None, 10)
    assert wire.calls == ["update_item"] * 2 + ["query"] * 2


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
    (row,) = wire.rows()
    assert {"S": "observation#rejected"} == row["pk"]
    assert {"S": "2025-10-09T08#orders#signature-mismatch"} == row["sk"]
    assert {"N": str(NOW_S - NOW_S % 3600 + 3600 + 14 * 86_400)} == row["expiresAt"]
