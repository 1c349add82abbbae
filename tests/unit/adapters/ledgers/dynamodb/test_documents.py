"""How many calls documents and buckets take, what a lost answer does, and their rows."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contracts.documents import SECOND, a_document
from tests.contracts.instances import NOW, NOW_S
from tests.unit.adapters.ledgers.dynamodb.wire import TABLE, Wire
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments
from verihook.errors import LedgerUnavailable


def test_every_operation_is_one_call(wire: Wire, documents: DynamoDbDocuments) -> None:
    documents.write("key", a_document(), NOW)
    documents.write("key", a_document(version=2), NOW)
    documents.read("key", "ci", NOW)
    documents.all("key", 10, NOW)
    documents.all("key", 10, NOW, "ca")
    documents.all("key", 0, NOW)
    documents.remove("key", "ci")
    assert wire.calls == ["put_item"] * 2 + ["get_item"] + ["query"] * 2 + ["delete_item"]


def test_a_bucket_in_use_takes_one_write_and_a_full_one_two(wire: Wire, documents: DynamoDbDocuments) -> None:
    counts = []
    for after in (0, 0, 0, 999, 1000, 10_000):
        wire.calls.clear()
        documents.take_token("ci", 2, SECOND, NOW + after)
        counts.append(len(wire.calls))
    assert set(wire.calls) == {"update_item"}
    assert counts == [2, 1, 1, 1, 1, 2]


def test_a_lost_answer_does_not_lose_a_document(wire: Wire, documents: DynamoDbDocuments) -> None:
    wire.lose = True
    for version in (1, 2):
        document = a_document(version=version, text=str(version))
        assert [documents.write("key", document, NOW) for _ in range(2)] == [True, False]
        assert documents.read("key", "ci", NOW) == document


def test_a_lost_answer_never_gives_more_than_there_is(wire: Wire, documents: DynamoDbDocuments) -> None:
    wire.lose = True
    answers = [documents.take_token("ci", 3, SECOND, NOW).wait_ms for _ in range(10)]
    assert 1 <= answers.count(0) <= 3
    assert answers[-1] == SECOND


def test_rows_expire_by_themselves(wire: Wire, documents: DynamoDbDocuments) -> None:
    documents.write("key", a_document(expires_at=NOW_S + 7), NOW)
    documents.take_token("ci", 3, SECOND, NOW)
    rows = {(row["pk"]["S"], row["sk"]["S"]): int(row["expiresAt"]["N"]) for row in wire.rows()}
    # A bucket expires no sooner than it can be full again.
    assert rows == {("document#key", "ci"): NOW_S + 7, ("bucket#ci", "bucket"): NOW_S + 4}


class Hurried:
    """A client before whose every write somebody else does something to the bucket."""

    def __init__(self, wire: Wire, before: Callable[[int], None]) -> None:
        self._wire = wire
        self._before = before
        self._number = 0

    def update_item(self, **request: object) -> object:
        """See the client."""
        self._before(self._number)
        self._number += 1
        return self._wire.update_item(**request)


def bucket(full_at: int) -> dict[str, dict[str, str]]:
    return {"pk": {"S": "bucket#ci"}, "sk": {"S": "bucket"}, "fullAt": {"N": str(full_at)}}


def test_who_loses_a_full_bucket_takes_from_what_is_left(wire: Wire, documents: DynamoDbDocuments) -> None:
    def taken_in_between(number: int) -> None:
        if number == 1:
            documents.take_token("ci", 2, SECOND, NOW)

    hurried = DynamoDbDocuments(Hurried(wire, taken_in_between), TABLE)  # type: ignore[arg-type]
    assert hurried.take_token("ci", 2, SECOND, NOW).wait_ms == 0
    assert documents.take_token("ci", 2, SECOND, NOW).wait_ms == SECOND


def test_a_bucket_that_never_holds_still_is_unavailable(wire: Wire) -> None:
    def turned_over(number: int) -> None:
        wire.put(bucket(NOW if number % 2 == 0 else NOW + 5))

    hurried = DynamoDbDocuments(Hurried(wire, turned_over), TABLE)  # type: ignore[arg-type]
    with pytest.raises(LedgerUnavailable):
        hurried.take_token("ci", 2, SECOND, NOW)
