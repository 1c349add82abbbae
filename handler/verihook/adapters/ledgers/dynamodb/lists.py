"""Lists of instances: one Query for each shard of an index, merged, and BatchGetItem for the rows."""

from __future__ import annotations

from heapq import nlargest
from itertools import islice

from verihook.adapters.ledgers import index_keys
from verihook.adapters.ledgers.dynamodb import labels
from verihook.adapters.ledgers.dynamodb.calls import Calls, translated_errors
from verihook.adapters.ledgers.item import LISTED, encode, expired, from_item, key
from verihook.adapters.ledgers.table import LIST_INDEXES, LISTED_AT
from verihook.model.instance import Instance
from verihook.model.listing import Position, Query

#: How many rounds may fill a page. Rows that are left out in such numbers have expired and are not deleted yet (the old
#: end of a list), or are of another workflow or status than the query's.
_ROUNDS = 40

#: How many rows the second round reads at least: one BatchGetItem. Each later one reads twice as many, up to 16 times.
_BATCH, _DOUBLINGS = 100, 4

# Names through #: status, source and error are or may become reserved words.
_NAMES = {f"#{name}": name for name in LISTED}
_LISTED = {"ProjectionExpression": ", ".join(_NAMES), "ExpressionAttributeNames": _NAMES}


class Lists:
    """The part of :class:`verihook.model.ports.Ledger` that lists instances."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    @translated_errors
    def page(self, query: Query, limit: int, after: Position | None, now_ms: int) -> list[Instance]:
        """See :meth:`verihook.model.ports.Ledger.page`. One Query a shard and one BatchGetItem for each 100 rows.

        A label has one partition, hence one Query. The indexes carry keys alone. Rows that have expired since, or were
        changed so that they are not of this list any more, are left out and the page is filled up from further on: a
        list ends early if some fifty thousand of them stand in a row.
        """
        shown: list[Instance] = []
        asked = limit
        for number in range(_ROUNDS):
            found = self._positions(query, asked, after)
            shown += self._rows(query, found, now_ms)
            if len(shown) >= limit or len(found) < asked:
                break
            after, asked = found[-1], max(limit - len(shown), _BATCH << min(number, _DOUBLINGS))
        return shown[: max(limit, 0)]

    def _positions(self, query: Query, limit: int, after: Position | None) -> list[Position]:
        """Return the next positions, the newest first."""
        if query.label is not None:
            return self._positions_in("", labels.partition(query.label), query, limit, after)
        index, partitions = index_keys.partitions(query)
        shards = [self._positions_in(index, partition, query, limit, after) for partition in partitions]
        return nlargest(limit, (found for shard in shards for found in shard), key=index_keys.listed_at)

    def _positions_in(
        self, index: str, partition: str, query: Query, limit: int, after: Position | None
    ) -> list[Position]:
        low, high = index_keys.bounds(query, after)
        if low > high:
            return []
        sort = LISTED_AT if index else "sk"
        request = {
            "KeyConditionExpression": f"{LIST_INDEXES.get(index, 'pk')} = :partition AND {sort} BETWEEN :low AND :high",
            "ExpressionAttributeValues": {":partition": encode(partition), ":low": encode(low), ":high": encode(high)},
            "ScanIndexForward": False,
            # An event that comes for an instance that was claimed a moment ago has to find it.
            **({"IndexName": index} if index else {"ConsistentRead": True}),
        }
        # One more, because ``after`` itself is within the bounds.
        found = (index_keys.position(item[sort]["S"]) for item in self._calls.query(request, limit + 1))
        return [*islice((position for position in found if position != after), limit)]

    def _rows(self, query: Query, found: list[Position], now_ms: int) -> list[Instance]:
        """Return the rows at these positions that belong to the list now, in the same order.

        May be a moment old, but for a label.
        """
        # Each once: a row of a label that is left over may name an instance twice.
        ids = dict.fromkeys(position.id for position in found)
        consistent = {"ConsistentRead": True} if query.label is not None else {}
        items = self._calls.read([key(instance_id) for instance_id in ids], **_LISTED, **consistent)
        rows = {
            Position(row.created_at, row.id): row
            for row in (from_item(item) for item in items if not expired(item, now_ms))
            if not row.purged and _matches(query, row)
        }
        return [rows[position] for position in found if position in rows]


def _matches(query: Query, row: Instance) -> bool:
    return (
        query.workflow in (None, row.workflow)
        and query.status in (None, row.status)
        and query.source in (None, row.source)
        and (query.label is None or query.label in row.labels)
    )
