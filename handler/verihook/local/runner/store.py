"""Where executions stand, in one SQLite file that a kill -9 does not harm.

A turn is written whole or not at all: the position after it, its events, the calls that it makes and those that are
answered. Turns of several executions at the same time share one transaction, as the writes of the ledger do. What an
execution waits for is in it before anything is called, so that a later process goes on at the state in which it
stood: a call without an answer is made again, with the task token that it had; a deadline stays what it was.

Its commits are not synced (``synchronous=NORMAL`` on a write-ahead log): the death of this process loses nothing, a
power cut may lose the last turns; an answer that a caller was promised to be kept is synced.
https://www.sqlite.org/pragma.html#pragma_synchronous
"""

from __future__ import annotations

import sqlite3
from dataclasses import replace
from pathlib import Path
from typing import Any

from verihook.adapters.group_commit import GroupCommit, T, Work
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
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, timeout=2, isolation_level=None, check_same_thread=False)
            # The lock of the file is held until close and freed by the system when the process dies.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            former.convert(self._db, _SCHEMA)
            self._db.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            raise opening_error(path, error) from error
        self._commits = GroupCommit(self._db)

    def close(self) -> None:
        """Close the file; every later call raises sqlite3.ProgrammingError."""
        self._commits.close()

    def definition(self, machine: str, asl: str) -> int:
        """Return the number of this text of a machine's definition, which is kept for what runs with it."""

        def work(db: sqlite3.Connection) -> int:
            found = db.execute("SELECT number FROM definitions WHERE machine = ? AND asl = ?", (machine, asl))
            if (row := found.fetchone()) is not None:
                return int(row[0])
            made = db.execute("INSERT INTO definitions (machine, asl) VALUES (?, ?)", (machine, asl))
            return int(made.lastrowid or 0)

        return self._run(work)

    def definition_of(self, number: int) -> str:
        """Return the text of a definition."""
        return str(self._rows("SELECT asl FROM definitions WHERE number = ?", (number,))[0][0])

    def begin(self, entry: Entry, turn: Written) -> Entry | None:
        """Write an execution with its first turn and return None; the entry that has the name, if there is one."""
        waits = entry.parent
        parents = (None,) * 4 if waits is None else (*waits.key, waits.call, waits.parsed)
        values = (*entry.key, entry.definition, entry.input, entry.started_at, *parents)
        sql = """INSERT INTO executions (machine, name, definition, input, started_at, status, parent_machine,
                 parent_name, parent_call, parsed) VALUES (?, ?, ?, ?, ?, 'RUNNING', ?, ?, ?, ?)"""

        def work(db: sqlite3.Connection) -> Entry | None:
            if not db.execute(f"{sql} ON CONFLICT DO NOTHING", values).rowcount:
                return _get(db, entry.key)
            _write(db, entry.key, turn)
            return None

        return self._run(work)

    def write(self, key: Key, turn: Written, *, durably: bool = False) -> None:
        """Write a turn; ``durably``: it is on the disk when this returns."""
        self._commits.run(lambda db: _write(db, key, turn), synced=durably)

    def position(self, key: Key) -> tuple[int, dict[str, Any]] | None:
        """Return the number of the definition and the position; None if there is no such execution, or it has none."""
        sql = "SELECT definition, position FROM executions WHERE machine = ? AND name = ? AND position IS NOT NULL"
        row = self._row(sql, key)
        return None if row is None else (int(row[0]), unpacked(row[1]))

    def is_taken(self, key: Key, call: str) -> bool:
        """Whether a call was submitted, and waits for its result."""
        sql = "SELECT 1 FROM calls WHERE machine = ? AND name = ? AND call = ? AND made IS NULL"
        return self._row(sql, (*key, call)) is not None

    def call_of(self, token: str) -> tuple[Key, str] | None:
        """Return the execution and the call that a task token is for, if it waits for an answer."""
        row = self._row("SELECT machine, name, call FROM calls WHERE token = ?", (token,))
        return None if row is None else ((row[0], row[1]), row[2])

    def open_calls(self) -> list[tuple[Key, bytes]]:
        """Return the calls that are neither taken nor answered: a later process makes them again."""
        sql = "SELECT machine, name, made FROM calls WHERE made IS NOT NULL"
        return [((row[0], row[1]), row[2]) for row in self._rows(sql)]

    def children(self, key: Key, call: str | None = None) -> list[Entry]:
        """Return the running executions whose end this one waits for, or this one's call."""
        sql = f"""SELECT {_COLUMNS} FROM executions WHERE parent_machine = ? AND parent_name = ?
                  AND (? IS NULL OR parent_call = ?) AND status = 'RUNNING'"""
        return [_entry(row) for row in self._rows(sql, (*key, call, call))]

    def untold(self) -> list[Entry]:
        """Return what has ended while the execution that waits for it runs: a crash may have come between."""
        sql = f"""SELECT {_COLUMNS} FROM executions AS child WHERE parent_machine IS NOT NULL AND status <> 'RUNNING'
                  AND EXISTS (SELECT 1 FROM executions AS parent WHERE parent.status = 'RUNNING'
                  AND parent.machine = child.parent_machine AND parent.name = child.parent_name)"""
        return [_entry(row) for row in self._rows(sql)]

    def running(self) -> list[tuple[Key, float | None]]:
        """Return what has no end, the oldest first, and when each is due."""
        sql = "SELECT machine, name, due FROM executions WHERE status = 'RUNNING' ORDER BY started_at"
        return [((row[0], row[1]), row[2]) for row in self._rows(sql)]

    def running_definitions(self) -> list[int]:
        """Return the numbers of the definitions that something runs by."""
        sql = "SELECT DISTINCT definition FROM executions WHERE status = 'RUNNING' AND position IS NOT NULL"
        return [row[0] for row in self._rows(sql)]

    def running_by(self, definition: int) -> list[Key]:
        """Return what runs by this definition."""
        sql = "SELECT machine, name FROM executions WHERE status = 'RUNNING' AND definition = ?"
        return [(row[0], row[1]) for row in self._rows(sql, (definition,))]

    def get(self, key: Key) -> Entry | None:
        """Return the entry, or None."""
        return self._run(lambda db: _get(db, key))

    def of_machine(self, machine: str, status: str | None, limit: int, offset: int) -> list[Entry]:
        """Return a page of a machine's executions, the newest first."""
        where = "machine = ? AND (? IS NULL OR status = ?) ORDER BY started_at DESC, name LIMIT ? OFFSET ?"
        sql = f"SELECT {_COLUMNS} FROM executions WHERE {where}"
        return [_entry(row) for row in self._rows(sql, (machine, status, status, limit, offset))]

    def history(self, key: Key) -> list[dict[str, Any]]:
        """Return the events so far."""
        sql = "SELECT events FROM chapters WHERE machine = ? AND name = ? ORDER BY number"
        return [event for row in self._rows(sql, key) for event in unpacked(row[0])]

    def map_runs(self, key: Key) -> list[MapRunEntry]:
        """Return the map runs of an execution, the newest first."""
        return self._run(lambda db: map_runs_of(db, key))

    def map_run(self, arn: str) -> MapRunEntry | None:
        """Return a map run, or None."""
        return self._run(lambda db: map_run_of(db, arn))

    def redriven_by(self, key: Key) -> str | None:
        """Return the token of the last redrive; None if there was none, or it had none."""
        row = self._row("SELECT redriven_by FROM executions WHERE machine = ? AND name = ?", key)
        return row[0] if row else None

    def former_marks(self) -> list[tuple[Key, str | None]]:
        """Return the executions of an earlier version that have no position yet, and their marks."""
        if self._row("SELECT 1 FROM sqlite_master WHERE name = 'former_marks'") is None:
            return []
        rows = self._rows("SELECT machine, name, mark FROM former_marks")
        return [((machine, name), mark) for machine, name, mark in rows]

    def former_waits(self, key: Key) -> list[tuple[str, str, str | None]]:
        """Return place, token and answer of the waits of an earlier version, the newest first."""
        sql = "SELECT place, token, answer FROM former_waits WHERE machine = ? AND name = ? ORDER BY number DESC"
        return self._rows(sql, key)

    def adopt(self, key: Key, definition: int, turn: Written) -> bool:
        """Write the position of an execution of an earlier version; return False if it had ended before."""

        def work(db: sqlite3.Connection) -> bool:
            sql = "UPDATE executions SET definition = ? WHERE machine = ? AND name = ?"
            db.execute(sql, (definition, *key))
            for table in ("former_marks", "former_waits"):
                db.execute(f"DELETE FROM {table} WHERE machine = ? AND name = ?", key)
            sql = "UPDATE executions SET position = ? WHERE machine = ? AND name = ? AND status <> 'RUNNING'"
            if db.execute(sql, (packed(turn.position), *key)).rowcount:
                return False
            _write(db, key, turn)
            return True

        return self._run(work)

    def prune(self, before: int) -> None:
        """Forget what ended before this time (ms), and definitions with which nothing runs or ran."""

        def work(db: sqlite3.Connection) -> None:
            sql = "DELETE FROM executions WHERE status <> 'RUNNING' AND stopped_at < ?"
            if not db.execute(sql, (before,)).rowcount:
                return
            for table in ("chapters", "calls", "map_runs"):
                gone = "(machine, name) NOT IN (SELECT machine, name FROM executions)"
                db.execute(f"DELETE FROM {table} WHERE {gone}")
            db.execute("DELETE FROM definitions WHERE number NOT IN (SELECT definition FROM executions)")

        self._run(work)

    def _run(self, work: Work[T]) -> T:
        return self._commits.run(work, synced=False)

    def _rows(self, sql: str, values: tuple[Any, ...] = ()) -> list[Any]:
        return self._run(lambda db: db.execute(sql, values).fetchall())

    def _row(self, sql: str, values: tuple[Any, ...] = ()) -> Any:
        return self._run(lambda db: db.execute(sql, values).fetchone())


