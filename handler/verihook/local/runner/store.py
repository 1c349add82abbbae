"""Where executions stand, in one SQLite file that a kill -9 does not harm.

A turn is one transaction: the position after it, its events, the calls that it makes and those that are answered. What
an execution waits for is in it before anything is called, so that a later process goes on at the state in which it
stood: a call without an answer is made again, with the task token that it had; a deadline stays what it was.

``synchronous=NORMAL`` on a write-ahead log: the death of this process loses nothing, a power cut may lose the last
turns; an answer that a caller was promised to be kept is written with FULL.
https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from verihook.local.opening_errors import opening_error
from verihook.local.runner import former
from verihook.local.runner.map_runs import MAP_RUNS, MapRunEntry, map_run_of, map_runs_of, write_map_runs
from verihook.local.runner.rows import Entry, Key, Parent, Written, packed, unpacked

_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS definitions (number INTEGER PRIMARY KEY, machine TEXT NOT NULL, asl TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS executions (
    machine TEXT NOT NULL, name TEXT NOT NULL, definition INTEGER NOT NULL, input TEXT NOT NULL,
    started_at INTEGER NOT NULL, status TEXT NOT NULL, stopped_at INTEGER, output TEXT, error TEXT, cause TEXT,
    position BLOB, due REAL, redrives INTEGER NOT NULL DEFAULT 0, redriven_at INTEGER, redriven_by TEXT,
    parent_machine TEXT, parent_name TEXT, parent_call TEXT, parsed INTEGER,
    PRIMARY KEY (machine, name)
);
CREATE INDEX IF NOT EXISTS running ON executions (started_at) WHERE status = 'RUNNING';
CREATE INDEX IF NOT EXISTS children ON executions (parent_machine, parent_name) WHERE parent_machine IS NOT NULL;
CREATE INDEX IF NOT EXISTS by_start ON executions (machine, started_at);
CREATE TABLE IF NOT EXISTS calls (
    machine TEXT NOT NULL, name TEXT NOT NULL, call TEXT NOT NULL, token TEXT UNIQUE, made BLOB,
    PRIMARY KEY (machine, name, call)
);
CREATE TABLE IF NOT EXISTS chapters (
    machine TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL, events BLOB NOT NULL,
    PRIMARY KEY (machine, name, number)
) WITHOUT ROWID;
{MAP_RUNS}
PRAGMA user_version = 5;
"""
_COLUMNS = "machine, name, definition, input, started_at, status, stopped_at, output, error, cause, redrives"
_COLUMNS += ", redriven_at, parent_machine, parent_name, parent_call, parsed"


def _entry(row: Any) -> Entry:
    *own, machine, name, call, parsed = row
    parent = None if machine is None else Parent(machine, name, call, bool(parsed))
    return replace(Entry(*own), parent=parent)


