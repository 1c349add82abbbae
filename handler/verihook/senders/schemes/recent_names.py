"""Names that were added lately, however many, in bounded memory: two Bloom filters that take turns.

https://en.wikipedia.org/wiki/Bloom_filter : a name that was added is always found; with 180,000 names a turn, one in a
thousand others is found too. Python's hash of a text has another key in each process, so that collisions are chance.
"""

from __future__ import annotations

#: A name is remembered for so many seconds at least, and twice as long at most.
REMEMBERED_S = 1800

#: The bits of one filter (512 KB), and how many mark a name.
_BITS = 1 << 22
_MARKS = 4


class RecentNames:
    """A set of names from which old ones fall out. Not safe between threads."""

    def __init__(self) -> None:
        self._new: bytearray | None = None
        self._old: bytearray | None = None
        self._since = 0

    def add(self, name: str, now: int) -> None:
        """Remember ``name`` for :data:`REMEMBERED_S` at least. ``now`` in seconds since the epoch."""
        # A time before the turn means that the clock was set back.
        if self._new is None or not self._since <= now < self._since + REMEMBERED_S:
            recent = self._since <= now < self._since + 2 * REMEMBERED_S
            self._new, self._old, self._since = bytearray(_BITS // 8), self._new if recent else None, now
        for mark in _marks(name):
            self._new[mark >> 3] |= 1 << (mark & 7)

    def has(self, name: str, now: int) -> bool:
        """Whether ``name`` was added lately."""
        kept = [self._new] if 0 <= now - self._since < 2 * REMEMBERED_S else []
        if 0 <= now - self._since < REMEMBERED_S:
            kept.append(self._old)
        return any(
            bits is not None and all(bits[mark >> 3] >> (mark & 7) & 1 for mark in _marks(name)) for bits in kept
        )


def _marks(name: str) -> list[int]:
    first, second = hash(name), hash((name, 1)) | 1
    return [(first + number * second) % _BITS for number in range(_MARKS)]
