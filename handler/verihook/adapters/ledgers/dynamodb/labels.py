"""The rows by which instances are found by their labels: one for each label of an instance.

The row of a label only names an instance. Its reader reads the instance's row too, and leaves it out if it does not
have the label, was created at another time, or is not there. So a row that is left over does no harm.
"""

from __future__ import annotations

from hashlib import sha256

from verihook.adapters.ledgers import index_keys
from verihook.adapters.ledgers.dynamodb.calls import Calls
from verihook.adapters.ledgers.item import Item, encode, from_item
from verihook.model.instance import Instance

#: In bytes: a longer label has its digest as the key. A partition key has at most 2,048 bytes.
#: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
_LONGEST = 1024


def partition(label: tuple[str, str]) -> str:
    """Return the ``pk`` of the rows of this label. Two labels may share one: ``a#b`` and ``c``, ``a`` and ``b#c``."""
    name, value = label
    text = f"{name}#{value}".encode()
    return f"label#{name}#{value}" if len(text) <= _LONGEST else f"label##{sha256(text).hexdigest()}"


def add(calls: Calls, instance: Instance, expires_at: int | None = None) -> None:
    """Write the rows of its labels; they expire with an instance that has ended. No call if it has none."""
    added = rows(instance)
    at = instance.expires_at if expires_at is None else expires_at
    if at is not None:
        added = [row | {"expiresAt": encode(at)} for row in added]
    calls.write(added, [])


def settle(calls: Calls, asked: Instance, standing: Item) -> None:
    """Remove the labels that a refused write of ``asked`` added, and restore those of the row that is there."""
    there = from_item(standing) if standing else None
    if there is None or there.purged:
        calls.write([], rows(asked))
        return
    kept = rows(there)
    calls.write([], [row for row in rows(asked) if row not in kept])
    add(calls, there)


def remove(calls: Calls, before: Item, now: Instance) -> None:
    """Remove the labels that a row had before it was replaced and no longer has."""
    if before:
        kept = [] if now.purged else rows(now)
        calls.write([], [row for row in rows(from_item(before)) if row not in kept])


def rows(instance: Instance) -> list[Item]:
    """Return the rows of its labels, without an end. Each row is a key and nothing else."""
    names = dict.fromkeys(partition(label) for label in instance.labels)
    return [{"pk": encode(name), "sk": encode(index_keys.listed_at(instance))} for name in names]
