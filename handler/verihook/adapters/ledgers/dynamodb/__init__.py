"""The ledger in AWS: one DynamoDB table. Keys, indexes and calls are described in docs/ledger.md."""

from __future__ import annotations

from verihook.adapters.ledgers.dynamodb.documents import DynamoDbDocuments
from verihook.adapters.ledgers.dynamodb.ledger import DynamoDbLedger

__all__ = ["DynamoDbDocuments", "DynamoDbLedger"]
