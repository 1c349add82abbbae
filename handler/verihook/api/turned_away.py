"""API keys that were turned away without a look at the ledger, because made-up keys had used up the look-ups.

Two look-ups a second are reserved for the keys that were turned away most often. A genuine key comes again and again;
a made-up one that was looked up is known to be made up, so an attacker cannot have many that come as often. A genuine
key that is new to this process is therefore looked up after at most half as many seconds as there are made-up requests
a second, and at its second try if those never repeat a key.
"""

from __future__ import annotations

#: How many look-ups a second are reserved.
LOOK_UPS_A_SECOND = 2

#: How many keys are remembered, the latest: 2 MB.
MAX_REMEMBERED = 16_384

_SECOND_MS = 1000


class TurnedAway:
    """How often each key was turned away. Not thread-safe. A key is known by its digest."""

    def __init__(self) -> None:
        self._times: dict[bytes, int] = {}
        self._second, self._used = 0, 0
        # The most times that any key was turned away: in this second so far, and by the end of the one before.
        self._most, self._before = 0, 0

    def may_be_looked_up(self, name: bytes, now_ms: int) -> bool:
        """Return whether this key may be looked up after all; if not, count that it was turned away again."""
        second = now_ms // _SECOND_MS
        if second != self._second:
            self._before = self._most if second == self._second + 1 else 0
            self._second, self._used, self._most = second, 0, 0
        times = self._times.pop(name, 0)
        if times > 0 and times >= self._before and self._used < LOOK_UPS_A_SECOND:
            self._used += 1
            return True
        if len(self._times) >= MAX_REMEMBERED:
            del self._times[next(iter(self._times))]
        self._times[name] = times + 1
        self._most = max(self._most, times + 1)
        return False
