"""A row of the ledger as a DynamoDB item in the low-level form, e.g. ``{"attempt": {"N": "1"}}``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zlib import crc32

from verihook.instance import FINAL, Instance
from verihook.ledgers.table import DUE_SHARDS
from verihook.ports import Change

#: One attribute value: ``{"S": text}`` or ``{"N": digits}``.
Value = dict[str, str]
Item = dict[str, Value]

_PREFIX = "instance#"

#: Field of Instance -> attribute. ``id`` is in the key. None is the absence of the attribute.
_ATTRIBUTES = {
    "workflow": "workflow",
    "version": "version",
    "attempt": "attempt",
    "status": "status",
    "source": "source",
    "event_id": "eventId",
    "event_type": "eventType",
    "input": "input",
    "output": "output",
    "error": "error",
    "cause": "cause",
    "created_at": "createdAt",
    "updated_at": "updatedAt",
    "due_at": "dueAt",
    "expires_at": "expiresAt",
}


def encode(value: str | int) -> Value:
    """The attribute value. Raises UnicodeEncodeError for a lone surrogate, which DynamoDB would replace in silence."""
    if isinstance(value, str):
        value.encode()
        return {"S": value}
    return {"N": str(value)}


def key(instance_id: str) -> Item:
    """The primary key of an instance's row."""
    return {"pk": encode(_PREFIX + instance_id), "sk": {"S": "instance"}}


def id_of(item: Mapping[str, Mapping[str, Any]]) -> str:
    """The instance id in a row's key; all that an index entry has of it."""
    instance_id: str = item["pk"]["S"]
    return instance_id.removeprefix(_PREFIX)


def due_shards() -> list[str]:
    """Every partition key of the index ``due``."""
    return [f"due#{number}" for number in range(DUE_SHARDS)]


def due_shard(instance_id: str) -> str:
    """The partition of the index that carries this instance: the same in every process."""
    return f"due#{crc32(instance_id.encode()) % DUE_SHARDS}"


def to_item(instance: Instance) -> Item:
    """The whole row. Only one that is not final and has a due time carries ``dueShard``, hence stands in the index."""
    item = key(instance.id)
    for field, attribute in _ATTRIBUTES.items():
        value = getattr(instance, field)
        if value is not None:
            item[attribute] = encode(value)
    if not instance.final and instance.due_at is not None:
        item["dueShard"] = encode(due_shard(instance.id))
    return item


def from_item(item: Mapping[str, Mapping[str, Any]]) -> Instance:
    """The inverse of :func:`to_item`. An input that had to be dropped for the sake of the output reads as ``""``."""
    row: dict[str, Any] = {"id": id_of(item), "input": ""}
    for field, attribute in _ATTRIBUTES.items():
        if attribute in item:
            value = item[attribute]
            row[field] = value["S"] if "S" in value else int(value["N"])
    return Instance(**row)


def to_attributes(instance_id: str, change: Change) -> dict[str, Value | None]:
    """What a change makes of a row: attribute -> its new value, or None where it goes."""
    values: dict[str, str | int | None] = {
        "status": change.status,
        "updatedAt": change.at,
        "dueAt": change.due_at,
        "expiresAt": change.expires_at,
        "output": change.output,
        "error": change.error,
        "cause": change.cause,
        "dueShard": None if change.status in FINAL or change.due_at is None else due_shard(instance_id),
    }
    return {attribute: None if value is None else encode(value) for attribute, value in values.items()}
