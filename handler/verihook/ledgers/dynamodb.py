"""The ledger in AWS: one DynamoDB table. Keys, index and calls are described in docs/ledger.md."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from heapq import nsmallest
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from botocore.exceptions import BotoCoreError, ClientError

from verihook.errors import LedgerUnavailable
from verihook.instance import FINAL, Instance
from verihook.ledgers import hours
from verihook.ledgers.item import Item, Value, due_shards, encode, from_item, id_of, key, to_attributes, to_item
from verihook.ledgers.table import DUE_INDEX
from verihook.ports import Change, Observation

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

#: What one BatchGetItem takes
#: (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html).
_BATCH = 100

#: A row is made or added to in one call. The last time is taken as it comes, which is nearly always the latest.
_OBSERVE = """ADD #count :count
    SET #kind = :kind, #source = :source, #reason = :reason, #requestId = :requestId, #expiresAt = :expiresAt,
        #lastAt = :lastAt, #firstAt = if_not_exists(#firstAt, :firstAt)"""

_FINAL: Item = {f":{status}": encode(status) for status in sorted(FINAL)}


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise LedgerUnavailable("The ledger did not answer.") from error


class DynamoDbLedger:
    """Implements :class:`verihook.ports.Ledger` with a low-level client, which threads may share.

    Every write is one conditional call and carries a ``writeId`` of its own. When an answer is lost the client sends
    the same call again and the condition meets the row that the first one wrote: the ``writeId`` tells that this row
    is ours, so an owner never hears that it is a duplicate.
    """

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """``table_name``: a table as :func:`verihook.ledgers.table.create_table_request` defines it."""
        self._client = client
        self._table = table_name

    @_unavailable()
    def claim(self, instance: Instance) -> Instance | None:
        """See :meth:`verihook.ports.Ledger.claim`. One PutItem; its refusal brings the existing row along.

        https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.ConditionExpressions.html

        An expired row may stay for days until DynamoDB deletes it, so the condition looks at its time. An item above
        400 KB raises LedgerUnavailable: the input has to stay at or below 256 KiB.
        """
        condition = "attribute_not_exists(pk) OR expiresAt <= :now"
        old = self._put(instance, condition, {":now": encode(instance.created_at // 1000)})
        return None if old is None else from_item(old)

    @_unavailable()
    def get(self, instance_id: str, now_ms: int) -> Instance | None:
        """See :meth:`verihook.ports.Ledger.get`. One GetItem with ConsistentRead."""
        answer = self._client.get_item(TableName=self._table, Key=key(instance_id), ConsistentRead=True)
        instance = from_item(answer["Item"]) if "Item" in answer else None
        if instance is None or (instance.expires_at is not None and instance.expires_at * 1000 <= now_ms):
            return None
        return instance

    @_unavailable()
    def record(self, instance_id: str, attempt: int, change: Change) -> bool:
        """See :meth:`verihook.ports.Ledger.record`. One UpdateItem.

        Where the end would make the item larger than 400 KB, a second one drops the stored input, which a final
        instance no longer needs; it reads as ``""`` from then on. An output, error and cause that are too large
        alone raise LedgerUnavailable.
        """
        attributes = to_attributes(instance_id, change)
        try:
            return self._update(instance_id, attempt, attributes)
        except ClientError as error:
            if change.status not in FINAL or not _too_large(error):
                raise
        return self._update(instance_id, attempt, attributes | {"input": None})

    @_unavailable()
    def restart(self, instance: Instance, attempt: int) -> bool:
        """See :meth:`verihook.ports.Ledger.restart`. One PutItem."""
        return self._put(instance, "attempt = :attempt", {":attempt": encode(attempt)}) is None

    @_unavailable()
    def observe(self, observation: Observation) -> None:
        """See :meth:`verihook.ports.Ledger.observe`. One UpdateItem, whose counts DynamoDB sums.

        Where another process had seen something later or this one something earlier, a second one widens the times.
        Where an answer is lost the client sends the call again and ``observation`` counts twice: it is a statistic.
        """
        values = hours.values(observation)
        names = {f"#{name[1:]}": name[1:] for name in values}
        before = self._client.update_item(
            TableName=self._table,
            Key=hours.key(observation),
            UpdateExpression=_OBSERVE,
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=values,
            ReturnValues="ALL_OLD",
        ).get("Attributes", {})
        if before and int(before["lastAt"]["N"]) > observation.last_at:
            self._widen(observation, "lastAt < :at", "SET lastAt = :at", int(before["lastAt"]["N"]))
        if before and int(before["firstAt"]["N"]) > observation.first_at:
            self._widen(observation, "firstAt > :at", "SET firstAt = :at", observation.first_at)

    @_unavailable()
    def observations(self, kind: str, source: str | None, limit: int, since_ms: int = 0) -> list[Observation]:
        """See :meth:`verihook.ports.Ledger.observations`. One Query over the hours of a kind, from the newest back.

        ``since_ms``: nothing that ended before is shown, as an expired row may stay for days until DynamoDB deletes
        it. A page is 1 MB, some thousand rows.
        """
        values = {
            ":pk": encode(hours.partition(kind)),
            ":hour": encode(hours.hour(since_ms)),
            ":since": encode(since_ms),
        }
        request: dict[str, Any] = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk AND sk >= :hour",
            "FilterExpression": "lastAt >= :since",
            "ExpressionAttributeValues": values,
            "ScanIndexForward": False,
        }
        if source is not None:
            values[":source"] = encode(source)
            request["FilterExpression"] += " AND #source = :source"
            request["ExpressionAttributeNames"] = {"#source": "source"}
        found: list[Observation] = []
        while len(found) < limit:
            page = self._client.query(**request)
            found += [hours.from_item(item) for item in page["Items"]]
            if "LastEvaluatedKey" not in page:
                break
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]
        return found[: max(limit, 0)]

    @_unavailable()
    def due(self, now_ms: int, limit: int) -> list[Instance]:
        """See :meth:`verihook.ports.Ledger.due`. One Query a shard, then BatchGetItem for what they name.

        The index carries keys alone and trails the table by moments: a row may be missed until the next call. One that
        was finished or put off in between is left out, because the rows are read from the table, consistently. The
        caller's own writes are conditional in any case.
        """
        if limit < 1:
            return []
        names = nsmallest(limit, (name for shard in due_shards() for name in self._due_in(shard, now_ms, limit)))
        rows = self._read([instance_id for _, instance_id in names])
        due = [(row.due_at, row.id, row) for row in rows if not row.final and row.due_at is not None]
        return [row for due_at, _, row in sorted(due, key=itemgetter(0, 1)) if due_at <= now_ms]

    def _put(self, instance: Instance, condition: str, values: Item) -> Item | None:
        write_id = uuid4().hex
        request = {"Item": to_item(instance) | {"writeId": encode(write_id)}, "ExpressionAttributeValues": values}
        return self._write(self._client.put_item, write_id, {"ConditionExpression": condition, **request})

    def _update(self, instance_id: str, attempt: int, attributes: dict[str, Value | None]) -> bool:
        write_id = uuid4().hex
        attributes = attributes | {"writeId": encode(write_id)}
        # Names through #: status, error and input are or may become reserved words.
        kept = ", ".join(f"#{name} = :{name}" for name, value in attributes.items() if value is not None)
        gone = ", ".join(f"#{name}" for name, value in attributes.items() if value is None)
        values = {f":{name}": value for name, value in attributes.items() if value is not None}
        request = {
            "Key": key(instance_id),
            "UpdateExpression": f"SET {kept} REMOVE {gone}" if gone else f"SET {kept}",
            "ConditionExpression": f"attempt = :attempt AND NOT #status IN ({', '.join(_FINAL)})",
            "ExpressionAttributeNames": {f"#{name}": name for name in attributes},
            "ExpressionAttributeValues": values | _FINAL | {":attempt": encode(attempt)},
        }
        return self._write(self._client.update_item, write_id, request) is None

    def _write(self, call: Callable[..., object], write_id: str, request: dict[str, Any]) -> Item | None:
        """None where the write was applied, else the row that stood in its way, ``{}`` where there is none."""
        try:
            call(TableName=self._table, ReturnValuesOnConditionCheckFailure="ALL_OLD", **request)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
            answer: dict[str, Any] = {**error.response}
            old: Item = answer.get("Item", {})
            return None if old.get("writeId") == {"S": write_id} else old
        return None

    def _widen(self, observation: Observation, condition: str, update: str, at: int) -> None:
        """Move one end of the times outwards; one that stands further out by now is left."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key=hours.key(observation),
                UpdateExpression=update,
                ConditionExpression=condition,
                ExpressionAttributeValues={":at": encode(at)},
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise

    def _due_in(self, shard: str, now_ms: int, limit: int) -> list[tuple[int, str]]:
        """Due time and id of the first ``limit`` in one shard. A page is 1 MB of keys: thousands."""
        names: list[tuple[int, str]] = []
        request: dict[str, Any] = {
            "TableName": self._table,
            "IndexName": DUE_INDEX,
            "KeyConditionExpression": "dueShard = :shard AND dueAt <= :now",
            "ExpressionAttributeValues": {":shard": encode(shard), ":now": encode(now_ms)},
        }
        while True:
            page = self._client.query(**request, Limit=limit - len(names))
            names += [(int(item["dueAt"]["N"]), id_of(item)) for item in page["Items"]]
            if "LastEvaluatedKey" not in page or len(names) >= limit:
                return names
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]

    def _read(self, instance_ids: list[str]) -> list[Instance]:
        """The rows that are there, in no order. One answer holds 100 rows or 16 MB; what it left is asked for again."""
        rows: list[Instance] = []
        waiting: list[Any] = [key(instance_id) for instance_id in instance_ids]
        while waiting:
            batch, waiting = waiting[:_BATCH], waiting[_BATCH:]
            answer = self._client.batch_get_item(RequestItems={self._table: {"Keys": batch, "ConsistentRead": True}})
            rows += [from_item(item) for item in answer["Responses"].get(self._table, [])]
            left = answer["UnprocessedKeys"].get(self._table, {"Keys": []})["Keys"]
            if len(left) == len(batch):
                raise LedgerUnavailable("The ledger is throttled.")
            waiting += left
        return rows


def _too_large(error: ClientError) -> bool:
    # DynamoDB has no code of its own for this: "Item size to update has exceeded the maximum allowed size".
    answer = error.response["Error"]
    return answer["Code"] == "ValidationException" and "item size" in answer["Message"].lower()
