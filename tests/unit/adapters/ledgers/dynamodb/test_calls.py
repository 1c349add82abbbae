"""Batches whose answers are partial, and errors of the client."""

from __future__ import annotations

import pytest

from tests.contracts.instances import LATER, NOW, an_instance
from tests.unit.adapters.ledgers.dynamodb.wire import Wire
from verihook.adapters.aws.errors import ServiceError, Unreachable
from verihook.adapters.ledgers.dynamodb import DynamoDbLedger
from verihook.adapters.ledgers.dynamodb.calls import Calls, translated_errors
from verihook.adapters.ledgers.item import encode, key
from verihook.errors import LedgerUnavailable


def test_rows_that_an_answer_left_out_are_asked_for_again(wire: Wire, ledger: DynamoDbLedger) -> None:
    claimed = [an_instance(due_at=NOW + number) for number in range(4)]
    for instance in claimed:
        ledger.claim(instance)
    wire.unprocessed = 3
    assert ledger.due(LATER, 10) == claimed
    assert wire.calls.count("batch_get_item") == 4


def test_writes_that_an_answer_left_out_are_sent_again(wire: Wire, calls: Calls) -> None:
    keys = [key(f"id_{number}") for number in range(30)]
    wire.unprocessed = 2
    calls.write(keys, [])
    assert len(wire.rows()) == 30
    assert wire.calls == ["batch_write_item"] * 4
    calls.write([], keys[1:])
    assert [row["pk"] for row in wire.rows()] == [keys[0]["pk"]]


def test_an_answer_without_any_row_is_throttling(wire: Wire, ledger: DynamoDbLedger) -> None:
    ledger.claim(an_instance())
    wire.unprocessed = 100
    with pytest.raises(LedgerUnavailable):
        ledger.due(LATER, 10)
    with pytest.raises(LedgerUnavailable):
        ledger.claim(an_instance(tags=("vip",)))


def test_nothing_to_do_is_no_call(wire: Wire, calls: Calls) -> None:
    calls.write([], [])
    assert calls.read([]) == []
    assert wire.calls == []


def test_what_was_replaced_comes_back(calls: Calls) -> None:
    first, second = ({**key("an_id"), "text": encode(text)} for text in ("1", "2"))
    assert calls.replace(first, "attribute_not_exists(sk) AND NOT sk = :x", {":x": encode("x")}) == (True, {})
    applied, before = calls.replace(second, "sk <> :x", {":x": encode("x")})
    assert (applied, before["text"]) == (True, encode("1"))
    applied, standing = calls.replace(first, "sk = :x", {":x": encode("x")})
    assert (applied, standing["text"]) == (False, encode("2"))


def test_a_refusal_that_is_not_the_conditions_is_raised(calls: Calls) -> None:
    with pytest.raises(ServiceError):
        calls.put({"pk": encode("")}, "sk <> :x", {":x": encode("x")})


@pytest.mark.parametrize(
    "error",
    [Unreachable("refused"), ServiceError("Throttling")],
)
def test_what_a_client_raises_is_unavailability(error: Exception) -> None:
    with pytest.raises(LedgerUnavailable) as caught, translated_errors:
        raise error
    assert caught.value.__cause__ is error
