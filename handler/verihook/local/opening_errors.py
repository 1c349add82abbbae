"""What to say if the database of an engine in the data folder cannot be opened: why, and what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from verihook.errors import ConfigurationError

_DAMAGED = (
    "is damaged ({error}). Move {name} and the files beside it ({name}-*) out of {folder} and start again: what was "
    "running begins again at its first step, and the histories of what has ended are lost"
)

#: The text by the beginning of SQLite's name of the error: https://www.sqlite.org/rescode.html
_WORDS = {
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_FULL": "cannot be written: the disk of {folder} is full. Make room and start again; nothing is lost",
    "SQLITE_BUSY": "is locked: another process has it open. Stop it, or give another folder (--data; make: DATA=)",
    "SQLITE_IOERR": "cannot be read or written ({error}). Look into the system's log, and check that the disk of "
    "{folder} is not full; then start again",
}
_OTHER = "cannot be opened ({error}). Check that {folder} exists, and that this user owns it and may write to it"


def opening_error(path: Path, error: Exception) -> ConfigurationError:
    """Return the error that says why ``path`` cannot be opened.

    ``error``: of SQLite or of the system, or one that was raised from it.
    """
    cause = error.__cause__ or error
    code = (getattr(cause, "sqlite_errorname", None) or "") if isinstance(cause, sqlite3.Error) else ""
    words = next((words for beginning, words in _WORDS.items() if code.startswith(beginning)), _OTHER)
    return ConfigurationError(str(path), "", words.format(error=cause, name=path.name, folder=path.parent))
