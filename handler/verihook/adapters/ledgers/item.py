"""A row of the ledger as a DynamoDB item in the low-level form, e.g. ``{"attempt": {"N": "1"}}``."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

from verihook.adapters.ledgers import index_keys
from verihook.adapters.ledgers.delivery_text import from_kept_text, kept_text, pack_delivery, unpack_delivery
from verihook.model.instance import FINAL, Instance
from verihook.model.ports import Change

#: One attribute value: ``{"S": text}``, ``{"N": digits}``, ``{"BOOL": true}``, ``{"L": [...]}``, ``{"M": {...}}``, or
#: ``{"B": bytes}`` of a compressed text.
Value = dict[str, Any]
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
    "engine": "engine",
    "revision": "revision",
    "start_at": "startAt",
    "begun_at": "begunAt",
    "leased_until": "leasedUntil",
    "connection": "connection",
    "callback_url": "callbackUrl",
    "signed": "signed",
    "line": "line",
}

#: Field of Instance -> attribute, left out while its value is false or empty, as in most rows.
_OPTIONAL = {
    "held": "held",
    "purged": "purged",
    "tries": "tries",
    "tags": "tags",
    "metadata": "metadata",
    "callback_tries": "callbackTries",
}

#: Fields that may be long: they are compressed, as a write costs by the KB, if they have more bytes than _SHORT.
_LONG = frozenset(("input", "output"))
_SHORT = 128

#: The attributes that a list shows of a row: all but the long ones.
LISTED = ("pk", *(name for name in (*_ATTRIBUTES.values(), *_OPTIONAL.values(), "delivery") if name not in _LONG))


def encode(value: object) -> Value:
    """The attribute value of a str, a bool, an int, a tuple of texts, or a mapping of texts.

    Raises UnicodeEncodeError for a lone surrogate, which DynamoDB would replace in silence.
    """
    if isinstance(value, str):
        value.encode()
        return {"S": value}
    if isinstance(value, bool):
        return {"BOOL": value}
    if isinstance(value, tuple):
        return {"L": [encode(text) for text in value]}
    if isinstance(value, Mapping):
        return {"M": {name: encode(text) for name, text in value.items() if name.encode()}}
    return {"N": str(value)}


def fits(text: str, room: int) -> bool:
    """Return whether a long text takes at most ``room`` bytes of its row."""
    # UTF-8 takes at most 4 bytes a character: most texts need no look at their bytes.
    if len(text) * 4 <= room:
        return True
    data = text.encode("utf-8", "surrogatepass")
    return len(data) <= room or len(zlib.compress(data, zlib.Z_BEST_COMPRESSION)) <= room


def pack(text: str) -> Value:
    """The attribute value of a long text: compressed by zlib if that makes it shorter.

    Raises UnicodeEncodeError as :func:`encode`.
    """
    data = text.encode()
    packed = zlib.compress(data, zlib.Z_BEST_COMPRESSION) if len(data) > _SHORT else data
    return {"B": packed} if len(packed) < len(data) else {"S": text}


def decode(value: Mapping[str, Any]) -> Any:
    """The inverse of :func:`encode` and of :func:`pack`."""
    ((kind, held),) = value.items()
    if kind == "B":
        return zlib.decompress(held).decode()
    if kind == "N":
        return int(held)
    if kind == "L":
        return tuple(decode(text) for text in held)
    if kind == "M":
        return {name: decode(text) for name, text in held.items()}
    return held


def key(instance_id: str) -> Item:
    """The primary key of an instance's row."""
    return {"pk": encode(_PREFIX + instance_id), "sk": {"S": "instance"}}


def id_of(item: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the instance id in a row's key, the only field of the row that an entry of the index ``due`` has."""
    instance_id: str = item["pk"]["S"]
    return instance_id.removeprefix(_PREFIX)


def expired(item: Mapping[str, Mapping[str, Any]], now_ms: int) -> bool:
    """Whether the row's time has passed. DynamoDB deletes it within days of that."""
    return "expiresAt" in item and int(item["expiresAt"]["N"]) * 1000 <= now_ms


def to_item(instance: Instance) -> Item:
    """Return the whole row, with its keys in the indexes. A purged row is in no index."""
    item = key(instance.id)
    for field, attribute in _ATTRIBUTES.items():
        value = getattr(instance, field)
        if value is not None:
            item[attribute] = _encoded(field, value)
    for field, attribute in _OPTIONAL.items():
        value = getattr(instance, field)
        if value:
            item[attribute] = encode(value)
    if (kept := kept_text(instance.delivery, instance.updated_at)) is not None:
        item["delivery"] = pack_delivery(kept)
    if not instance.purged:
        item |= {attribute: encode(place) for attribute, place in index_keys.of(instance).items()}
    return item


def from_item(item: Mapping[str, Mapping[str, Any]]) -> Instance:
    """The inverse of :func:`to_item`. The input of an item that was read without it is ``""``."""
    row: dict[str, Any] = {"id": id_of(item), "input": ""}
    for field, attribute in (_ATTRIBUTES | _OPTIONAL).items():
        if attribute in item:
            row[field] = decode(item[attribute])
    if "delivery" in item:
        row["delivery"] = from_kept_text(unpack_delivery(item["delivery"]))
    return Instance(**row)


def to_attributes(instance_id: str, change: Change, *, waits: bool) -> dict[str, Value | None]:
    """Return what a change writes to a row: attribute -> its new value, or None to remove the attribute.

    ``waits``: whether the row stays due at the due time of the change, as it does until its end, and for a callback.
    """
    due_at = change.due_at if waits else None
    values: dict[str, object] = {
        "status": change.status,
        "updatedAt": change.at,
        "dueAt": due_at,
        "expiresAt": change.expires_at,
        "output": change.output,
        "error": change.error,
        "cause": change.cause,
        "dueShard": None if due_at is None else index_keys.due_shard(instance_id, ended=change.status in FINAL),
        "statusShard": index_keys.status_shard(instance_id, change.status),
    }
    if change.status in FINAL:
        # An instance that has ended is not held any more.
        values["held"] = None
    return {attribute: None if value is None else _encoded(attribute, value) for attribute, value in values.items()}


def _encoded(field: str, value: object) -> Value:
    return pack(value) if field in _LONG and isinstance(value, str) else encode(value)


#: The ends, as values of an expression.
FINAL_VALUES: Item = {f":{status}": encode(status) for status in sorted(FINAL)}
