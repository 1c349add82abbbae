"""What should have happened by now: instances that are not started, callbacks that are not taken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock

#: The most instances, and the most callbacks, that are remembered as waiting: the oldest alone is shown.
MOST = 1000

#: How many of them are read again, at most, to find the oldest.
MOST_READ = 100


class Overdue:
    """What waits although it should not, since when: it is remembered from one look of reconcile to the next.

    Threads may share it. A process that has just begun knows of it at the next look.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        #: Instance -> since when it waits, in milliseconds.
        self._since: dict[str, int] = {}

    def note(self, instance_id: str, since_ms: int) -> None:
        """It waits since then."""
        with self._lock:
            if instance_id in self._since or len(self._since) < MOST:
                self._since[instance_id] = since_ms

    def drop(self, instance_id: str) -> None:
        """It waits no more."""
        with self._lock:
            self._since.pop(instance_id, None)

    def oldest_ms(self, now_ms: int, waits: Callable[[str], bool]) -> int:
        """Return for how long the oldest waits, in milliseconds; 0 if nothing does.

        ``waits(id)``: whether it still does, for another process may have gone on with it. Asked of the oldest alone.
        """
        with self._lock:
            oldest = sorted(self._since, key=self._since.__getitem__)[: MOST_READ + 1]
        for each in oldest[:MOST_READ]:
            if waits(each):
                oldest = [each]
                break
            self.drop(each)
        with self._lock:
            since = self._since.get(oldest[-1]) if oldest else None
        return 0 if since is None else max(now_ms - since, 0)


@dataclass(frozen=True, slots=True)
class Late:
    """What reconcile has found overdue: instances that should have been started, callbacks that were not taken."""

    starts: Overdue = field(default_factory=Overdue)
    callbacks: Overdue = field(default_factory=Overdue)
