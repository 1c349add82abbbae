"""Executions in one SQLite file that a kill -9 does not harm.

The testing SDK's own store opens the file for each reading, lets two processes have it at once, and deletes
nothing; its table and its rows are kept as they are.
https://www.sqlite.org/pragma.html#pragma_locking_mode
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from aws_durable_execution_sdk_python_testing.execution import Execution
from aws_durable_execution_sdk_python_testing.stores.sqlite import SQLiteExecutionStore

from verihook.local.opening_errors import opening_error

#: Whose handler is being called now, and how often this process died in the middle of that call.
_CALLS = """CREATE TABLE IF NOT EXISTS calls (
    durable_execution_arn TEXT PRIMARY KEY, busy INTEGER NOT NULL, deaths INTEGER NOT NULL DEFAULT 0)"""

#: Its one row is what ``try_writing`` wrote last.
_TRIED = "CREATE TABLE IF NOT EXISTS tried (one INTEGER PRIMARY KEY, bytes BLOB NOT NULL)"

#: As much as two of the largest results of a step.
_ROOM = 524_288


class Store(SQLiteExecutionStore):
    """The SDK's table through one connection that owns the file. Safe to use from any thread.

    A commit is in the operating system's hands: the death of this process loses nothing, a power cut may lose the last
    ones, and then the ledger's reconcile finds no execution of that name and starts it again.
    """

    def __init__(self, db_path: Path) -> None:
        """Open or create it. Raises ConfigurationError if it cannot be used."""
        super().__init__(db_path)
        #: Is called with the ARN of an execution that could not be saved, and why.
        self.unsaved: Callable[[str, Exception], None] = lambda _arn, _error: None
        self._lock = threading.RLock()
        try:
            db_path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(db_path, timeout=2, check_same_thread=False)
            # The lock of the file is held until close and freed by the system when the process dies.
            self._db.execute("PRAGMA locking_mode = EXCLUSIVE")
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = NORMAL")
            self._init_db()
            with self._connection() as db:
                db.execute("CREATE INDEX IF NOT EXISTS by_name ON executions (function_name, execution_name)")
                db.execute(_CALLS)
                db.execute(_TRIED)
        except (sqlite3.Error, OSError, RuntimeError) as error:
            raise opening_error(db_path, error) from error

    @contextmanager
    def _connection(self) -> Iterator[sqlite3.Connection]:
        with self._lock, self._db:
            yield self._db

    def save(self, execution: Execution) -> None:
        """Write it whole. Raises RuntimeError if it cannot be written, after ``unsaved`` has heard of it."""
        with self._reporting_failure(execution.durable_execution_arn):
            super().save(execution)

    @contextmanager
    def _reporting_failure(self, arn: str) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, RuntimeError) as error:
            self.unsaved(arn, error)
            raise

    def try_writing(self) -> None:
        """Write as much as a step may, in the same place each time. Raises sqlite3.Error if that is not possible."""
        with self._connection() as db:
            db.execute("INSERT OR REPLACE INTO tried VALUES (1, zeroblob(?))", (_ROOM,))
        with self._connection() as db:
            db.execute("DELETE FROM tried")

    def find(self, function: str, name: str) -> str | None:
        """The ARN of the execution of this name."""
        sql = "SELECT durable_execution_arn FROM executions WHERE function_name = ? AND execution_name = ?"
        with self._connection() as db:
            row = db.execute(sql, (function, name)).fetchone()
        return row[0] if row else None

    def running(self) -> list[str]:
        """The ARNs of what has not ended, the oldest first."""
        sql = "SELECT durable_execution_arn FROM executions WHERE status = 'RUNNING' ORDER BY start_timestamp"
        with self._connection() as db:
            return [arn for (arn,) in db.execute(sql)]

    def call_begins(self, arn: str) -> None:
        """Its handler is called."""
        sql = "INSERT INTO calls (durable_execution_arn, busy) VALUES (?, 1) ON CONFLICT DO UPDATE SET busy = 1"
        with self._reporting_failure(arn), self._connection() as db:
            db.execute(sql, (arn,))

    def call_ends(self, arn: str) -> None:
        """Its handler came back: the count begins at zero."""
        with self._connection() as db:
            db.execute("DELETE FROM calls WHERE durable_execution_arn = ?", (arn,))

    def deaths(self) -> dict[str, int]:
        """How often in succession the process died in the calls that it was in when it died; counted once."""
        with self._connection() as db:
            db.execute("UPDATE calls SET busy = 0, deaths = deaths + 1 WHERE busy = 1")
            return dict(db.execute("SELECT durable_execution_arn, deaths FROM calls"))

    def remove(self, arn: str) -> None:
        """Delete an execution, and free its name."""
        with self._connection() as db:
            db.execute("DELETE FROM executions WHERE durable_execution_arn = ?", (arn,))
            db.execute("DELETE FROM calls WHERE durable_execution_arn = ?", (arn,))

    def prune(self, before: float) -> None:
        """Delete what ended before this second since the epoch."""
        with self._connection() as db:
            db.execute("DELETE FROM executions WHERE status <> 'RUNNING' AND end_timestamp < ?", (before,))

    def close(self) -> None:
        """Free the file. What a planned stop interrupts is not counted as a death."""
        with self._connection() as db:
            db.execute("UPDATE calls SET busy = 0")
        with self._lock:
            self._db.close()
