"""Requests that find rows of versions before lists, and give them their places in these."""

from __future__ import annotations

from typing import Any

from verihook.adapters.ledgers import index_keys
from verihook.adapters.ledgers.item import LISTED, encode, key
from verihook.model.instance import Instance

#: What the key of a mailbox begins with, before the name of the execution, and its sort key.
MAILBOX, _MAILBOX_SORT = "document#instance#", "mailbox"

_FORMER = (
    "(begins_with(pk, :instance) AND attribute_not_exists(listedAt) AND attribute_not_exists(purged))"
    " OR (begins_with(pk, :mailbox) AND sk = :mailbox_sort)"
)


def scan_request(table: str, limit: int) -> dict[str, Any]:
    """Return the arguments of Scan for instances that are in no list, and for mailboxes, without what is long."""
    names = {f"#n{number}": name for number, name in enumerate((*LISTED, "sk"))}
    values = {":instance": "instance#", ":mailbox": MAILBOX, ":mailbox_sort": _MAILBOX_SORT}
    return {
        "TableName": table,
        "Limit": limit,
        "FilterExpression": _FORMER,
        "ProjectionExpression": ", ".join(names),
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {name: encode(value) for name, value in values.items()},
    }


def list_request(table: str, row: Instance) -> dict[str, Any]:
    """Return the arguments of UpdateItem that puts the row into its lists, unless something has written it since."""
    keys = {name: value for name, value in index_keys.of(row).items() if name != "dueShard"}
    sets = ", ".join(f"{name} = :{name}" for name in keys)
    values = {f":{name}": encode(value) for name, value in keys.items()}
    return {
        "TableName": table,
        "Key": key(row.id),
        "UpdateExpression": f"SET {sets}",
        "ConditionExpression": "attribute_not_exists(listedAt) AND #status = :status AND attempt = :attempt",
        "ExpressionAttributeNames": {"#status": "status"},
        "ExpressionAttributeValues": {**values, ":status": encode(row.status), ":attempt": encode(row.attempt)},
    }
