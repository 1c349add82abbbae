"""The DynamoDB table: the one place that defines it. ``template.yaml`` says the same; a project test compares both."""

from __future__ import annotations

from typing import Any

#: The sparse index of the rows that reconcile has to look at.
DUE_INDEX = "due"

#: The indexes of lists -> the attribute that each is partitioned by. The sort key of each is LISTED_AT. Each costs one
#: write unit for a claim, and ``status`` one more, because a row leaves it when it has completed.
LIST_INDEXES = {
    "created": "createdShard",
    "workflow": "workflowShard",
    "status": "statusShard",
    "source": "sourceShard",
}

#: When an instance was created, in milliseconds of 13 digits, ``#`` and its id: text that sorts as a list does.
LISTED_AT = "listedAt"

#: The attribute after which DynamoDB deletes a row: seconds since the epoch
#: (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html).
TTL_ATTRIBUTE = "expiresAt"

#: How many partitions the index is spread over. One takes 1,000 writes a second, an instance makes about four (claim,
#: a moved due time counts twice, removal), and an index that throttles throttles the claims too: eight carry about
#: 2,000 instances a second. ``due`` asks each once, so more cost more. Raising it is safe; lowering it hides the rows
#: of the shards that go.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-indexes-gsi-sharding.html
DUE_SHARDS = 8

#: The same for each value of a list's index. An instance comes into ``queued`` of ``status`` and leaves it again: four
#: carry about 2,000 instances a second. A page asks each once. Never change it: rows of before would be hidden.
LIST_SHARDS = 4

#: What the table's stream has of a change: the new row. The worker finds queued instances in it.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Streams.html
STREAM_VIEW = "NEW_IMAGE"


def create_table_request(name: str) -> dict[str, Any]:
    """Return the arguments of ``CreateTable``. Time to live is a second call: :func:`time_to_live_request`."""
    texts = ("pk", "sk", "dueShard", LISTED_AT, *LIST_INDEXES.values())
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            *({"AttributeName": attribute, "AttributeType": "S"} for attribute in texts),
            {"AttributeName": "dueAt", "AttributeType": "N"},
        ],
        "KeySchema": _keys("pk", "sk"),
        "GlobalSecondaryIndexes": [
            _index(DUE_INDEX, "dueShard", "dueAt"),
            *(_index(index, attribute, LISTED_AT) for index, attribute in LIST_INDEXES.items()),
        ],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": STREAM_VIEW},
    }


def time_to_live_request(name: str) -> dict[str, Any]:
    """Return the arguments of ``UpdateTimeToLive``."""
    return {"TableName": name, "TimeToLiveSpecification": {"AttributeName": TTL_ATTRIBUTE, "Enabled": True}}


def _keys(partition: str, sort: str) -> list[dict[str, str]]:
    return [{"AttributeName": partition, "KeyType": "HASH"}, {"AttributeName": sort, "KeyType": "RANGE"}]


def _index(name: str, partition: str, sort: str) -> dict[str, Any]:
    return {
        "IndexName": name,
        "KeySchema": _keys(partition, sort),
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
