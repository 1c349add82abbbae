"""The rows to find instances by their labels: one for each label, beside the row of the instance.

A label's row only says where to look: its reader looks at the instance's row, and leaves out what has not
the label, was created at another time, or is not there. So one that is left over does no harm.
"""

from __future__ import annotations

from hashlib import sha256

from verihook.adapters.ledgers import index_keys
from verihook.adapters.ledgers.dynamodb.calls import Calls
from verihook.adapters.ledgers.item import Item, encode, from_item
from verihook.model.instance import Instance

#: A partition key has at most 2,048 bytes, a label may have more: a longer one stands under its digest.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
_LONGEST = 1024


def partition(label: tuple[str, str]) -> str:
    """The ``pk`` of every row of this label. Two labels may share one: ``a#b`` and ``c``, ``a`` and ``b#c``."""
    name, value = label
    text = f"{name}#{value}".encode()
    return f"label#{name}#{value}" if len(text) <= _LONGEST else f"label##{sha256(text).hexdigest()}"


def add(calls: Calls, instance: Instance, expires_at: int | None = None) -> None:
    """Write the rows of its labels; those of a row that is at its end expire with it. No call if it has none."""
    added = rows(instance)
    at = instance.expires_at if expires_at is None else expires_at
    if at is not None:
        added = [row | {"expiresAt": encode(at)} for row in added]
    calls.write(added, [])


def settle(calls: Calls, asked: Instance, standing: Item) -> None:
    """After a write that was refused: what ``asked`` added goes, and what the row there has is as it was."""
    there = from_item(standing) if standing else None
    if there is None or there.purged:
        calls.write([], rows(asked))
        return
    kept = rows(there)
    calls.write([], [row for row in rows(asked) if row not in kept])
    add(calls, there)


def remove(calls: Calls, before: Item, now: Instance) -> None:
    """Remove the labels that a row had before it was replaced and has not any more."""
    if before:
        kept = [] if now.purged else rows(now)
        calls.write([], [row for row in rows(from_item(before)) if row not in kept])


def rows(instance: Instance) -> list[Item]:
    """The rows of its labels, each of which is its own key, and never expires."""
    names = dict.fromkeys(partition(label) for label in instance.labels)
    return [{"pk": encode(name), "sk": encode(index_keys.listed_at(instance))} for name in names]
