"""The rows of instances in DynamoDB: claim, read, change, and find those that are due."""

from __future__ import annotations

from heapq import nsmallest
from itertools import islice
from operator import itemgetter

from verihook.adapters.ledgers import index_keys
from verihook.adapters.ledgers.dynamodb import labels
from verihook.adapters.ledgers.dynamodb.calls import Calls, translated_errors
from verihook.adapters.ledgers.item import (
    FINAL_VALUES,
    Item,
    encode,
    expired,
    fits,
    from_item,
    id_of,
    key,
    to_attributes,
    to_item,
)
from verihook.adapters.ledgers.table import DUE_INDEX
from verihook.model.instance import FINAL, Instance
from verihook.model.ports import Change

#: The condition that the row is of this attempt and has not ended.
_LIVE = f"attempt = :attempt AND NOT #status IN ({', '.join(FINAL_VALUES)})"

#: The condition that no operator has suspended it: a suspended row that is held stays as it is.
_NOT_HELD = "(NOT #status = :suspended OR attribute_not_exists(held))"

#: The condition that the row has no callback and no labels, so that nothing else has to change with it.
_PLAIN = "attribute_not_exists(callbackUrl) AND attribute_not_exists(tags) AND attribute_not_exists(metadata)"

#: How many bytes of its row an input may take. A row is written two or three times, at a unit for each KB; a payload
#: costs as much as eight units, and one more call for each delivery.
#: https://aws.amazon.com/dynamodb/pricing/on-demand/ https://aws.amazon.com/s3/pricing/
_ROOM = 8_192

# A row of an older version has no revision, which is 1.
_REVISION = "revision = if_not_exists(revision, :one) + :one"


class Instances:
    """The part of :class:`verihook.model.ports.Ledger` that claims, reads and changes instances."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    @translated_errors
    def claim(self, instance: Instance) -> Instance | None:
        """See :meth:`verihook.model.ports.Ledger.claim`. One PutItem; its refusal returns the existing row.

        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html

        An expired row may stay for days until DynamoDB deletes it, so the condition compares its time. The rows of the
        labels are written first; after a crash in between an instance could not be found by them. An item above 400 KB
        raises LedgerUnavailable.
        """
        item = to_item(instance)
        if not instance.purged:
            labels.add(self._calls, instance)
        condition = "attribute_not_exists(pk) OR expiresAt <= :now"
        standing = self._calls.put(item, condition, {":now": encode(instance.created_at // 1000)})
        if standing is None:
            return None
        if instance.labels:
            labels.settle(self._calls, instance, standing)
        return from_item(standing)

    def has_room(self, text: str) -> bool:
        """See :meth:`verihook.model.ports.Ledger.has_room`: up to 8 KB as they are written. No call."""
        return fits(text, _ROOM)

    @translated_errors
    def get(self, instance_id: str, now_ms: int) -> Instance | None:
        """See :meth:`verihook.model.ports.Ledger.get`. One GetItem with ConsistentRead."""
        item = self._calls.get(key(instance_id))
        return None if item is None or expired(item, now_ms) else from_item(item)

    @translated_errors
    def record(self, instance_id: str, attempt: int, change: Change) -> bool:
        """See :meth:`verihook.model.ports.Ledger.record`. One UpdateItem.

        The write of an end has the condition that the row has neither callback nor labels. If it has, the refusal
        returns the row; its labels get the time when they expire, and a second UpdateItem writes the end.
        """
        if change.status not in FINAL:
            return self._record(instance_id, attempt, change, _LIVE, waits=True) is None
        standing = self._record(instance_id, attempt, change, f"{_LIVE} AND {_PLAIN}", waits=False)
        if standing is None:
            return True
        row = from_item(standing) if standing else None
        if row is None or row.final or row.attempt != attempt:
            return False
        # Before the end is written: if this fails, the caller tries again and repeats it.
        labels.add(self._calls, row, change.expires_at)
        waits = row.callback_url is not None
        return self._record(instance_id, attempt, change, _LIVE, waits=waits) is None

    @translated_errors
    def amend(self, instance: Instance) -> bool:
        """See :meth:`verihook.model.ports.Ledger.amend`.

        One PutItem, and more calls for a row that has or had labels.
        """
        item = to_item(instance) | {"revision": encode(instance.revision + 1)}
        condition = "revision = :revision"
        if instance.revision == 1:
            condition += " OR (attribute_exists(pk) AND attribute_not_exists(revision))"
        if not instance.purged:
            labels.add(self._calls, instance)
        applied, standing = self._calls.replace(item, condition, {":revision": encode(instance.revision)})
        if applied:
            labels.remove(self._calls, standing, instance)
        elif instance.labels and not instance.purged:
            labels.settle(self._calls, instance, standing)
        return applied

    @translated_errors
    def due(self, now_ms: int, limit: int, ended: bool | None = None) -> list[Instance]:
        """See :meth:`verihook.model.ports.Ledger.due`. One Query for each shard, then BatchGetItem for the rows.

        The index has keys only and is updated a moment after the table: a row may be missed until the next call. A row
        that has ended or was postponed since is left out, because the rows are read from the table, consistently. The
        writes of the caller are conditional in any case.
        """
        if limit < 1:
            return []
        shards = index_keys.due_shards(ended)
        names = nsmallest(limit, (name for shard in shards for name in self._due_in(shard, now_ms, limit)))
        items = self._calls.read([key(instance_id) for _, instance_id in names], ConsistentRead=True)
        # An instance that has ended since is in the other kind of shard by now.
        named = set(shards)
        rows = [
            from_item(item)
            for item in items
            if item.get("dueShard", {}).get("S") in named and not expired(item, now_ms)
        ]
        due = [(row.due_at, row.id, row) for row in rows if row.due_at is not None and row.due_at <= now_ms]
        return [row for _, _, row in sorted(due, key=itemgetter(0, 1))]

    def _record(self, instance_id: str, attempt: int, change: Change, condition: str, *, waits: bool) -> Item | None:
        attributes = to_attributes(instance_id, change, waits=waits)
        # Names through #: status, error and input are or may become reserved words.
        kept = ", ".join(f"#{name} = :{name}" for name, value in attributes.items() if value is not None)
        gone = ", ".join(f"#{name}" for name, value in attributes.items() if value is None)
        values = {f":{name}": value for name, value in attributes.items() if value is not None}
        values |= FINAL_VALUES | {":attempt": encode(attempt), ":one": encode(1)}
        if change.status == "running":
            condition = f"{condition} AND {_NOT_HELD}"
            values[":suspended"] = encode("suspended")
        return self._calls.update(
            key(instance_id),
            f"{_REVISION}, {kept}" + (f" REMOVE {gone}" if gone else ""),
            condition,
            values,
            {f"#{name}": name for name in attributes},
        )

    def _due_in(self, shard: str, now_ms: int, limit: int) -> list[tuple[int, str]]:
        """Return due time and id of the first ``limit`` instances in one shard."""
        request = {
            "IndexName": DUE_INDEX,
            "KeyConditionExpression": "dueShard = :shard AND dueAt <= :now",
            "ExpressionAttributeValues": {":shard": encode(shard), ":now": encode(now_ms)},
        }
        found = islice(self._calls.query(request, limit), limit)
        return [(int(item["dueAt"]["N"]), id_of(item)) for item in found]
