"""Records of the table's stream, which brings rows that are queued to what runs them.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def is_of_stream(event: Mapping[str, Any]) -> bool:
    """Return whether an invocation's event is a batch of the table's stream."""
    records = event.get("Records")
    return isinstance(records, list) and bool(records) and all(_of_the_stream(record) for record in records)


def queued_attempt(record: Mapping[str, Any], engine: str) -> tuple[str, int] | None:
    """Return the instance and the attempt that a record says is queued; None if it is not one of this engine."""
    match record.get("dynamodb", {}):
        case {
            "Keys": {"pk": {"S": str(key)}, "sk": {"S": "instance"}},
            "NewImage": {"attempt": {"N": str(attempt)}, "engine": {"S": str(of)}, "status": {"S": "queued"}},
        } if key.startswith("instance#") and of == engine:
            return key.removeprefix("instance#"), int(attempt)
    return None


def sequence(record: Mapping[str, Any]) -> str:
    """Return the number by which a record is asked for again."""
    return str(record.get("dynamodb", {}).get("SequenceNumber", ""))


def _of_the_stream(record: object) -> bool:
    return isinstance(record, dict) and record.get("eventSource") == "aws:dynamodb"
