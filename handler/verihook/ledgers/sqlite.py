"""The ledger on one machine: one SQLite file (https://www.sqlite.org/wal.html), SQLite 3.35 or newer."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from operator import attrgetter
from os import PathLike
from pathlib import Path
from threading import Lock
from types import TracebackType

from verihook.errors import ConfigurationError, LedgerUnavailable
from verihook.instance import FINAL, Instance
from verihook.ledgers.hours import HOUR_MS, expires_at
from verihook.ports import Change, Observation

_COLUMNS = tuple(field.name for field in fields(Instance))
_LIST = ", ".join(_COLUMNS)
_FINAL = ", ".join(f"'{status}'" for status in sorted(FINAL))

#: The rows that reconcile may ask for. A query uses the partial index only where it repeats these very words
#: (https://www.sqlite.org/partialindex.html, section 3).
_WAITING = f"due_at IS NOT NULL AND status NOT IN ({_FINAL})"

_FIRST = (
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
)
_SECOND = (
    """CREATE TABLE observations (
        kind TEXT NOT NULL,
        hour INTEGER NOT NULL,
        source TEXT NOT NULL,
        reason TEXT NOT NULL,
        count INTEGER NOT NULL,
        first_at INTEGER NOT NULL,
        last_at INTEGER NOT NULL,
        request_id TEXT NOT NULL,
        expires_at INTEGER NOT NULL,
        PRIMARY KEY (kind, hour, source, reason)
    ) WITHOUT ROWID""",
    "CREATE INDEX observations_of_a_source ON observations (kind, source, hour, reason)",
    "CREATE INDEX observations_expiring ON observations (expires_at)",
)

#: What makes each schema of the one before it; a file has its number in ``user_version``.
_SCHEMAS = (_FIRST, _SECOND)
SCHEMA_VERSION = len(_SCHEMAS)

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

_SEEN = tuple(field.name for field in fields(Observation))
_OBSERVE = f"""INSERT INTO observations ({", ".join(_SEEN)}, hour, expires_at)
    VALUES ({", ".join("?" * len(_SEEN))}, ?, ?)
    ON CONFLICT (kind, hour, source, reason) DO UPDATE SET
        count = count + excluded.count,
        first_at = min(first_at, excluded.first_at),
        last_at = max(last_at, excluded.last_at),
        request_id = excluded.request_id"""
_FORGET_SEEN = """DELETE FROM observations WHERE (kind, hour, source, reason) IN
    (SELECT kind, hour, source, reason FROM observations WHERE expires_at <= ? LIMIT 2)"""
_OBSERVATIONS = f"SELECT {', '.join(_SEEN)} FROM observations WHERE kind = ? AND hour >= ? AND last_at >= ?"
OBSERVATIONS = f"{_OBSERVATIONS} ORDER BY hour DESC, source DESC, reason DESC LIMIT ?"
OBSERVATIONS_OF_A_SOURCE = f"{_OBSERVATIONS} AND source = ? ORDER BY hour DESC, reason DESC LIMIT ?"

_values = attrgetter(*_COLUMNS)
_seen_values = attrgetter(*_SEEN)


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

    def __init__(self, path: str | PathLike[str], *, busy_timeout: float = 5.0, read_only: bool = False) -> None:
        """Open the file, or make it. ``path`` names a file in a directory that exists; ``:memory:`` does not work.

        ``busy_timeout``: seconds to wait for another process's write. ``read_only`` neither makes nor changes the
        file; a write raises LedgerUnavailable then. Raises LedgerUnavailable where the file cannot be opened, read or
        written, and ConfigurationError where another Verihook made it and this one cannot bring it up to date.
        """
        self._write_lock = Lock()
        self._read_lock = Lock()
        with _unavailable():
            connect = _connect_to_read if read_only else _connect
            self._writer = connect(path, busy_timeout)
            try:
                (_check_schema if read_only else _create_schema)(self._writer, path)
                self._reader = connect(path, busy_timeout)
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

    def observe(self, observation: Observation) -> None:
        """See :meth:`verihook.ports.Ledger.observe`. Up to two expired rows go in the same transaction."""
        with self._transaction() as database:
            values = _seen_values(observation)
            database.execute(_OBSERVE, (*values, observation.last_at // HOUR_MS, expires_at(observation.last_at)))
            database.execute(_FORGET_SEEN, (observation.last_at // 1000,))

    def observations(self, kind: str, source: str | None, limit: int, since_ms: int = 0) -> list[Observation]:
        """See :meth:`verihook.ports.Ledger.observations`. ``since_ms``: nothing that ended before is shown."""
        values = (kind, since_ms // HOUR_MS, since_ms)
        most = max(limit, 0)
        with _unavailable(), self._read_lock:
            if source is None:
                rows = self._reader.execute(OBSERVATIONS, (*values, most))
            else:
                rows = self._reader.execute(OBSERVATIONS_OF_A_SOURCE, (*values, source, most))
            return [Observation(*row) for row in rows]

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


def _connect_to_read(path: str | PathLike[str], busy_timeout: float) -> sqlite3.Connection:
    # https://www.sqlite.org/wal.html, section 9: reading needs no right to write the file, nor a lock on it.
    uri = f"{Path(path).absolute().as_uri()}?mode=ro"
    return sqlite3.connect(uri, uri=True, timeout=busy_timeout, isolation_level=None, check_same_thread=False)


def _create_schema(connection: sqlite3.Connection, path: str | PathLike[str]) -> None:
    """Make the tables that the file has not yet. Many processes may open the same new file at once."""
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        version = _version(connection)
        if version > SCHEMA_VERSION:
            _check_schema(connection, path)
        for number, statements in enumerate(_SCHEMAS[version:], version + 1):
            for statement in (*statements, f"PRAGMA user_version = {number}"):
                connection.execute(statement)


def _check_schema(connection: sqlite3.Connection, path: str | PathLike[str]) -> None:
    version = _version(connection)
    if version > SCHEMA_VERSION:
        mend = f"its schema is {version} and this Verihook knows {SCHEMA_VERSION}: upgrade, or name another file"
        raise ConfigurationError(str(path), "", mend)
    if version < SCHEMA_VERSION:
        mend = f"its schema is {version} and this Verihook knows {SCHEMA_VERSION}: start it on the file once"
        raise ConfigurationError(str(path), "", mend)


def _version(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
