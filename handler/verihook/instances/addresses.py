"""Addresses at which an instance waits for one webhook: ``/hooks/SOURCE?wait=INSTANCE.ATTEMPT.TOKEN``.

The token has 128 random bits. Its SHA-256 is kept in the name of the wait in the mailbox of the instance, with the
source and the time at which the wait ends. The address proves nothing by itself: a delivery at it is verified as any
other of its source, and the first one ends the wait.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from verihook.instances.mailboxes import ONE_TIME, Mailbox
from verihook.model.instance import INSTANCE_ID

#: The parameter of the query. Nothing logs or keeps a query.
PARAMETER = "wait"

#: How many bytes of chance a token has; it is written in hex.
TOKEN_BYTES = 16

_ADDRESS = re.compile(r"([^.]+)\.([1-9][0-9]{0,8})\.([0-9a-f]{32})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a webhook is waited for: by an attempt of an instance. ``digest``: what is kept of the token."""

    instance_id: str
    attempt: int
    digest: str


def path_of(source: str, instance_id: str, attempt: int, token: str) -> str:
    """Return the path and query of an address."""
    return f"/hooks/{source}?{PARAMETER}={instance_id}.{attempt}.{token}"


def wait_name(source: str, until_s: int, token: str) -> str:
    """Return the name of the wait for a webhook at the address with this token."""
    return f"{ONE_TIME}{source}:{until_s}:{_digest(token)}"


def parse_address(text: str) -> Address | None:
    """Return the address of a value of the query's parameter; None if it is none."""
    found = _ADDRESS.fullmatch(text)
    if found is None or not INSTANCE_ID.fullmatch(found[1]):
        return None
    return Address(found[1], int(found[2]), _digest(found[3]))


def awaited(address: Address, source: str, box: Mailbox, now_ms: int) -> str | None:
    """Return the name of the wait for a webhook of the source at the address; None if it is over or was never there."""
    for wait in box.waits:
        if wait.name.startswith(f"{ONE_TIME}{source}:") and wait.name.endswith(f":{address.digest}"):
            until_s = int(wait.name.rsplit(":", 2)[1])
            return wait.name if now_ms < until_s * 1000 else None
    return None


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()[:32]