def _write(db: sqlite3.Connection, key: Key, turn: Written) -> None:
    status, stopped_at, output, error, cause = turn.end or ("RUNNING", None, None, None, None)
    # An execution that has succeeded goes on no more.
    position = None if status == "SUCCEEDED" or not turn.position else packed(turn.position)
    sql = """UPDATE executions SET status = ?, stopped_at = ?, output = ?, error = ?, cause = ?, position = ?,
             due = ? WHERE machine = ? AND name = ?"""
    db.execute(sql, (status, stopped_at, output, error, cause, position, turn.due, *key))
    if turn.redriven is not None:
        sql = "UPDATE executions SET redrives = redrives + 1, redriven_at = ?, redriven_by = ? WHERE machine = ?"
        sql += " AND name = ?"
        db.execute(sql, (*turn.redriven, *key))
    if turn.events:
        sql = """INSERT INTO chapters SELECT ?, ?, COALESCE(MAX(number), 0) + 1, ? FROM chapters
                 WHERE machine = ? AND name = ?"""
        db.execute(sql, (*key, packed(turn.events), *key))
    write_map_runs(db, key, turn)
    if turn.end is not None:
        db.execute("DELETE FROM calls WHERE machine = ? AND name = ?", key)
        return
    one = [(*key, call) for call in turn.answered]
    db.executemany("DELETE FROM calls WHERE machine = ? AND name = ? AND call = ?", one)
    made = [(*key, call, token, effect) for call, (token, effect) in turn.calls.items()]
    db.executemany("INSERT INTO calls (machine, name, call, token, made) VALUES (?, ?, ?, ?, ?)", made)
    if turn.taken is not None:
        sql = "UPDATE calls SET made = NULL WHERE machine = ? AND name = ? AND call = ?"
        db.execute(sql, (*key, turn.taken))


def _get(db: sqlite3.Connection, key: Key) -> Entry | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM executions WHERE machine = ? AND name = ?", key).fetchone()
    return _entry(row) if row else None