class Store:
    """The file, owned by one process. Safe to use from any thread."""

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
            former.convert(self._db, _SCHEMA)
            self._db.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise opening_error(path, error) from error

    def close(self) -> None:
        """Close the file; every later call raises sqlite3.ProgrammingError."""
        with self._lock:
            self._db.close()

    def definition(self, machine: str, asl: str) -> int:
        """Return the number of this text of a machine's definition, which is kept for what runs with it."""
        with self._lock, self._transaction():
            found = self._db.execute("SELECT number FROM definitions WHERE machine = ? AND asl = ?", (machine, asl))
            if (row := found.fetchone()) is not None:
                return int(row[0])
            made = self._db.execute("INSERT INTO definitions (machine, asl) VALUES (?, ?)", (machine, asl))
            return int(made.lastrowid or 0)

    def definition_of(self, number: int) -> str:
        """Return the text of a definition."""
        with self._lock:
            return str(self._db.execute("SELECT asl FROM definitions WHERE number = ?", (number,)).fetchone()[0])

    def begin(self, entry: Entry, turn: Written) -> Entry | None:
        """Write an execution with its first turn and return None; the entry that has the name, if there is one."""
        waits = entry.parent
        parents = (None,) * 4 if waits is None else (*waits.key, waits.call, waits.parsed)
        values = (*entry.key, entry.definition, entry.input, entry.started_at, *parents)
        sql = """INSERT INTO executions (machine, name, definition, input, started_at, status, parent_machine,
                 parent_name, parent_call, parsed) VALUES (?, ?, ?, ?, ?, 'RUNNING', ?, ?, ?, ?)"""
        with self._lock, self._transaction():
            if not self._db.execute(f"{sql} ON CONFLICT DO NOTHING", values).rowcount:
                return self._get(entry.key)
            self._write(entry.key, turn)
            return None

    def write(self, key: Key, turn: Written, *, durably: bool = False) -> None:
        """Write a turn; ``durably``: it is on the disk when this returns."""
        with self._lock:
            if durably:
                self._db.execute("PRAGMA synchronous = FULL")
            try:
                with self._transaction():
                    self._write(key, turn)
            finally:
                if durably:
                    self._db.execute("PRAGMA synchronous = NORMAL")

    def position(self, key: Key) -> tuple[int, dict[str, Any]] | None:
        """Return the number of the definition and the position; None if there is no such execution, or it has none."""
        sql = "SELECT definition, position FROM executions WHERE machine = ? AND name = ? AND position IS NOT NULL"
        with self._lock:
            row = self._db.execute(sql, key).fetchone()
        return None if row is None else (int(row[0]), unpacked(row[1]))

    def is_taken(self, key: Key, call: str) -> bool:
        """Whether a call was submitted, and waits for its result."""
        with self._lock:
            sql = "SELECT 1 FROM calls WHERE machine = ? AND name = ? AND call = ? AND made IS NULL"
            return self._db.execute(sql, (*key, call)).fetchone() is not None

    def call_of(self, token: str) -> tuple[Key, str] | None:
        """Return the execution and the call that a task token is for, if it waits for an answer."""
        with self._lock:
            row = self._db.execute("SELECT machine, name, call FROM calls WHERE token = ?", (token,)).fetchone()
        return None if row is None else ((row[0], row[1]), row[2])

    def open_calls(self) -> list[tuple[Key, bytes]]:
        """Return the calls that are neither taken nor answered: a later process makes them again."""
        with self._lock:
            sql = "SELECT machine, name, made FROM calls WHERE made IS NOT NULL"
            return [((row[0], row[1]), row[2]) for row in self._db.execute(sql)]

    def children(self, key: Key, call: str | None = None) -> list[Entry]:
        """Return the running executions whose end this one waits for, or this one's call."""
        sql = f"""SELECT {_COLUMNS} FROM executions WHERE parent_machine = ? AND parent_name = ?
                  AND (? IS NULL OR parent_call = ?) AND status = 'RUNNING'"""
        with self._lock:
            return [_entry(row) for row in self._db.execute(sql, (*key, call, call))]

    def untold(self) -> list[Entry]:
        """Return what has ended while the execution that waits for it runs: a crash may have come between."""
        sql = f"""SELECT {_COLUMNS} FROM executions AS child WHERE parent_machine IS NOT NULL AND status <> 'RUNNING'
                  AND EXISTS (SELECT 1 FROM executions AS parent WHERE parent.status = 'RUNNING'
                  AND parent.machine = child.parent_machine AND parent.name = child.parent_name)"""
        with self._lock:
            return [_entry(row) for row in self._db.execute(sql)]

    def running(self) -> list[tuple[Key, float | None]]:
        """Return what has no end, the oldest first, and when each is due."""
        with self._lock:
            sql = "SELECT machine, name, due FROM executions WHERE status = 'RUNNING' ORDER BY started_at"
            return [((row[0], row[1]), row[2]) for row in self._db.execute(sql)]

    def running_definitions(self) -> list[int]:
        """Return the numbers of the definitions that something runs by."""
        with self._lock:
            sql = "SELECT DISTINCT definition FROM executions WHERE status = 'RUNNING' AND position IS NOT NULL"
            return [row[0] for row in self._db.execute(sql)]

    def running_by(self, definition: int) -> list[Key]:
        """Return what runs by this definition."""
        with self._lock:
            sql = "SELECT machine, name FROM executions WHERE status = 'RUNNING' AND definition = ?"
            return [(row[0], row[1]) for row in self._db.execute(sql, (definition,))]

    def get(self, key: Key) -> Entry | None:
        """Return the entry, or None."""
        with self._lock:
            return self._get(key)

    def of_machine(self, machine: str, status: str | None, limit: int, offset: int) -> list[Entry]:
        """Return a page of a machine's executions, the newest first."""
        where = "machine = ? AND (? IS NULL OR status = ?) ORDER BY started_at DESC, name LIMIT ? OFFSET ?"
        with self._lock:
            rows = self._db.execute(
                f"SELECT {_COLUMNS} FROM executions WHERE {where}", (machine, status, status, limit, offset)
            )
            return [_entry(row) for row in rows]

    def history(self, key: Key) -> list[dict[str, Any]]:
        """Return the events so far."""
        with self._lock:
            sql = "SELECT events FROM chapters WHERE machine = ? AND name = ? ORDER BY number"
            chapters = [row[0] for row in self._db.execute(sql, key)]
        return [event for chapter in chapters for event in unpacked(chapter)]

    def map_runs(self, key: Key) -> list[MapRunEntry]:
        """Return the map runs of an execution, the newest first."""
        with self._lock:
            return map_runs_of(self._db, key)

    def map_run(self, arn: str) -> MapRunEntry | None:
        """Return a map run, or None."""
        with self._lock:
            return map_run_of(self._db, arn)

    def redriven_by(self, key: Key) -> str | None:
        """Return the token of the last redrive; None if there was none, or it had none."""
        with self._lock:
            sql = "SELECT redriven_by FROM executions WHERE machine = ? AND name = ?"
            row = self._db.execute(sql, key).fetchone()
        return row[0] if row else None

    def former_marks(self) -> list[tuple[Key, str | None]]:
        """Return the executions of an earlier version that have no position yet, and their marks."""
        with self._lock:
            if not self._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'former_marks'").fetchone():
                return []
            rows = self._db.execute("SELECT machine, name, mark FROM former_marks").fetchall()
        return [((machine, name), mark) for machine, name, mark in rows]

    def former_waits(self, key: Key) -> list[tuple[str, str, str | None]]:
        """Return place, token and answer of the waits of an earlier version, the newest first."""
        sql = "SELECT place, token, answer FROM former_waits WHERE machine = ? AND name = ? ORDER BY number DESC"
        with self._lock:
            return self._db.execute(sql, key).fetchall()

    def adopt(self, key: Key, definition: int, turn: Written) -> bool:
        """Write the position of an execution of an earlier version; return False if it had ended before."""
        with self._lock, self._transaction():
            sql = "UPDATE executions SET definition = ? WHERE machine = ? AND name = ?"
            self._db.execute(sql, (definition, *key))
            for table in ("former_marks", "former_waits"):
                self._db.execute(f"DELETE FROM {table} WHERE machine = ? AND name = ?", key)
            sql = "UPDATE executions SET position = ? WHERE machine = ? AND name = ? AND status <> 'RUNNING'"
            if self._db.execute(sql, (packed(turn.position), *key)).rowcount:
                return False
            self._write(key, turn)
            return True

    def prune(self, before: int) -> None:
        """Forget what ended before this time (ms), and definitions with which nothing runs or ran."""
        with self._lock, self._transaction():
            sql = "DELETE FROM executions WHERE status <> 'RUNNING' AND stopped_at < ?"
            if not self._db.execute(sql, (before,)).rowcount:
                return
            for table in ("chapters", "calls", "map_runs"):
                gone = "(machine, name) NOT IN (SELECT machine, name FROM executions)"
                self._db.execute(f"DELETE FROM {table} WHERE {gone}")
            self._db.execute("DELETE FROM definitions WHERE number NOT IN (SELECT definition FROM executions)")

    def _write(self, key: Key, turn: Written) -> None:
        status, stopped_at, output, error, cause = turn.end or ("RUNNING", None, None, None, None)
        # An execution that has succeeded goes on no more.
        position = None if status == "SUCCEEDED" or not turn.position else packed(turn.position)
        sql = """UPDATE executions SET status = ?, stopped_at = ?, output = ?, error = ?, cause = ?, position = ?,
                 due = ? WHERE machine = ? AND name = ?"""
        self._db.execute(sql, (status, stopped_at, output, error, cause, position, turn.due, *key))
        if turn.redriven is not None:
            sql = "UPDATE executions SET redrives = redrives + 1, redriven_at = ?, redriven_by = ? WHERE machine = ?"
            sql += " AND name = ?"
            self._db.execute(sql, (*turn.redriven, *key))
        if turn.events:
            sql = """INSERT INTO chapters SELECT ?, ?, COALESCE(MAX(number), 0) + 1, ? FROM chapters
                     WHERE machine = ? AND name = ?"""
            self._db.execute(sql, (*key, packed(turn.events), *key))
        write_map_runs(self._db, key, turn)
        if turn.end is not None:
            self._db.execute("DELETE FROM calls WHERE machine = ? AND name = ?", key)
            return
        one = [(*key, call) for call in turn.answered]
        self._db.executemany("DELETE FROM calls WHERE machine = ? AND name = ? AND call = ?", one)
        made = [(*key, call, token, effect) for call, (token, effect) in turn.calls.items()]
        self._db.executemany("INSERT INTO calls (machine, name, call, token, made) VALUES (?, ?, ?, ?, ?)", made)
        if turn.taken is not None:
            sql = "UPDATE calls SET made = NULL WHERE machine = ? AND name = ? AND call = ?"
            self._db.execute(sql, (*key, turn.taken))

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

    def _get(self, key: Key) -> Entry | None:
        row = self._db.execute(f"SELECT {_COLUMNS} FROM executions WHERE machine = ? AND name = ?", key).fetchone()
        return _entry(row) if row else None
