"""The Ledger port on DynamoDB, put together from its parts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verihook.adapters.ledgers.dynamodb.calls import Calls
from verihook.adapters.ledgers.dynamodb.instances import Instances
from verihook.adapters.ledgers.dynamodb.lists import Lists
from verihook.adapters.ledgers.dynamodb.observations import Observations

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient


class DynamoDbLedger(Instances, Lists, Observations):
    """Implements :class:`verihook.model.ports.Ledger` with a low-level client, which threads may share.

    Every write of an instance is one conditional call with a ``writeId`` of its own, so that a lost answer does not
    make the first delivery look like a duplicate.
    """

    def __init__(self, client: DynamoDBClient, table_name: str) -> None:
        """``table_name``: a table as :func:`verihook.adapters.ledgers.table.create_table_request` defines it."""
        super().__init__(Calls(client, table_name))
