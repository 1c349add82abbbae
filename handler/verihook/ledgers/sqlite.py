"""The ledger on one machine: one SQLite file (https://www.sqlite.org/wal.html), SQLite 3.35 or newer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from operator import attrgetter
from os import PathLike
from threading import Lock
from types import TracebackType

from verihook.errors import ConfigurationError, LedgerUnavailable
from verihook.instance import FINAL, Instance
from verihook.ports import Change

SCHEMA_VERSION = 1

_COLUMNS = tuple(field.name for field in fields(Instance))
_LIST = ", ".join(_COLUMNS)
_FINAL = ", ".join(f"'{status}'" for status in sorted(FINAL))

#: The rows that reconcile may ask for. A query uses the partial index only where it repeats these very words
#: (https://www.sqlite.org/partialindex.html, section 3).
_WAITING = f"due_at IS NOT NULL AND status NOT IN ({_FINAL})"

_SCHEMA = (
    """CREATE TABLE instances (
        id TEXT PRIMARY KEY NOT NULL,
        workflow TEXT NOT NULL,
        input TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        status TEXT NOT NULL,
        version INTEGER NOT NULL,
        attempt INTEGER NOT NULL,
        source TEXT,
        event_id TEXT,
        event_type TEXT,
        due_at INTEGER,
        expires_at INTEGER,
        output TEXT,
        error TEXT,
        cause TEXT
    )""",
    f"CREATE INDEX instances_due ON instances (due_at, id) WHERE {_WAITING}",
    "CREATE INDEX instances_expiring ON instances (expires_at) WHERE expires_at IS NOT NULL",
    f"PRAGMA user_version = {SCHEMA_VERSION}",
)

_CLAIM = f"""INSERT INTO instances ({_LIST}) VALUES ({", ".join("?" * len(_COLUMNS))})
    ON CONFLICT (id) DO UPDATE SET {", ".join(f"{column} = excluded.{column}" for column in _COLUMNS)}
    WHERE instances.expires_at * 1000 <= excluded.created_at
    RETURNING id"""
_GET = f"SELECT {_LIST} FROM instances WHERE id = ?"
_RECORD = f"""UPDATE instances
    SET status = ?, updated_at = ?, due_at = ?, expires_at = ?, output = ?, error = ?, cause = ?
    WHERE id = ? AND attempt = ? AND status NOT IN ({_FINAL})"""
_RESTART = f"UPDATE instances SET {', '.join(f'{column} = ?' for column in _COLUMNS)} WHERE id = ? AND attempt = ?"
DUE = f"SELECT {_LIST} FROM instances WHERE {_WAITING} AND due_at <= ? ORDER BY due_at, id LIMIT ?"

# Two for each row that is added, so that the file stops growing once as many rows expire as come.
_FORGET = """DELETE FROM instances WHERE id IN
    (SELECT id FROM instances WHERE expires_at IS NOT NULL AND expires_at <= ? AND id <> ? LIMIT 2)"""

_values = attrgetter(*_COLUMNS)


@contextmanager
def _unavailable() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise LedgerUnavailable("The ledger did not answer.") from error


class SqliteLedger:
    """Implements :class:`verihook.ports.Ledger` on a file that threads and processes may share.

    One connection writes and one reads, each behind its own lock: SQLite has one writer at a time in any case, and in
    WAL mode a reader does not wait while the writer's fsync runs. ``synchronous=FULL`` makes a commit durable before
    it returns (https://www.sqlite.org/pragma.html#pragma_synchronous).

    DynamoDB deletes expired rows by itself; here a claim that adds a row takes up to two expired ones away.
    """

    def __init__(self, path: str | PathLike[str], *, busy_timeout: float = 5.0) -> None:
        """Open the file, or make it. ``path`` names a file in a directory that exists; ``:memory:`` does not work.

        ``busy_timeout``: seconds to wait for another process's write. Raises LedgerUnavailable where the file cannot
        be opened, read or written, and ConfigurationError where a newer Verihook made it.
        """
        self._write_lock = Lock()
        self._read_lock = Lock()
        with _unavailable():
            self._writer = _connect(path, busy_timeout)
            try:
                _create_schema(self._writer, path)
                self._reader = _connect(path, busy_timeout)
            except BaseException:
                self._writer.close()
                raise

    def __enter__(self) -> SqliteLedger:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; a second time does nothing. Every method raises LedgerUnavailable from now on."""
        with self._write_lock, self._read_lock:
            # The reader first: the last connection to close folds the -wal file into the main one.
            self._reader.close()
            self._writer.close()

    def claim(self, instance: Instance) -> Instance | None:
        """See :meth:`verihook.ports.Ledger.claim`. A duplicate changes no page, so it costs no fsync."""
        with self._transaction() as database:
            if database.execute(_CLAIM, _values(instance)).fetchone() is None:
                return Instance(*database.execute(_GET, (instance.id,)).fetchone())
            database.execute(_FORGET, (instance.created_at // 1000, instance.id))
            return None

    def get(self, instance_id: str, now_ms: int) -> Instance | None:
        """See :meth:`verihook.ports.Ledger.get`."""
        with _unavailable(), self._read_lock:
            row = self._reader.execute(_GET, (instance_id,)).fetchone()
        instance = None if row is None else Instance(*row)
        if instance is None or (instance.expires_at is not None and instance.expires_at * 1000 <= now_ms):
            return None
        return instance

    def record(self, instance_id: str, attempt: int, change: Change) -> bool:
        """See :meth:`verihook.ports.Ledger.record`."""
        values = (change.status, change.at, change.due_at, change.expires_at, change.output, change.error, change.cause)
        with self._transaction() as database:
            return database.execute(_RECORD, (*values, instance_id, attempt)).rowcount == 1

    def restart(self, instance: Instance, attempt: int) -> bool:
        """See :meth:`verihook.ports.Ledger.restart`."""
        with self._transaction() as database:
            return database.execute(_RESTART, (*_values(instance), instance.id, attempt)).rowcount == 1

    def due(self, now_ms: int, limit: int) -> list[Instance]:
        """See :meth:`verihook.ports.Ledger.due`."""
        with _unavailable(), self._read_lock:
            # A negative LIMIT would be no limit at all.
            return [Instance(*row) for row in self._reader.execute(DUE, (now_ms, max(limit, 0)))]

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        """One write transaction: committed at the end, rolled back by any exception."""
        with _unavailable(), self._write_lock, self._writer:
            # IMMEDIATE waits for another process here, where nothing was read that could go stale.
            self._writer.execute("BEGIN IMMEDIATE")
            yield self._writer


def _connect(path: str | PathLike[str], busy_timeout: float) -> sqlite3.Connection:
    # Autocommit: transactions begin where the code says so. The locks make sharing between threads safe.
    connection = sqlite3.connect(path, timeout=busy_timeout, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # On macOS a plain fsync leaves the data in the drive's cache. Elsewhere this does nothing.
        connection.execute("PRAGMA fullfsync = ON")
    except BaseException:
        connection.close()
        raise
    return connection


def _create_schema(connection: sqlite3.Connection, path: str | PathLike[str]) -> None:
    """Make the table where the file is new. Many processes may open the same new file at once."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version == 0:
            for statement in _SCHEMA:
                connection.execute(statement)
        elif version != SCHEMA_VERSION:
            mend = f"its schema is {version} and this Verihook knows {SCHEMA_VERSION}: upgrade, or name another file"
            raise ConfigurationError(str(path), "", mend)
