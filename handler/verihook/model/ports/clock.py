"""The time, and when to look again."""

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
    """When reconcile looks at an instance: first ``first_ms`` after its claim, then no sooner than ``again_ms`` apart.

    While an instance runs, the next look is a tenth of its age away, so that long ones are asked about rarely. One that
    was not started yet is tried again no sooner than ``first_ms`` apart.
    """

    first_ms: int
    again_ms: int
    longest_ms: int = 3_600_000

    def next_look(self, created_at: int, now_ms: int, *, queued: bool = False) -> int:
        """When to look again, in milliseconds since the epoch."""
        least = self.first_ms if queued else self.again_ms
        return now_ms + min(max(least, (now_ms - created_at) // 10), self.longest_ms)
