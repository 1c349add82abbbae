"""The calls of DynamoDB that the modules of the ledger share: conditional writes that can be repeated, and batches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Literal
from uuid import uuid4

from verihook.adapters.aws.errors import AwsError, ServiceError
from verihook.adapters.ledgers.item import Item, encode
from verihook.adapters.translation import ErrorTranslation
from verihook.errors import LedgerUnavailable

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

#: How many keys one BatchGetItem takes, and how many writes one BatchWriteItem
#: (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html,
#: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html).
_BATCH_READ, _BATCH_WRITE = 100, 25

#: Turns the errors of the client into LedgerUnavailable.
translated_errors = ErrorTranslation(AwsError, lambda _: LedgerUnavailable("The ledger did not answer."))


class Calls:
    """Calls of one table. Raises AwsError, and LedgerUnavailable if batches are throttled.

    Every conditional write has a ``writeId`` of its own. If an answer is lost, the client sends the same call again,
    and its condition finds the row that the first call wrote: the ``writeId`` shows that the write was applied.
    """

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """``table_name``: a table as :func:`verihook.adapters.ledgers.table.create_table_request` defines it."""
        self.client = client
        self.table = table_name

    def get(self, key: Item) -> Item | None:
        """Return the row, or None. One consistent GetItem."""
        answer: dict[str, Any] = {**self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True)}
        return answer.get("Item")

    def put(self, item: Item, condition: str, values: Item) -> Item | None:
        """Write the row by one PutItem. Return None if applied, else the row that prevented it, ``{}`` for none."""
        applied, existing = self.replace(item, condition, values, "NONE")
        return None if applied else existing

    def replace(
        self, item: Item, condition: str, values: Item, returned: Literal["NONE", "ALL_OLD"] = "ALL_OLD"
    ) -> tuple[bool, Item]:
        """Write the row by one PutItem. Return True and the row replaced, or False and the one that prevented it.

        The replaced row is ``{}`` if there was none, if ``returned`` is ``NONE``, or if an answer was lost.
        """
        write_id = uuid4().hex
        written = item | {"writeId": encode(write_id)}
        before: Item = {}

        def call(**request: Any) -> None:
            answer: dict[str, Any] = {**self.client.put_item(**request, Item=written, ReturnValues=returned)}
            before.update(answer.get("Attributes", {}))

        existing = self.conditionally(call, condition, values, write_id)
        return (True, before) if existing is None else (False, existing)

    def update(self, key: Item, sets: str, condition: str, values: Item, names: dict[str, str]) -> Item | None:
        """Change the row by one UpdateItem; ``sets`` follows the word SET. Returns as :meth:`put` does."""
        write_id = uuid4().hex

        def call(**request: Any) -> None:
            update = f"SET writeId = :writeId, {sets}"
            self.client.update_item(**request, Key=key, UpdateExpression=update, ExpressionAttributeNames=names)

        return self.conditionally(call, condition, values | {":writeId": encode(write_id)}, write_id)

    def conditionally(
        self, call: Callable[..., object], condition: str, values: Item, write_id: str = ""
    ) -> Item | None:
        """Make the write. Return None if it was applied, else the row that prevented it, ``{}`` for none."""
        try:
            call(
                TableName=self.table,
                ConditionExpression=condition,
                ExpressionAttributeValues=values,
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ServiceError as error:
            if error.code != "ConditionalCheckFailedException":
                raise
            existing: Item = error.response.get("Item", {})
            return None if existing.get("writeId") == {"S": write_id} else existing
        return None

    def read(self, keys: Iterable[Item], **options: Any) -> list[Item]:
        """Return the rows of these keys that exist, in any order: BatchGetItem with ``options``.

        One answer has at most 100 rows or 16 MB; the others are read by further calls.
        """
        rows: list[Item] = []
        unread: list[Any] = [*keys]
        while unread:
            batch, unread = unread[:_BATCH_READ], unread[_BATCH_READ:]
            asked: Any = {self.table: {"Keys": batch, **options}}
            answer: dict[str, Any] = {**self.client.batch_get_item(RequestItems=asked)}
            rows += answer["Responses"].get(self.table, [])
            unread += _left(batch, answer["UnprocessedKeys"].get(self.table, {"Keys": []})["Keys"])
        return rows

    def write(self, puts: Iterable[Item], removals: Iterable[Item]) -> None:
        """Put rows and remove others by BatchWriteItem; no call if there are none. No key may be in both."""
        waiting: list[Any] = [{"PutRequest": {"Item": item}} for item in puts]
        waiting += [{"DeleteRequest": {"Key": key}} for key in removals]
        while waiting:
            batch, waiting = waiting[:_BATCH_WRITE], waiting[_BATCH_WRITE:]
            answer = self.client.batch_write_item(RequestItems={self.table: batch})
            waiting += _left(batch, answer["UnprocessedItems"].get(self.table, []))

    def query(self, request: dict[str, Any], most: int | None = None) -> Iterator[Item]:
        """Yield the rows of a Query, page by page. ``most``: how many in a page, which has at most 1 MB."""
        request = {"TableName": self.table, **request}
        if most is not None:
            request["Limit"] = most
        while True:
            page: dict[str, Any] = {**self.client.query(**request)}
            yield from page["Items"]
            if "LastEvaluatedKey" not in page:
                return
            request["ExclusiveStartKey"] = page["LastEvaluatedKey"]


def _left(batch: Sequence[object], left: Sequence[Any]) -> Sequence[Any]:
    """Return what a batch did not process. Raises LedgerUnavailable if it processed nothing."""
    if len(left) == len(batch):
        raise LedgerUnavailable("The ledger is throttled.")
    return left
