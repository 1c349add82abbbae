"""Where a row stands in the indexes of the DynamoDB table: their keys, spread over shards by the instance's id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args
from zlib import crc32

from verihook.instance import Instance, Status
from verihook.ledgers.table import DUE_SHARDS, LIST_INDEXES, LIST_SHARDS, LISTED_AT
from verihook.listing import Position, Query

#: Before and after every sort key of a list.
_FIRST, _LAST = "0", "~"


#: What lives, and what has ended and is to be told, stand apart: neither keeps the other from its turn.
_DUE = {False: "due", True: "told"}


def due_shards(ended: bool | None) -> list[str]:
    """Every partition key of the index ``due``, of one kind or (None) of both."""
    kinds = _DUE.values() if ended is None else [_DUE[ended]]
    return [f"{kind}#{number}" for kind in kinds for number in range(DUE_SHARDS)]


def due_shard(instance_id: str, *, ended: bool) -> str:
    """The partition of the index ``due`` that carries this instance: the same in every process."""
    return f"{_DUE[ended]}#{crc32(instance_id.encode()) % DUE_SHARDS}"


def of(instance: Instance) -> dict[str, str | Mapping[str, str]]:
    """Its keys in every index: attribute -> value.

    It is in ``due`` where it has a due time, until its end; and after it for as long as a callback is to be told.
    ``workflowStatusShards`` has its partition for every status that may come: a report knows neither the workflow nor
    the shard's other half, and an update can copy an attribute but not put one together.
    """
    shard, workflow = _shard(instance.id), instance.workflow
    statuses: dict[str, str] = {status: f"{workflow}#{status}#{shard}" for status in get_args(Status)}
    keys: dict[str, str | Mapping[str, str]] = {
        LISTED_AT: listed_at(instance),
        LIST_INDEXES["created"]: f"created#{shard}",
        LIST_INDEXES["workflow"]: f"{workflow}#{shard}",
        LIST_INDEXES["status"]: status_shard(instance.id, instance.status),
        LIST_INDEXES["workflow-status"]: statuses[instance.status],
        "workflowStatusShards": statuses,
    }
    if instance.source is not None:
        keys[LIST_INDEXES["source"]] = f"{instance.source}#{shard}"
    if instance.due_at is not None and (not instance.final or instance.callback_url is not None):
        keys["dueShard"] = due_shard(instance.id, ended=instance.final)
    return keys


def status_shard(instance_id: str, status: Status) -> str:
    """Its partition of the index ``status``."""
    return f"{status}#{_shard(instance_id)}"


def listed_at(at: Instance | Position) -> str:
    """The sort key in every list: the newest is the last."""
    return f"{_moment(at.created_at)}#{at.id}"


def position(sort_key: str) -> Position:
    """The inverse of :func:`listed_at`."""
    created_at, _, instance_id = sort_key.partition("#")
    return Position(int(created_at), instance_id)


def partitions(query: Query) -> list[str]:
    """The partition keys of the query's index, one for each shard. Not for labels."""
    words = {
        "created": "created",
        "workflow": f"{query.workflow}",
        "status": f"{query.status}",
        "workflow-status": f"{query.workflow}#{query.status}",
        "source": f"{query.source}",
    }
    return [f"{words[query.index]}#{number}" for number in range(LIST_SHARDS)]


def bounds(query: Query, after: Position | None) -> tuple[str, str]:
    """The lowest and the highest sort key of a page, both inclusive; the caller leaves out ``after`` itself."""
    low = _FIRST if query.since is None else _moment(query.since)
    high = _LAST if query.until is None else _moment(query.until)
    return low, high if after is None else min(high, listed_at(after))


def _moment(at_ms: int) -> str:
    return f"{at_ms:013d}"


def _shard(instance_id: str) -> int:
    return crc32(instance_id.encode()) % LIST_SHARDS
