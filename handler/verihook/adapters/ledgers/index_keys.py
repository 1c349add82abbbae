"""The keys of a row in the indexes of the DynamoDB table, which spread rows over shards by the instance's id."""

from __future__ import annotations

from zlib import crc32

from verihook.adapters.ledgers.table import DUE_SHARDS, LIST_INDEXES, LIST_SHARDS, LISTED_AT
from verihook.model.instance import Instance, Status
from verihook.model.listing import Position, Query

#: Texts that sort before and after every sort key of a list.
_FIRST, _LAST = "0", "~"


#: Prefixes for instances that have not ended, and for those that have and wait for their callback: they have separate
#: partitions, so that neither kind delays the other.
_DUE = {False: "due", True: "told"}


def due_shards(ended: bool | None) -> list[str]:
    """Return the partition keys of the index ``due``, of one kind or (None) of both."""
    kinds = _DUE.values() if ended is None else [_DUE[ended]]
    return [f"{kind}#{number}" for kind in kinds for number in range(DUE_SHARDS)]


def due_shard(instance_id: str, *, ended: bool) -> str:
    """Return the partition of the index ``due`` for this instance: the same in every process."""
    return f"{_DUE[ended]}#{crc32(instance_id.encode()) % DUE_SHARDS}"


def of(instance: Instance) -> dict[str, str]:
    """Return the keys of a row in every index: attribute -> value.

    Until its end, a row with a due time is in ``due``; after its end, a row whose callback is still to be sent.
    All keys but those of ``due`` and ``status`` stay the same for as long as the row is there.
    """
    shard = _shard(instance.id)
    keys = {
        LISTED_AT: listed_at(instance),
        LIST_INDEXES["created"]: f"created#{shard}",
        LIST_INDEXES["workflow"]: f"{instance.workflow}#{shard}",
    }
    if instance.source is not None:
        keys[LIST_INDEXES["source"]] = f"{instance.source}#{shard}"
    # An instance that a worker has begun ends within minutes: it stays in the partition where its claim has put it.
    begun = instance.status == "running" and instance.leased_until is not None
    if (partition := status_shard(instance.id, "queued" if begun else instance.status)) is not None:
        keys[LIST_INDEXES["status"]] = partition
    if instance.due_at is not None and (not instance.final or instance.callback_url is not None):
        keys["dueShard"] = due_shard(instance.id, ended=instance.final)
    return keys


def status_shard(instance_id: str, status: Status) -> str | None:
    """Return the instance's partition of the index ``status``; None if it has completed, as nearly all have."""
    return None if status == "completed" else f"{status}#{_shard(instance_id)}"


def listed_at(at: Instance | Position) -> str:
    """Return the sort key of an instance in every list: the newest has the highest."""
    return f"{_moment(at.created_at)}#{at.id}"


def position(sort_key: str) -> Position:
    """Return the position of a sort key: the inverse of :func:`listed_at`."""
    created_at, _, instance_id = sort_key.partition("#")
    return Position(int(created_at), instance_id)


def partitions(query: Query) -> tuple[str, list[str]]:
    """Return the index that answers a query, and its partition keys, one or more for each shard. Not for labels.

    The partitions may hold other rows, too: completed instances are looked for among all, and running ones also in the
    partition of new instances, of which the table only knows their start.
    """
    index, words = _words(query)
    return index, [f"{word}#{number}" for word in words for number in range(LIST_SHARDS)]


def _words(query: Query) -> tuple[str, tuple[str, ...]]:
    if query.status == "running":
        return "status", ("running", "queued")
    if query.status not in (None, "completed"):
        return "status", (f"{query.status}",)
    if query.source is not None:
        return "source", (query.source,)
    return ("created", ("created",)) if query.workflow is None else ("workflow", (query.workflow,))


def bounds(query: Query, after: Position | None) -> tuple[str, str]:
    """Return the lowest and the highest sort key of a page, both inclusive; the caller leaves out ``after`` itself."""
    low = _FIRST if query.since is None else _moment(query.since)
    high = _LAST if query.until is None else _moment(query.until)
    return low, high if after is None else min(high, listed_at(after))


def _moment(at_ms: int) -> str:
    return f"{at_ms:013d}"


def _shard(instance_id: str) -> int:
    return crc32(instance_id.encode()) % LIST_SHARDS
