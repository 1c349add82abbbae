"""What cannot be written into the journal, on a full disk, is written as soon as writing works."""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from verihook.adapters.repeats import RepeatFilter
from verihook.local.full_disk import PACE_S

#: By journal and thread: in what words its execution waits.
_waiting: dict[tuple[Path, int], str] = {}

_MEND = "What runs in it goes on by itself when it can: make room."

T = TypeVar("T")

_log = logging.getLogger(__name__)
_repeats = RepeatFilter()


def when_it_can(write: Callable[[], T], held: threading.Event, path: Path) -> T:
    """What ``write`` returns, which is tried again and again: meanwhile its execution stands still, and loses nothing.

    Raises sqlite3.Error when nothing is to begin any more, for the next process goes on from what is written.
    """
    me = threading.get_ident()
    try:
        while True:
            try:
                return write()
            except sqlite3.ProgrammingError:  # it is closed
                raise
            except sqlite3.Error as error:
                what = _waiting[path, me] = f"{path} cannot be written ({error}). {_MEND}"
                if _repeats.suppressed(what) is not None:
                    _log.error("%s", what)
                if held.wait(PACE_S):
                    raise
    finally:
        _waiting.pop((path, me), None)


def waiting_for_room(path: Path) -> str | None:
    """Say that executions wait until this journal can be written, in words for a person; None if none does."""
    return next((what for (journal, _), what in [*_waiting.items()] if journal == path), None)
