"""Keys that were turned away unread, because others that are none have used the look-ups up: a second try gets in.

Some look-ups a second are kept for the keys that came most often. Who makes keys up cannot have many that come
as often as a genuine one that is sent every second: each that is looked up is known to be none. So one that is new here
waits for half as many seconds at most as there are forged requests a second, and gets in at its second try if these
never repeat a key.
"""

from __future__ import annotations

#: So many look-ups a second.
LOOK_UPS_A_SECOND = 2

#: So many keys are remembered, the latest: 2 MB.
MAX_REMEMBERED = 16_384

_SECOND_MS = 1000


class TurnedAway:
    """Not thread-safe. Keys by names of equal length, such as digests."""

    def __init__(self) -> None:
        self._times: dict[bytes, int] = {}
        self._second, self._used = 0, 0
        # The most times that a key was turned away, by now in this second, and by the end of the one before.
        self._most, self._before = 0, 0

    def may_be_looked_up(self, name: bytes, now_ms: int) -> bool:
        """Whether this key is looked up all the same; else that it was turned away is remembered."""
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
