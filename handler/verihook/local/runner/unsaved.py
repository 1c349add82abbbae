"""Says that executions stand still because the disk is full: they go on by themselves when there is room."""

from __future__ import annotations

import logging
import sqlite3
import threading
from pathlib import Path

from verihook.adapters.repeats import RepeatFilter
from verihook.local.runner.rows import Key

_MEND = "What runs in it goes on by itself when it can: make room."

_log = logging.getLogger(__name__)


class Unsaved:
    """The executions of which a turn waits for room in a file. Safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._waiting: dict[Key, str] = {}
        self._repeats = RepeatFilter()

    def note(self, key: Key, error: sqlite3.Error) -> None:
        """A turn of this execution cannot be written. It is said in the log, the same not again and again."""
        what = f"{self._path} cannot be written ({error}). {_MEND}"
        with self._lock:
            self._waiting[key] = what
        if self._repeats.suppressed(what) is not None:
            _log.error("%s", what)

    def clear(self, key: Key) -> None:
        """It is written."""
        if self._waiting:
            with self._lock:
                self._waiting.pop(key, None)

    def fault(self) -> str | None:
        """Say that executions wait for room, in words for a person; None if none does."""
        with self._lock:
            return next(iter(self._waiting.values()), None)
