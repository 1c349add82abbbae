"""The tables of before: their layouts, and what that of commit 326d30b (0.1.0) cost in a webhook's whole life.

Counted with the lives and bodies of this package; all five senders came to the same.
"""

from __future__ import annotations

from typing import Any

from verihook.adapters.ledgers.table import create_table_request

COMMIT = "326d30b"

#: Index -> its keys. Keys alone stood in each.
INDEXES = {
    "due": ("dueShard", "dueAt"),
    "created": ("createdShard", "listedAt"),
    "workflow": ("workflowShard", "listedAt"),
    "status": ("statusShard", "listedAt"),
    "workflow-status": ("workflowStatusShard", "listedAt"),
    "source": ("sourceShard", "listedAt"),
}

#: The same of commit 852c8e7, before there were engines and lists. Its table had no stream.
FIRST_INDEXES = {"due": INDEXES["due"]}

#: A row that commit 852c8e7 wrote, of an instance that ran.
FIRST_ROW = {
    "pk": {"S": "instance#r1"},
    "sk": {"S": "instance"},
    "workflow": {"S": "order-created"},
    "version": {"N": "1"},
    "attempt": {"N": "1"},
    "status": {"S": "running"},
    "source": {"S": "orders"},
    "eventId": {"S": "e-r1"},
    "eventType": {"S": "order.created"},
    "input": {"S": '{"orderId":"1042"}'},
    "createdAt": {"N": "1764500000000"},
    "updatedAt": {"N": "1764500000005"},
    "dueAt": {"N": "1764500060000"},
    "dueShard": {"S": "due#1"},
    "writeId": {"S": "ea03761a0f67402a816bf205b96d6bd1"},
}


def table_request(name: str, indexes: dict[str, tuple[str, str]], *, stream: bool = True) -> dict[str, Any]:
    """The arguments of CreateTable for a table of before."""
    attributes = sorted({"pk", "sk", *(key for keys in indexes.values() for key in keys)})
    request = create_table_request(name) | {
        "AttributeDefinitions": [
            {"AttributeName": each, "AttributeType": "N" if each == "dueAt" else "S"} for each in attributes
        ],
        "GlobalSecondaryIndexes": [
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": partition, "KeyType": "HASH"},
                    {"AttributeName": sort, "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
            for index, (partition, sort) in indexes.items()
        ],
    }
    return request if stream else request | {"StreamSpecification": {"StreamEnabled": False}}


_TOLD = {
    512: {"claim": 8, "running": 8, "end": 7},
    2048: {"claim": 9, "running": 9, "end": 8},
    20_480: {"claim": 27, "running": 27, "end": 26},
}

#: Engine -> bytes of the body -> stage -> write units.
UNITS = {
    "stepfunctions": _TOLD,
    "durable": _TOLD,
    "function": {
        512: {"claim": 8, "run": 15},
        2048: {"claim": 9, "run": 17},
        20_480: {"claim": 27, "run": 53},
    },
}
