"""The journal: what was started and how it ended, in one SQLite file that a kill -9 does not harm.

An execution is written before it runs, where it stands before each state with effects (a mark), and its end after it
ran. Between two marks, each task token that it gave out is kept with the answer to it.

``synchronous=NORMAL`` on a write-ahead log: a commit is in the operating system's hands, so the death of this process
loses nothing; a power cut may lose the last commits (never the file), and then the ledger's reconcile finds no
execution of that name and starts it again. An answer to a token is on the disk before it is confirmed, for who gave it
does not keep it.
https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verihook.local.opening_errors import opening_error

_SCHEMA = """
CREATE TABLE IF NOT EXISTS executions (
    machine TEXT NOT NULL, name TEXT NOT NULL, input TEXT NOT NULL, started_at INTEGER NOT NULL,
    status TEXT NOT NULL, stopped_at INTEGER, output TEXT, error TEXT, cause TEXT, history BLOB,
    mark TEXT, redrives INTEGER NOT NULL DEFAULT 0, redriven_at INTEGER, redriven_by TEXT,
    PRIMARY KEY (machine, name)
);
CREATE INDEX IF NOT EXISTS running ON executions (started_at) WHERE status = 'RUNNING';
CREATE INDEX IF NOT EXISTS by_start ON executions (machine, started_at);
CREATE TABLE IF NOT EXISTS chapters (
    machine TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL, history BLOB NOT NULL,
    PRIMARY KEY (machine, name, number)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waits (
    number INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, machine TEXT NOT NULL, name TEXT NOT NULL,
    place TEXT NOT NULL, answer TEXT
);
CREATE INDEX IF NOT EXISTS waits_of ON waits (machine, name);
PRAGMA user_version = 4;
"""
#: From a journal of each earlier version to the next, but for new tables, which are made in any case.
_GROW = {
    1: """
ALTER TABLE executions ADD COLUMN mark TEXT;
ALTER TABLE executions ADD COLUMN redrives INTEGER NOT NULL DEFAULT 0;
ALTER TABLE executions ADD COLUMN redriven_at INTEGER;
""",
    2: "ALTER TABLE executions ADD COLUMN redriven_by TEXT;",
}
_COLUMNS = "machine, name, input, started_at, status, stopped_at, output, error, cause, redrives, redriven_at"


@dataclass(frozen=True, slots=True)
class End:
    """How an execution ended. ``status`` is AWS's word, ``stopped_at`` in ms, ``output`` JSON, ``history`` packed.

    ``mark``: where a redrive goes on, None if the last mark in the journal still holds.
    """

    status: str
    stopped_at: int
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    history: bytes | None = None
    mark: str | None = None


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
    redrives: int = 0
    redriven_at: int | None = None


class Journal:
    """The file, owned by one process: two would run every execution twice. Safe to use from any thread."""

    def __init__(self, path: Path) -> None:
        """Open or create it. Raises ConfigurationError if it cannot be used."""
        self.path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=2, isolation_level=None, check_same_thread=False)
            # The lock of the file is held until close and freed by the system when the process dies.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version in _GROW:
                steps = " ".join(step for number, step in _GROW.items() if number >= version)
                self._db.executescript(f"BEGIN; {steps} {_SCHEMA} COMMIT;")
            self._db.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise opening_error(path, error) from error

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

    def end(self, machine: str, name: str, end: End, redrives: int = 0) -> bool:
        """Write the end of the run after so many redrives; True to the one caller that ended it, else False."""
        sql = """UPDATE executions SET status = ?, stopped_at = ?, output = ?, error = ?, cause = ?, history = ?,
                 mark = COALESCE(?, mark) WHERE machine = ? AND name = ? AND status = 'RUNNING' AND redrives = ?"""
        key = (machine, name, redrives)
        values = (end.status, end.stopped_at, end.output, end.error, end.cause, end.history, end.mark, *key)
        with self._lock, self._transaction():
            ended = bool(self._db.execute(sql, values).rowcount)
            if ended:
                self._db.execute("DELETE FROM chapters WHERE machine = ? AND name = ?", (machine, name))
                self._forget_waits(machine, name)
            return ended

    def mark(self, entry: Entry, mark: str, history: bytes) -> None:
        """Where a later process goes on with it, and the history since the last mark; of no effect on an ended one."""
        with self._lock, self._transaction():
            sql = """UPDATE executions SET mark = ?
                     WHERE machine = ? AND name = ? AND status = 'RUNNING' AND redrives = ?"""
            if self._db.execute(sql, (mark, entry.machine, entry.name, entry.redrives)).rowcount:
                self._add_chapter(entry.machine, entry.name, history)
                self._forget_waits(entry.machine, entry.name)

    def open_wait(self, entry: Entry, token: str, place: str) -> None:
        """From now on the token can be answered, until the next mark or the end; of no effect on an ended execution."""
        sql = """INSERT INTO waits (token, machine, name, place) SELECT ?, machine, name, ? FROM executions
                 WHERE machine = ? AND name = ? AND status = 'RUNNING' AND redrives = ?"""
        with self._lock:
            self._db.execute(sql, (token, place, entry.machine, entry.name, entry.redrives))

    def answer(self, token: str, answer: str) -> bool:
        """Keep the first answer to an open token, on the disk; return False if there is none to answer."""
        with self._lock:
            self._db.execute("PRAGMA synchronous = FULL")
            try:
                sql = "UPDATE waits SET answer = ? WHERE token = ? AND answer IS NULL"
                return bool(self._db.execute(sql, (answer, token)).rowcount)
            finally:
                self._db.execute("PRAGMA synchronous = NORMAL")

    def close_wait(self, token: str) -> bool:
        """Forget a token that has no answer; return False if there is no such token."""
        with self._lock:
            return bool(self._db.execute("DELETE FROM waits WHERE token = ? AND answer IS NULL", (token,)).rowcount)

    def waits_for(self, token: str) -> bool:
        """Whether the token can be answered."""
        with self._lock:
            sql = "SELECT 1 FROM waits WHERE token = ? AND answer IS NULL"
            return self._db.execute(sql, (token,)).fetchone() is not None

    def answer_to(self, token: str) -> str | None:
        """Return the answer that was kept; None if there is none yet, or no such token any more."""
        with self._lock:
            row = self._db.execute("SELECT answer FROM waits WHERE token = ?", (token,)).fetchone()
        return row[0] if row else None

    def waits(self, entry: Entry) -> list[tuple[str, str]]:
        """Return place and token since the last mark: the answered ones in their order, then the open, newest first."""
        sql = """SELECT place, token FROM waits WHERE machine = ? AND name = ?
                 ORDER BY answer IS NULL, CASE WHEN answer IS NULL THEN -number ELSE number END"""
        with self._lock:
            return self._db.execute(sql, (entry.machine, entry.name)).fetchall()

    def marked(self, machine: str, name: str) -> tuple[str | None, list[bytes]]:
        """Return the last mark of a running execution, None if it has none yet, and its history up to there."""
        with self._lock:
            key = (machine, name)
            row = self._db.execute("SELECT mark FROM executions WHERE machine = ? AND name = ?", key).fetchone()
            sql = "SELECT history FROM chapters WHERE machine = ? AND name = ? ORDER BY number"
            return row[0] if row else None, [chapter[0] for chapter in self._db.execute(sql, key)]

    def redriven_by(self, machine: str, name: str) -> str | None:
        """Return the token of the last redrive; None if there was none, or it had none."""
        with self._lock:
            sql = "SELECT redriven_by FROM executions WHERE machine = ? AND name = ?"
            row = self._db.execute(sql, (machine, name)).fetchone()
        return row[0] if row else None

    def redrive(self, machine: str, name: str, at: int, token: str | None = None) -> Entry | None:
        """Let an execution that has not succeeded run again from its mark. Return None if there is none.

        ``token``: the caller's, by which it asks for one redrive however often it calls.
        """
        with self._lock, self._transaction():
            sql = """UPDATE executions SET status = 'RUNNING', stopped_at = NULL, error = NULL, cause = NULL,
                     redrives = redrives + 1, redriven_at = ?, redriven_by = ?
                     WHERE machine = ? AND name = ? AND status IN ('FAILED', 'ABORTED', 'TIMED_OUT')"""
            if not self._db.execute(sql, (at, token, machine, name)).rowcount:
                return None
            sql = "SELECT history FROM executions WHERE machine = ? AND name = ?"
            history = self._db.execute(sql, (machine, name)).fetchone()[0]
            if history is not None:
                self._add_chapter(machine, name, history)
            sql = "UPDATE executions SET history = NULL WHERE machine = ? AND name = ?"
            self._db.execute(sql, (machine, name))
            return self._get(machine, name)

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

    def _forget_waits(self, machine: str, name: str) -> None:
        self._db.execute("DELETE FROM waits WHERE machine = ? AND name = ?", (machine, name))

    def _add_chapter(self, machine: str, name: str, history: bytes) -> None:
        sql = """INSERT INTO chapters SELECT ?, ?, COALESCE(MAX(number), 0) + 1, ? FROM chapters
                 WHERE machine = ? AND name = ?"""
        self._db.execute(sql, (machine, name, history, machine, name))

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            # On a full disk SQLite may have done so itself.
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _select(self, where: str, values: tuple[Any, ...]) -> list[Entry]:
        with self._lock:
            rows = self._db.execute(f"SELECT {_COLUMNS} FROM executions WHERE {where}", values).fetchall()
        return [Entry(*row) for row in rows]

    def _get(self, machine: str, name: str) -> Entry | None:
        sql = f"SELECT {_COLUMNS} FROM executions WHERE machine = ? AND name = ?"
        row = self._db.execute(sql, (machine, name)).fetchone()
        return Entry(*row) if row else None
