"""The rows of labels: when they expire, when they go, and that one that is left over does no harm."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.instances import NOW, NOW_S, an_instance, listed
from tests.unit.adapters.ledgers.dynamodb.wire import Wire
from verihook.adapters.ledgers.dynamodb import DynamoDbLedger, labels
from verihook.adapters.ledgers.dynamodb.calls import Calls
from verihook.model.instance import Instance
from verihook.model.listing import Query
from verihook.model.ports import Change

VIP = ("tag", "vip")


def rows_of_labels(wire: Wire) -> dict[str, Any]:
    """The partition of each label's row, and when it expires."""
    rows = [row for row in wire.rows() if row["pk"]["S"].startswith("label#")]
    return {row["pk"]["S"]: row.get("expiresAt", {}).get("N") for row in rows}


def test_labels_expire_with_their_row_and_live_again_with_it(wire: Wire, ledger: DynamoDbLedger) -> None:
    instance = an_instance(tags=("vip",), metadata={"customer": "42"})
    names = ["label#tag#vip", "label#metadata.customer#42"]
    ledger.claim(instance)
    assert rows_of_labels(wire) == dict.fromkeys(names)
    ledger.record(instance.id, 1, Change("completed", NOW, expires_at=NOW_S + 60))
    assert rows_of_labels(wire) == dict.fromkeys(names, str(NOW_S + 60))
    ended = ledger.get(instance.id, NOW)
    assert ended is not None
    assert ledger.amend(replace(ended, status="queued", expires_at=None, attempt=2)) is True
    assert rows_of_labels(wire) == dict.fromkeys(names)


def test_an_amended_row_keeps_the_rows_of_its_labels_alone(wire: Wire, ledger: DynamoDbLedger) -> None:
    instance = an_instance(tags=("a", "b"))
    ledger.claim(instance)
    assert ledger.amend(replace(instance, tags=("b", "c"))) is True
    assert sorted(rows_of_labels(wire)) == ["label#tag#b", "label#tag#c"]
    assert ledger.amend(replace(instance, tags=(), revision=2)) is True
    assert rows_of_labels(wire) == {}


def test_a_refused_write_leaves_the_rows_as_they_were(wire: Wire, ledger: DynamoDbLedger) -> None:
    ended = an_instance(tags=("a",), status="failed", expires_at=NOW_S + 60)
    ledger.claim(ended)
    ledger.claim(an_instance(id=ended.id, created_at=NOW + 1, tags=("a", "b")))
    ledger.amend(replace(ended, revision=7, expires_at=None, tags=("a", "c")))
    assert rows_of_labels(wire) == {"label#tag#a": str(NOW_S + 60)}
    assert ledger.amend(an_instance(id="nobody", tags=("d",))) is False
    assert rows_of_labels(wire) == {"label#tag#a": str(NOW_S + 60)}


def test_a_refusal_by_a_purged_row_leaves_no_labels(wire: Wire, ledger: DynamoDbLedger) -> None:
    purged = an_instance(purged=True, tags=("a",))
    ledger.claim(purged)
    assert ledger.claim(an_instance(id=purged.id, tags=("a",))) == purged
    assert rows_of_labels(wire) == {}


@pytest.mark.parametrize(
    "left_over",
    [an_instance(id="gone"), an_instance(id="there", created_at=NOW - 5), an_instance(id="unlabelled")],
    ids=["no-row", "another-time", "no-label"],
)
def test_a_row_that_is_left_over_is_skipped(
    wire: Wire, calls: Calls, ledger: DynamoDbLedger, left_over: Instance
) -> None:
    instance = an_instance(id="there", tags=("vip",))
    ledger.claim(instance)
    ledger.claim(an_instance(id="unlabelled"))
    labels.add(calls, replace(left_over, tags=("vip",)))
    for limit in (1, 5):
        assert ledger.page(Query(label=VIP), limit, None, NOW) == [listed(instance)]


def test_a_partition_is_as_long_as_a_key_may_be() -> None:
    assert labels.partition(("tag", "x" * 1020)) == "label#tag#" + "x" * 1020
    long = {labels.partition(("tag", "é" * number)) for number in (511, 1024, 100_000)}
    assert {len(partition) for partition in long} == {len("label##") + 64}
    assert len(long) == 3
