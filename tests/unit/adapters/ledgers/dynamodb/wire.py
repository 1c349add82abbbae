"""What DynamoDB gets to hear."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

TABLE = "ledger"


class Wire:
    """A client that counts its calls; ``lose`` makes it send a write twice, as botocore does when an answer is lost.

    ``unprocessed``: that many batches are done but for their first member, or not at all while it is above 10.
    """

    def __init__(self, client: Any) -> None:
        self._client = client
        self.calls: list[str] = []
        self.lose = False
        self.unprocessed = 0

    def __getattr__(self, operation: str) -> Callable[..., Any]:
        def call(**request: Any) -> Any:
            self.calls.append(operation)
            if operation.startswith("batch_") and self.unprocessed:
                return self._partly(operation, request["RequestItems"][TABLE])
            if self.lose and operation in ("put_item", "update_item"):
                getattr(self._client, operation)(**request)
            return getattr(self._client, operation)(**request)

        return call

    def rows(self, index: str | None = None) -> list[dict[str, Any]]:
        """Every row of the table or of an index, uncounted."""
        rows: list[dict[str, Any]] = self._client.scan(TableName=TABLE, **({"IndexName": index} if index else {}))[
            "Items"
        ]
        return rows

    def put(self, item: dict[str, Any]) -> None:
        """Write a row as it is, uncounted."""
        self._client.put_item(TableName=TABLE, Item=item)

    def _partly(self, operation: str, asked: Any) -> Any:
        self.unprocessed -= 1
        first = 0 if self.unprocessed > 10 else 1
        reads = operation == "batch_get_item"
        members = asked["Keys"] if reads else asked
        done: Any = {**asked, "Keys": members[:first]} if reads else members[:first]
        left = members[first:]
        answer: dict[str, Any] = {"Responses": {TABLE: []}}
        if first:
            answer = getattr(self._client, operation)(RequestItems={TABLE: done})
        if not left:
            return answer
        rest = {TABLE: {"Keys": left} if reads else left}
        return {**answer, "UnprocessedKeys" if reads else "UnprocessedItems": rest}
