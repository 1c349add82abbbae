"""The workflows that are active again, and of which events that came while they were paused may still be held.

What comes for one of them is held, too, and started behind those. A process looks once, when it begins, as hooks.toml
does not change while it runs: what comes for other workflows costs nothing more.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock


class Draining:
    """``names``: of the workflows; threads may share it. ``looked``: whether the ledger was asked for them."""

    def __init__(self, names: Iterable[str] = (), settle_ms: int = 0) -> None:
        """``names``: those that may be among them. ``settle_ms``: as of :meth:`found`."""
        self.names = set(names)
        self.looked = False
        self._settle_ms, self._settled_at = settle_ms, 0
        self._lock = Lock()
        self._last_ms = 0

    def found(self, names: Iterable[str], now_ms: int) -> None:
        """Note of which workflows events are held. For a while others with an older hooks.toml may hold more of them.

        That is ``settle_ms`` from now on, in milliseconds: as long as a deployment takes to replace every process.
        """
        self.names, self.looked, self._settled_at = set(names), True, now_ms + self._settle_ms

    def forget(self, name: str, now_ms: int) -> None:
        """Note that nothing of this workflow is held any more."""
        if now_ms >= self._settled_at:
            self.names.discard(name)

    def next_ms(self, now_ms: int) -> int:
        """Return the time, and a later one at each call: two events of one millisecond have an order, too."""
        with self._lock:
            self._last_ms = max(now_ms, self._last_ms + 1)
            return self._last_ms
