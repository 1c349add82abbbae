"""Remembers the payloads that were put a short time ago, so that a redelivery of a large body does not put it again.

A payload is put before its row is claimed, so that it is there when the instance starts. A redelivery would put the
same payload again, only for its claim to find the row. So a put is left out if this process has just claimed or found
the row, and the row does not expire soon: then every claim finds it, and no new instance needs the payload. A purge
removes the payload, but leaves a tombstone, with which claims end in the same way, and which is never restarted.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verihook.model.instance import Instance
    from verihook.model.ports import PayloadWriter

#: How long a key is remembered, in milliseconds. Most senders deliver again within minutes.
REMEMBERED_MS = 600_000

#: How many keys are remembered at most; the oldest is forgotten first.
MOST = 1_000


class RecentPayloads:
    """Remembers the keys of payloads in bounded memory. Threads may share it."""

    def __init__(self) -> None:
        self._until: OrderedDict[str, int] = OrderedDict()
        self._lock = Lock()

    def note(self, key: str, row: Instance, now_ms: int) -> None:
        """Remember that the payload ``key`` and the row of its instance (it may be purged) are there."""
        soon = row.expires_at is not None and row.expires_at * 1000 <= now_ms + 2 * REMEMBERED_MS
        # Without a source, a caller chose the id, and a purge makes such an id free again.
        if soon or row.source is None:
            return
        with self._lock:
            self._until[key] = now_ms + REMEMBERED_MS
            self._until.move_to_end(key)
            while len(self._until) > MOST:
                self._until.popitem(last=False)

    def without_repeats(self, payloads: PayloadWriter, now_ms: int) -> PayloadWriter:
        """Return a writer to ``payloads`` that leaves out the puts of remembered keys."""
        return _WithoutRepeats(payloads, self._until, now_ms)


class _WithoutRepeats:
    """Implements :class:`verihook.model.ports.PayloadWriter`."""

    def __init__(self, payloads: PayloadWriter, until: OrderedDict[str, int], now_ms: int) -> None:
        self._payloads, self._until, self._now_ms = payloads, until, now_ms

    @property
    def base(self) -> str:
        # Read only when it is needed: in AWS, to read it makes the store's client.
        return self._payloads.base

    def put(self, key: str, text: str) -> None:
        if self._until.get(key, 0) <= self._now_ms:
            self._payloads.put(key, text)
