"""What a failure of SQLite means for the operator, and what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from verihook.errors import LedgerUnavailable

_DAMAGED = "its file is damaged. Move ledger.db and the files beside it away, and put a copy back that is whole."

#: The text by the beginning of SQLite's name of the error: https://www.sqlite.org/rescode.html
_WORDS = {
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": _DAMAGED,
    "SQLITE_FULL": "the disk is full. Make room; what was refused is delivered again.",
    "SQLITE_IOERR": "the disk does not read or write. Look at the system's log.",
    "SQLITE_READONLY": "its file may not be written. Give the data folder back to the user that runs the server.",
    "SQLITE_CANTOPEN": "its file cannot be opened. Check that the data folder exists, and who owns it.",
    "SQLITE_BUSY": "another process keeps it locked. Find out what else has ledger.db open, and stop it.",
}


def unavailable(error: sqlite3.Error, path: Path) -> LedgerUnavailable:
    """Return the error in words without a path, because clients may read them. ``path`` of the file is its note."""
    name = getattr(error, "sqlite_errorname", None) or ""
    why = next((words for beginning, words in _WORDS.items() if name.startswith(beginning)), None)
    failure = LedgerUnavailable(f"The ledger did not answer: {why}" if why else "The ledger did not answer.")
    failure.add_note(str(path.absolute()))
    return failure
