"""A filter that lets a repeated log message pass only once a minute."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable


class RepeatFilter(logging.Filter):
    """Lets a message pass once a minute, and says how often it came since. ``now``: a clock in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic, seconds: float = 60) -> None:
        super().__init__()
        self._now, self._seconds = now, seconds
        self._said: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        """See :class:`logging.Filter`."""
        suppressed = self.suppressed(str(record.msg))
        if suppressed:
            record.msg = f"{record.msg} ({suppressed} more in the last minute)"
        return suppressed is not None

    def suppressed(self, what: str) -> int | None:
        """Return how often ``what`` was suppressed since it passed last, or None if it is to be suppressed now, too."""
        with self._lock:
            at, number = self._said.get(what, (self._now() - self._seconds, 0))
            if self._now() - at < self._seconds:
                self._said[what] = (at, number + 1)
                return None
            if what not in self._said and len(self._said) >= 64:
                del self._said[next(iter(self._said))]
            self._said[what] = (self._now(), 0)
            return number
