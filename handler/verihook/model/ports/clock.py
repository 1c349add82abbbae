"""The time, and when reconcile looks at an instance again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Clock(Protocol):
    """The time. The core never reads a clock of its own."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """When reconcile looks at an instance: first ``first_ms`` after its claim, then with pauses that grow with its age.

    A pause is a tenth of the instance's age, so that the engine is seldom asked about an old one: at least ``again_ms``
    (``first_ms`` if the instance is not started yet), at most ``longest_ms``.
    """

    first_ms: int
    again_ms: int
    longest_ms: int = 3_600_000

    def next_look(self, created_at: int, now_ms: int, *, queued: bool = False) -> int:
        """Return when to look again, in milliseconds since the epoch. ``queued``: the instance is not started yet."""
        least = self.first_ms if queued else self.again_ms
        return now_ms + min(max(least, (now_ms - created_at) // 10), self.longest_ms)
