"""The calls that the rooms of the table share: conditional writes whose lost answers do no harm, and batches."""

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

#: What one BatchGetItem takes, and one BatchWriteItem
#: (https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchGetItem.html,
#: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html).
_BATCH_READ, _BATCH_WRITE = 100, 25


#: Raises what a client raises as LedgerUnavailable.
translated_errors = ErrorTranslation(AwsError, lambda _: LedgerUnavailable("The ledger did not answer."))


class Calls:
    """A low-level client and the table's name. Raises AwsError, and LedgerUnavailable when throttled.

    Every conditional write carries a ``writeId`` of its own. When an answer is lost the client sends the same call
    again and the condition meets the row that the first one wrote: by its ``writeId`` this row is known as ours.
    """

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """``table_name``: a table as :func:`verihook.adapters.ledgers.table.create_table_request` defines it."""
        self.client = client
        self.table = table_name

    def get(self, key: Item) -> Item | None:
        """One GetItem, consistent."""
        answer: dict[str, Any] = {**self.client.get_item(TableName=self.table, Key=key, ConsistentRead=True)}
        return answer.get("Item")

    def put(self, item: Item, condition: str, values: Item) -> Item | None:
        """One PutItem. None if it was applied, else the row that stood in its way (``{}`` if there is none)."""
        applied, standing = self.replace(item, condition, values, "NONE")
        return None if applied else standing

    def replace(
        self, item: Item, condition: str, values: Item, returned: Literal["NONE", "ALL_OLD"] = "ALL_OLD"
    ) -> tuple[bool, Item]:
        """One PutItem. Whether it was applied; and the row that stood there before, or that stands there now.

        What stood there is ``{}`` if ``returned`` is ``NONE``, or if an answer was lost.
        """
        write_id = uuid4().hex
        written = item | {"writeId": encode(write_id)}
        before: Item = {}

        def call(**request: Any) -> None:
            answer: dict[str, Any] = {**self.client.put_item(**request, Item=written, ReturnValues=returned)}
            before.update(answer.get("Attributes", {}))

        standing = self.conditionally(call, condition, values, write_id)
        return (True, before) if standing is None else (False, standing)

    def update(self, key: Item, sets: str, condition: str, values: Item, names: dict[str, str]) -> Item | None:
        """One UpdateItem; ``sets`` follows the word SET. Its answer is that of :meth:`put`."""
        write_id = uuid4().hex

        def call(**request: Any) -> None:
            update = f"SET writeId = :writeId, {sets}"
            self.client.update_item(**request, Key=key, UpdateExpression=update, ExpressionAttributeNames=names)

        return self.conditionally(call, condition, values | {":writeId": encode(write_id)}, write_id)

    def conditionally(
        self, call: Callable[..., object], condition: str, values: Item, write_id: str = ""
    ) -> Item | None:
        """None if the write was applied, else the row that stood in its way, ``{}`` if there is none."""
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
            standing: Item = error.response.get("Item", {})
            return None if standing.get("writeId") == {"S": write_id} else standing
        return None

    def read(self, keys: Iterable[Item], **options: Any) -> list[Item]:
        """The rows that are there, in no order: BatchGetItem with ``options``.

        One answer holds 100 rows or 16 MB; what it left is asked for again.
        """
        rows: list[Item] = []
        waiting: list[Any] = [*keys]
        while waiting:
            batch, waiting = waiting[:_BATCH_READ], waiting[_BATCH_READ:]
            asked: Any = {self.table: {"Keys": batch, **options}}
            answer: dict[str, Any] = {**self.client.batch_get_item(RequestItems=asked)}
            rows += answer["Responses"].get(self.table, [])
            waiting += _left(batch, answer["UnprocessedKeys"].get(self.table, {"Keys": []})["Keys"])
        return rows

    def write(self, puts: Iterable[Item], removals: Iterable[Item]) -> None:
        """Put rows and remove others: BatchWriteItem, none if there is nothing to do. No key twice."""
        waiting: list[Any] = [{"PutRequest": {"Item": item}} for item in puts]
        waiting += [{"DeleteRequest": {"Key": key}} for key in removals]
        while waiting:
            batch, waiting = waiting[:_BATCH_WRITE], waiting[_BATCH_WRITE:]
            answer = self.client.batch_write_item(RequestItems={self.table: batch})
            waiting += _left(batch, answer["UnprocessedItems"].get(self.table, []))

    def query(self, request: dict[str, Any], most: int | None = None) -> Iterator[Item]:
        """The rows of a Query, page by page as they are asked for. ``most``: as many a page; 1 MB in any case."""
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
    if len(left) == len(batch):
        raise LedgerUnavailable("The ledger is throttled.")
    return left
