"""The DynamoDB table: the one place that defines it. ``template.yaml`` says the same; a project test compares both."""

from __future__ import annotations

from typing import Any

#: The sparse index of the rows that reconcile has to look at.
DUE_INDEX = "due"

#: The attribute after which DynamoDB deletes a row: seconds since the epoch
#: (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html).
TTL_ATTRIBUTE = "expiresAt"

#: How many partitions the index is spread over. One takes 1,000 writes a second, an instance makes about four (claim,
#: a moved due time counts twice, removal), and an index that throttles throttles the claims too: eight carry about
#: 2,000 instances a second. ``due`` asks each once, so more cost more. Raising it is safe; lowering it hides the rows
#: of the shards that go.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-gsi-sharding.html
DUE_SHARDS = 8


def create_table_request(name: str) -> dict[str, Any]:
    """The arguments of ``CreateTable``. Time to live is a second call: :func:`time_to_live_request`."""
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
            {"AttributeName": "dueShard", "AttributeType": "S"},
            {"AttributeName": "dueAt", "AttributeType": "N"},
        ],
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": DUE_INDEX,
                "KeySchema": [
                    {"AttributeName": "dueShard", "KeyType": "HASH"},
                    {"AttributeName": "dueAt", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    }


def time_to_live_request(name: str) -> dict[str, Any]:
    """The arguments of ``UpdateTimeToLive``."""
    return {"TableName": name, "TimeToLiveSpecification": {"AttributeName": TTL_ATTRIBUTE, "Enabled": True}}
