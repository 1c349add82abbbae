"""Observations, which count what was seen within an hour: how long ledgers keep them, and their DynamoDB items."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, get_type_hints

from verihook.adapters.ledgers.item import Item, encode
from verihook.model.ports import KEPT_MS, Observation

HOUR_MS = 3_600_000

#: Field of Observation -> attribute.
_ATTRIBUTES = {
    "kind": "kind",
    "source": "source",
    "reason": "reason",
    "count": "count",
    "first_at": "firstAt",
    "last_at": "lastAt",
    "request_id": "requestId",
    "sample": "sample",
}

_NUMBERS = frozenset(name for name, kind in get_type_hints(Observation).items() if kind is int)


def expires_at(at_ms: int) -> int:
    """When the row of the hour of ``at_ms`` expires, in seconds since the epoch."""
    return ((at_ms // HOUR_MS + 1) * HOUR_MS + KEPT_MS) // 1000


def partition(kind: str) -> str:
    """The ``pk`` of every row of this kind: one partition, so that one Query lists them in the order of their hours."""
    return f"observation#{kind}"


def hour(at_ms: int) -> str:
    """The first part of ``sk``: the hour in UTC, as text that sorts by time."""
    return datetime.fromtimestamp(at_ms / 1000, UTC).strftime("%Y-%m-%dT%H")


def key(seen: Observation) -> Item:
    """The primary key of the row that ``seen`` is added to."""
    return {"pk": encode(partition(seen.kind)), "sk": encode(f"{hour(seen.last_at)}#{seen.source}#{seen.reason}")}


def values(seen: Observation) -> Item:
    """``seen`` as values of an expression, and ``:expiresAt``."""
    named = {f":{attribute}": encode(getattr(seen, field)) for field, attribute in _ATTRIBUTES.items()}
    return named | {":expiresAt": encode(expires_at(seen.last_at))}


def from_item(item: Mapping[str, Mapping[str, Any]]) -> Observation:
    """The row as it was seen."""
    row: dict[str, Any] = {}
    for field, attribute in _ATTRIBUTES.items():
        # A row of an older version has no sample.
        if attribute in item:
            row[field] = int(item[attribute]["N"]) if field in _NUMBERS else item[attribute]["S"]
    return Observation(**row)
