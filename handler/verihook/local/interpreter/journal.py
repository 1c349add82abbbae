"""The journal: what was started and how it ended, in one SQLite file that a kill -9 does not harm.

An execution is written before it runs and its end after it ran. ``synchronous=NORMAL`` on a write-ahead log: a commit
is in the operating system's hands, so the death of this process loses nothing; a power cut may lose the last commits
(never the file), and then the ledger's reconcile finds no execution of that name and starts it again.
https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verihook.errors import ConfigurationError

_SCHEMA = """
CREATE TABLE IF NOT EXISTS executions (
    machine TEXT NOT NULL, name TEXT NOT NULL, input TEXT NOT NULL, started_at INTEGER NOT NULL,
    status TEXT NOT NULL, stopped_at INTEGER, output TEXT, error TEXT, cause TEXT, history BLOB,
    PRIMARY KEY (machine, name)
);
CREATE INDEX IF NOT EXISTS running ON executions (started_at) WHERE status = 'RUNNING';
CREATE INDEX IF NOT EXISTS by_start ON executions (machine, started_at);
PRAGMA user_version = 1;
"""
_COLUMNS = "machine, name, input, started_at, status, stopped_at, output, error, cause"


@dataclass(frozen=True, slots=True)
class End:
    """How an execution ended. ``status`` is AWS's word, ``stopped_at`` in ms, ``output`` JSON, ``history`` packed."""

    status: str
    stopped_at: int
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    history: bytes | None = None


@dataclass(frozen=True, slots=True)
class Entry:
    """One row without its history. Times in milliseconds since the epoch."""

    machine: str
    name: str
    input: str
    started_at: int
    status: str = "RUNNING"
    stopped_at: int | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None


class Journal:
    """The file, owned by one process: two would run every execution twice. Safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        """Open or create it; ConfigurationError where it cannot be used."""
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=2, isolation_level=None, check_same_thread=False)
            # The lock of the file is held until close and freed by the system when the process dies.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._db.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            mend = "is another process using it? Stop that, or give this one a journal of its own"
            raise ConfigurationError(str(path), "", f"the journal cannot be opened ({error}); {mend}") from error

    def close(self) -> None:
        """Close the file; every later call raises sqlite3.ProgrammingError."""
        with self._lock:
            self._db.close()

    def accept(self, entry: Entry) -> Entry | None:
        """Write it if the name is free and return None, else the entry that has the name."""
        values = (entry.machine, entry.name, entry.input, entry.started_at)
        sql = "INSERT INTO executions (machine, name, input, started_at, status) VALUES (?, ?, ?, ?, 'RUNNING')"
        with self._lock:
            if self._db.execute(f"{sql} ON CONFLICT DO NOTHING", values).rowcount:
                return None
            return self._get(entry.machine, entry.name)

    def forget(self, machine: str, name: str) -> None:
        """Take back an accepted execution that could not be run."""
        with self._lock:
            self._db.execute("DELETE FROM executions WHERE machine = ? AND name = ?", (machine, name))

    def end(self, machine: str, name: str, end: End) -> bool:
        """Write the end; True to the one caller that ended it, False where it had ended before."""
        sql = """UPDATE executions SET status = ?, stopped_at = ?, output = ?, error = ?, cause = ?, history = ?
                 WHERE machine = ? AND name = ? AND status = 'RUNNING'"""
        values = (end.status, end.stopped_at, end.output, end.error, end.cause, end.history, machine, name)
        with self._lock:
            return bool(self._db.execute(sql, values).rowcount)

    def get(self, machine: str, name: str) -> Entry | None:
        """The entry, or None."""
        with self._lock:
            return self._get(machine, name)

    def history(self, machine: str, name: str) -> bytes | None:
        """What ``end`` was given as history; None while it runs."""
        with self._lock:
            sql = "SELECT history FROM executions WHERE machine = ? AND name = ?"
            row = self._db.execute(sql, (machine, name)).fetchone()
        return row[0] if row else None

    def running(self) -> list[Entry]:
        """What has no end, the oldest first."""
        return self._select("status = 'RUNNING' ORDER BY started_at", ())

    def of_machine(self, machine: str, status: str | None, limit: int, offset: int) -> list[Entry]:
        """A page of a machine's executions, the newest first."""
        where = "machine = ? AND (? IS NULL OR status = ?) ORDER BY started_at DESC, name LIMIT ? OFFSET ?"
        return self._select(where, (machine, status, status, limit, offset))

    def prune(self, before: int) -> None:
        """Forget what ended before this time (ms), as AWS does after 90 days."""
        with self._lock:
            self._db.execute("DELETE FROM executions WHERE status <> 'RUNNING' AND stopped_at < ?", (before,))

    def _select(self, where: str, values: tuple[Any, ...]) -> list[Entry]:
        with self._lock:
            rows = self._db.execute(f"SELECT {_COLUMNS} FROM executions WHERE {where}", values).fetchall()
        return [Entry(*row) for row in rows]

    def _get(self, machine: str, name: str) -> Entry | None:
        sql = f"SELECT {_COLUMNS} FROM executions WHERE machine = ? AND name = ?"
        row = self._db.execute(sql, (machine, name)).fetchone()
        return Entry(*row) if row else None
