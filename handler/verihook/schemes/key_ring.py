"""Keys that a source got over the network: kept, bounded, and asked for at a bounded rate.

A forged delivery names any URL or key id it likes, so that without a bound every one would cost a call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from verihook.errors import SecretsUnavailable

K = TypeVar("K")

#: A key is asked for again after this many seconds, so that a withdrawn one does not live on.
KEEP_S = 3600

#: Keys that one source keeps: senders use one or two at a time.
MAX_KEYS = 16

#: Names that a source does not know yet and asks for, in any MISSES_S seconds.
MAX_MISSES = 5
MISSES_S = 60


@dataclass(slots=True)
class _Entry(Generic[K]):
    key: K
    expires_at: int
    proven: bool = False


class KeyRing(Generic[K]):
    """The keys of one source by name (URL or key id). Safe between threads."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry[K]] = {}
        self._misses: list[int] = []
        self._lock = Lock()

    def key(self, name: str, now: int, load: Callable[[], K]) -> K:
        """The key with this name, kept or from ``load()``. ``now`` in seconds since the epoch.

        Raises SecretsUnavailable where too many unknown names were asked for lately, and whatever ``load`` raises.
        """
        with self._lock:
            entry = self._entries.get(name)
            # An expiry far ahead means that the clock was set back.
            if entry is not None and now < entry.expires_at <= now + KEEP_S:
                return entry.key
            # A key that has verified a delivery is renewed at any time: a flood of unknown names cannot starve it.
            if entry is None or not entry.proven:
                self._count_miss(now)
        key = load()
        with self._lock:
            proven = entry is not None and entry.proven
            if name not in self._entries and len(self._entries) >= MAX_KEYS:
                del self._entries[self._least_wanted()]
            self._entries[name] = _Entry(key, now + KEEP_S, proven)
        return key

    def prove(self, name: str) -> None:
        """A delivery was verified with this key: it is the last to go."""
        entry = self._entries.get(name)
        if entry is not None:
            entry.proven = True

    def _count_miss(self, now: int) -> None:
        self._misses = [at for at in self._misses if now - MISSES_S < at <= now]
        if len(self._misses) >= MAX_MISSES:
            raise SecretsUnavailable("Too many unknown keys were asked for; deliver again.")
        self._misses.append(now)

    def _least_wanted(self) -> str:
        return next((name for name, entry in self._entries.items() if not entry.proven), next(iter(self._entries)))
