"""Whose work is next: fair turns, and a bound for each, so that slow work of one does not hold up another's."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

Work = TypeVar("Work")


class Turns(Generic[Work]):
    """What waits and what runs, by whose it is. Its user locks it."""

    def __init__(self, of_one: int) -> None:
        """``of_one``: how much of one runs at a time."""
        self._of_one = of_one
        self._waiting: dict[str, deque[tuple[str, Work]]] = {}
        self._running: dict[str, list[str]] = {}

    def put(self, whose: str, name: str, work: Work) -> None:
        """Have it wait, behind what waits of the same."""
        self._waiting.setdefault(whose, deque()).append((name, work))

    def take(self) -> tuple[str, str, Work] | None:
        """Return whose, name and work of the next, which now runs; its owner then is the last in the row."""
        for whose, waiting in self._waiting.items():
            if len(self._running.get(whose, ())) < self._of_one:
                name, work = waiting.popleft()
                del self._waiting[whose]
                if waiting:
                    self._waiting[whose] = waiting
                self._running.setdefault(whose, []).append(name)
                return whose, name, work
        return None

    def done(self, whose: str, name: str) -> None:
        """It runs no more."""
        self._running[whose].remove(name)
        if not self._running[whose]:
            del self._running[whose]

    def clear(self) -> None:
        """Forget what waits."""
        self._waiting.clear()

    def running(self) -> list[str]:
        """Return the names of what runs."""
        return [name for names in self._running.values() for name in names]
