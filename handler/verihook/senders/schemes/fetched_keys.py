"""Keys that a source fetched over the network: cached, bounded, and fetched at a bounded rate.

A forged delivery can name any URL or key id, so that without a limit each one would cost a call. With one limit for all
names, a flood of invented names would keep out the genuine sender's new key for as long as it lasts. So each class of
names has its own limit (:data:`NEW`, :data:`AGAIN`, :data:`DENIED`):

- A name that comes for the first time may be turned away, with 503. Its sender delivers again, and the name is then of
  the second class. A caller that never repeats a name stays in the first.
- A name that was turned away is fetched when it comes again, within half an hour at least. Each invented one costs two
  deliveries and is then denied, so at up to 100 forged deliveries a second a genuine key is fetched at its second
  delivery.
- A name that the sender's host has denied is refused, and seldom fetched again: it may have been published since.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from verihook.errors import SecretsUnavailable, SignatureError
from verihook.senders.schemes.recent_names import RecentNames

K = TypeVar("K")

#: A key is fetched again after this many seconds, so that a withdrawn one does not stay valid.
KEEP_S = 3600

#: At most so many keys are cached for one source: senders use one or two at a time.
MAX_KEYS = 16

#: How many names are fetched that come for the first time, that come again after they were turned away, and that the
#: host has denied: each (times, in so many seconds).
NEW = (5, 60)
AGAIN = (120, 1)
DENIED = (5, 60)


@dataclass(slots=True)
class _Entry(Generic[K]):
    key: K
    expires_at: int
    proven: bool = False


class _Budget:
    """Allows ``times`` uses in any span of ``seconds``."""

    def __init__(self, times: int, seconds: int) -> None:
        self._times, self._seconds = times, seconds
        self._spent: list[int] = []

    def spend(self, now: int) -> bool:
        """Use one; False if none is left."""
        self._spent = [at for at in self._spent if now - self._seconds < at <= now]
        if len(self._spent) >= self._times:
            return False
        self._spent.append(now)
        return True


class FetchedKeys(Generic[K]):
    """The keys of one source by name (URL or key id). Threads may share it."""

    def __init__(self) -> None:
        self._entries: dict[str, _Entry[K]] = {}
        self._new, self._again, self._denied = _Budget(*NEW), _Budget(*AGAIN), _Budget(*DENIED)
        self._turned_away, self._denials = RecentNames(), RecentNames()
        self._denial: SignatureError | None = None
        self._lock = Lock()

    def key(self, name: str, now: int, load: Callable[[], K]) -> K:
        """Return the key with this name, cached or from ``load()``. ``now`` in seconds since the epoch.

        Raises SecretsUnavailable if too many such names were fetched lately, SignatureError if the name was denied
        before, and what ``load`` raises: SignatureError says that there is no such key.
        """
        with self._lock:
            entry = self._entries.get(name)
            # An expiry far ahead means that the clock was set back.
            if entry is not None and now < entry.expires_at <= now + KEEP_S:
                return entry.key
            # A key that has verified a delivery is always fetched again: a flood of unknown names cannot stop that.
            if entry is None or not entry.proven:
                self._spend_budget(name, now)
        key = self._load(name, now, load)
        with self._lock:
            proven = entry is not None and entry.proven
            if name not in self._entries and len(self._entries) >= MAX_KEYS:
                del self._entries[self._first_to_drop()]
            self._entries[name] = _Entry(key, now + KEEP_S, proven)
        return key

    def mark_proven(self, name: str) -> None:
        """Note that a delivery was verified with this key: it is dropped last."""
        entry = self._entries.get(name)
        if entry is not None:
            entry.proven = True

    def _spend_budget(self, name: str, now: int) -> None:
        if self._denials.has(name, now):
            if self._denial is not None and not self._denied.spend(now):
                raise self._denial.with_traceback(None)
            return
        budget = self._again if self._turned_away.has(name, now) else self._new
        if not budget.spend(now):
            self._turned_away.add(name, now)
            raise SecretsUnavailable("Too many unknown keys were named; deliver again.")

    def _load(self, name: str, now: int, load: Callable[[], K]) -> K:
        try:
            return load()
        except SignatureError as error:
            with self._lock:
                self._denials.add(name, now)
                self._denial = error
            raise
        except SecretsUnavailable:
            # The host did not answer: the next delivery may ask it, even in a flood.
            with self._lock:
                self._turned_away.add(name, now)
            raise

    def _first_to_drop(self) -> str:
        return next((name for name, entry in self._entries.items() if not entry.proven), next(iter(self._entries)))
