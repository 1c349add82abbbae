"""Documents, and buckets of tokens for rate limits: small rows of the table, each kind in partitions of its own."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from verihook.adapters.ledgers.dynamodb.calls import Calls, translated_errors
from verihook.adapters.ledgers.dynamodb.lines import DynamoDbLines
from verihook.adapters.ledgers.item import Item, decode, encode, expired
from verihook.model.conflict import Overtaken, retry_on_conflict
from verihook.model.ports import Document, Token

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

#: The conditions of a bucket that is in use and has a token, and of one that is full.
_IN_USE = "fullAt > :now AND fullAt <= :latest"
_IDLE = "attribute_not_exists(fullAt) OR fullAt <= :now"

#: The condition that there is no such document, or it has expired.
_NONE = "attribute_not_exists(pk) OR expiresAt <= :now"


class DynamoDbDocuments(DynamoDbLines):
    """Implements :class:`verihook.model.ports.Documents` with a low-level client, which threads may share."""

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """``table_name``: a table as :func:`verihook.adapters.ledgers.table.create_table_request` defines it."""
        super().__init__(Calls(client, table_name))

    @translated_errors
    def read(self, partition: str, name: str, now_ms: int) -> Document | None:
        """See :meth:`verihook.model.ports.Documents.read`. One GetItem with ConsistentRead."""
        item = self._calls.get(_key(partition, name))
        return None if item is None or expired(item, now_ms) else _from_item(item)

    @translated_errors
    def write(self, partition: str, document: Document, now_ms: int) -> bool:
        """See :meth:`verihook.model.ports.Documents.write`.

        One PutItem. An item above 400 KB raises LedgerUnavailable.
        """
        condition, values = _NONE, {":now": encode(now_ms // 1000)}
        if document.version != 1:
            condition = "version = :before AND (attribute_not_exists(expiresAt) OR expiresAt > :now)"
            values[":before"] = encode(document.version - 1)
        return self._calls.put(_item(partition, document), condition, values) is None

    @translated_errors
    def add(self, partition: str, document: Document, now_ms: int) -> Document | None:
        """See :meth:`verihook.model.ports.Documents.add`. One PutItem; its refusal returns the existing document."""
        existing = self._calls.put(_item(partition, document), _NONE, {":now": encode(now_ms // 1000)})
        return None if existing is None else _from_item(existing)

    @translated_errors
    def remove(self, partition: str, name: str) -> None:
        """See :meth:`verihook.model.ports.Documents.remove`. One DeleteItem."""
        self._calls.client.delete_item(TableName=self._calls.table, Key=_key(partition, name))

    @translated_errors
    def all(self, partition: str, limit: int, now_ms: int, after: str = "") -> list[Document]:
        """See :meth:`verihook.model.ports.Documents.all`. One consistent Query for each page of at most 1 MB."""
        condition, values = "pk = :pk", {":pk": encode(_partition(partition))}
        if after:
            condition, values = "pk = :pk AND sk > :after", values | {":after": encode(after)}
        request: dict[str, Any] = {
            "KeyConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ConsistentRead": True,
        }
        if limit < 1:
            return []
        unexpired = (item for item in self._calls.query(request, limit) if not expired(item, now_ms))
        return [_from_item(item) for item in islice(unexpired, limit)]

    @translated_errors
    def take_token(self, bucket: str, capacity: int, interval_ms: int, now_ms: int) -> Token:
        """See :meth:`verihook.model.ports.Documents.take_token`.

        One UpdateItem if the bucket is in use, two if it is full.

        The row has one number: the time at which the bucket is full again. Each token moves it by an interval. If an
        answer is lost, a second token may be taken: never are more given out than there are.
        """
        latest = now_ms + (capacity - 1) * interval_ms
        values = {":now": encode(now_ms), ":expiresAt": encode((latest + interval_ms) // 1000 + 1)}
        in_use = values | {":latest": encode(latest), ":interval": encode(interval_ms)}

        def move() -> Token:
            standing, full_at = self._move(bucket, "fullAt + :interval", _IN_USE, in_use)
            if standing is None:
                return Token(0, (latest + interval_ms - full_at) // interval_ms)
            full_at = decode(standing["fullAt"]) if standing else now_ms
            if full_at > now_ms:
                return Token(full_at - latest)
            fresh = values | {":fullAt": encode(now_ms + interval_ms)}
            if self._move(bucket, ":fullAt", _IDLE, fresh)[0] is None:
                return Token(0, capacity - 1)
            raise Overtaken

        return retry_on_conflict(move, "This rate limit")

    def _move(self, bucket: str, full_at: str, condition: str, values: Item) -> tuple[Item | None, int]:
        """Return None and when the bucket is full again, or the row that prevented the write and 0."""
        moved: Item = {}

        def call(**request: Any) -> None:
            key = {"pk": encode(f"bucket#{bucket}"), "sk": encode("bucket")}
            update = f"SET fullAt = {full_at}, expiresAt = :expiresAt"
            asked: dict[str, Any] = {"Key": key, "UpdateExpression": update, "ReturnValues": "UPDATED_NEW"}
            answer: dict[str, Any] = {**self._calls.client.update_item(**request, **asked)}
            moved.update(answer.get("Attributes", {}))

        standing = self._calls.conditionally(call, condition, values)
        return standing, decode(moved["fullAt"]) if standing is None else 0


def _partition(partition: str) -> str:
    return f"document#{partition}"


def _key(partition: str, name: str) -> Item:
    return {"pk": encode(_partition(partition)), "sk": encode(name)}


def _item(partition: str, document: Document) -> Item:
    item = _key(partition, document.name) | {"text": encode(document.text), "version": encode(document.version)}
    return item if document.expires_at is None else item | {"expiresAt": encode(document.expires_at)}


def _from_item(item: Item) -> Document:
    expires_at = int(item["expiresAt"]["N"]) if "expiresAt" in item else None
    return Document(item["sk"]["S"], item["text"]["S"], int(item["version"]["N"]), expires_at)
