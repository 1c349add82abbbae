"""Payloads that need no second put: a sender that delivers a large body again meets the row, and the payload of before.

A payload is put before its row is claimed, so that whatever begins the row finds it. A redelivery would put its body
again, and the claim would then say that it is one. A put is left out while a row stands in the way of every claim that
could need it: one that this process has just claimed or met, and that does not expire for a while. A purge takes
the payload and leaves a tombstone, which refuses the claim and is never restarted.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verihook.model.instance import Instance
    from verihook.model.ports import PayloadWriter

#: How long the puts of a key are left out, in milliseconds. Senders that come again do so within minutes.
REMEMBERED_MS = 600_000

#: How many keys are remembered at most: the latest.
MOST = 1_000


class RecentPayloads:
    """Remembers keys in bounded memory. Threads may share it."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, int] = OrderedDict()
        self._lock = Lock()

    def note(self, key: str, row: Instance, now_ms: int) -> None:
        """The payload is there, and so is the row of its instance, a purged one too."""
        soon = row.expires_at is not None and row.expires_at * 1000 <= now_ms + 2 * REMEMBERED_MS
        # An id that a caller chose is free after a purge.
        if soon or row.source is None:
            return
        with self._lock:
            self._until[key] = now_ms + REMEMBERED_MS
            self._until.move_to_end(key)
            while len(self._until) > MOST:
                self._until.popitem(last=False)

    def without_repeats(self, payloads: PayloadWriter, now_ms: int) -> PayloadWriter:
        """The payloads, without the puts of keys that are remembered."""
        return _WithoutRepeats(payloads, self._until, now_ms)


class _WithoutRepeats:
    """Implements :class:`verihook.model.ports.PayloadWriter`."""

    def __init__(self, payloads: PayloadWriter, until: OrderedDict[str, int], now_ms: int) -> None:
        self._payloads, self._until, self._now_ms = payloads, until, now_ms

    @property
    def base(self) -> str:
        # Asked for when it is needed: in AWS the store is made then.
        return self._payloads.base

    def put(self, key: str, text: str) -> None:
        if self._until.get(key, 0) <= self._now_ms:
            self._payloads.put(key, text)
