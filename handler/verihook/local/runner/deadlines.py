"""One thread that says when a time has come, for any number of times."""

from __future__ import annotations

import heapq
import logging
import threading
from collections.abc import Callable

from verihook.local.runner.rows import Key

_log = logging.getLogger(__name__)

#: A machine that slept, or whose clock was set, wakes what is due after so many seconds.
LOOK_EVERY_S = 30.0


class Deadlines:
    """Calls ``ring`` with the key of each deadline that has come, one after the other. Safe to use from any thread."""

    def __init__(self, ring: Callable[[Key], None], now: Callable[[], float], look_every: float = LOOK_EVERY_S) -> None:
        """``now``: seconds since 1970, by a clock that is looked at every ``look_every`` seconds, for it may be set."""
        self._ring = ring
        self._now = now
        self._look_every = look_every
        self._changed = threading.Condition()
        self._heap: list[tuple[float, Key]] = []
        self._due: dict[Key, float] = {}
        self._closed = False
        self._thread: threading.Thread | None = None

    def set(self, key: Key, due: float | None) -> None:
        """Ring for the key at this time, in seconds since 1970, and no more at an earlier one; None: not at all."""
        with self._changed:
            if due is None:
                self._due.pop(key, None)
                return
            if self._due.get(key) == due or self._closed:
                return
            self._due[key] = due
            heapq.heappush(self._heap, (due, key))
            if self._thread is None:
                self._thread = threading.Thread(target=self._serve, name="deadlines", daemon=True)
                self._thread.start()
            if self._heap[0][1] == key:
                self._changed.notify()

    def close(self) -> None:
        """Ring no more."""
        with self._changed:
            self._closed = True
            self._heap.clear()
            self._due.clear()
            self._changed.notify()

    def _serve(self) -> None:
        while (key := self._next()) is not None:
            try:
                self._ring(key)
            except Exception:  # noqa: BLE001  # one execution's fault is not the end of all deadlines
                _log.exception("the execution %s could not be woken", key[1])

    def _next(self) -> Key | None:
        with self._changed:
            while not self._closed:
                while self._heap and self._due.get(self._heap[0][1]) != self._heap[0][0]:
                    heapq.heappop(self._heap)  # replaced by another time
                if not self._heap:
                    self._changed.wait()
                    continue
                left = self._heap[0][0] - self._now()
                if left <= 0:
                    key = heapq.heappop(self._heap)[1]
                    del self._due[key]
                    return key
                self._changed.wait(min(left, self._look_every))
        return None
