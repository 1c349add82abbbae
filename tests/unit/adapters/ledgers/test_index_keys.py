"""The keys of the indexes."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.contracts.instances import NOW, a_full_instance, an_instance
from verihook.adapters.ledgers import index_keys
from verihook.adapters.ledgers.table import DUE_SHARDS, LIST_INDEXES, LIST_SHARDS
from verihook.model.listing import Position, Query


def test_the_keys_of_a_row() -> None:
    keys = index_keys.of(an_instance(id="an_id", source="github"))
    assert keys == {
        "listedAt": f"{NOW}#an_id",
        "createdShard": "created#2",
        "workflowShard": "deploy#2",
        "statusShard": "queued#2",
        "sourceShard": "github#2",
        "dueShard": index_keys.due_shard("an_id", ended=False),
    }


@pytest.mark.parametrize(
    ("fields", "partition"),
    [
        ({"status": "queued"}, "queued#2"),
        ({"status": "queued", "leased_until": NOW}, "queued#2"),
        ({"status": "running"}, "running#2"),
        ({"status": "running", "leased_until": NOW}, "queued#2"),
        ({"status": "suspended"}, "suspended#2"),
        ({"status": "failed"}, "failed#2"),
        ({"status": "timed_out"}, "timed_out#2"),
        ({"status": "terminated"}, "terminated#2"),
        ({"status": "completed"}, None),
    ],
    ids=repr,
)
def test_what_has_completed_leaves_the_index_of_statuses(fields: dict[str, Any], partition: str | None) -> None:
    assert index_keys.of(an_instance(id="an_id", **fields)).get("statusShard") == partition


def test_a_query_names_the_partitions_that_its_rows_are_in() -> None:
    row = index_keys.of(a_full_instance())
    queries = [
        Query(),
        Query(workflow="deploy"),
        Query(status="failed"),
        Query(workflow="deploy", status="failed"),
        Query(source="github"),
    ]
    assert {index_keys.partitions(query)[0] for query in queries} == {*LIST_INDEXES}
    for query in queries:
        index, partitions = index_keys.partitions(query)
        assert row[LIST_INDEXES[index]] in partitions
        assert len(partitions) == LIST_SHARDS


@pytest.mark.parametrize(
    ("query", "index", "words"),
    [
        (Query(status="completed"), "created", ("created",)),
        (Query(workflow="deploy", status="completed"), "workflow", ("deploy",)),
        (Query(status="running"), "status", ("running", "queued")),
        (Query(workflow="deploy", status="running"), "status", ("running", "queued")),
        (Query(status="queued"), "status", ("queued",)),
    ],
    ids=repr,
)
def test_a_status_is_looked_for_wherever_its_rows_may_be(query: Query, index: str, words: tuple[str, ...]) -> None:
    assert index_keys.partitions(query) == (
        index,
        [f"{word}#{shard}" for word in words for shard in range(LIST_SHARDS)],
    )


def test_ids_are_spread_evenly() -> None:
    ids = [f"{number:040x}" for number in range(8000)]
    for shards, of in (
        (DUE_SHARDS, lambda instance_id: index_keys.due_shard(instance_id, ended=False)),
        (LIST_SHARDS, lambda instance_id: index_keys.of(an_instance(id=instance_id))["statusShard"]),
    ):
        counts = Counter(of(instance_id) for instance_id in ids)
        assert len(counts) == shards
        assert min(counts.values()) > 0.8 * len(ids) / shards
    for ended in (False, True):
        found = {index_keys.due_shard(instance_id, ended=ended) for instance_id in ids}
        assert found == {*index_keys.due_shards(ended)}
    assert {*index_keys.due_shards(None)} == {*index_keys.due_shards(False), *index_keys.due_shards(True)}


def test_sort_keys_sort_as_lists_do() -> None:
    positions = [Position(at, name) for at in (0, 9, 10, NOW, NOW + 1) for name in ("A", "Z_", "_", "a", "a-b", "ab")]
    keys = [index_keys.listed_at(position) for position in positions]
    assert [index_keys.position(key) for key in sorted(keys)] == sorted(
        positions, key=lambda one: (one.created_at, one.id)
    )


@pytest.mark.parametrize(
    ("query", "after", "low", "high"),
    [
        (Query(), None, "0", "~"),
        (Query(since=7), None, "0000000000007", "~"),
        (Query(until=7), None, "0", "0000000000007"),
        (Query(since=7, until=9), Position(8, "a"), "0000000000007", "0000000000008#a"),
        (Query(until=9), Position(9, "a"), "0", "0000000000009"),
    ],
    ids=["open", "since", "until", "after", "after-the-end"],
)
def test_the_bounds_of_a_page(query: Query, after: Position | None, low: str, high: str) -> None:
    assert index_keys.bounds(query, after) == (low, high)
