"""The ledger's file: one connection that writes, one that reads by key, and one that reads lists."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType

from verihook.adapters.group_commit import Forget, GroupCommit, T, Work
from verihook.adapters.ledgers.sqlite import schema
from verihook.adapters.ledgers.sqlite.failures import unavailable
from verihook.adapters.translation import ErrorTranslation


def _translated_errors(path: Path) -> ErrorTranslation[sqlite3.Error]:
    return ErrorTranslation(sqlite3.Error, lambda error: unavailable(error, path))


class _Reader:
    """A connection for reading that threads use in turn.

    A read by key takes about 10 microseconds, most of it with the interpreter's lock held. Measured with 64 threads, a
    connection for each thread made half as many reads a second as one behind a lock, with twice the longest wait.
    """

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection, self._path = connection, path
        self._lock = Lock()

    @contextmanager
    def turn(self) -> Iterator[sqlite3.Connection]:
        with _translated_errors(self._path), self._lock:
            yield self._connection

    def close(self) -> None:
        with self._lock:
            self._connection.close()


class SqliteFile:
    """A ledger's file, which threads and processes may share.

    In WAL mode a reader waits for no writer and sees all that was committed before it began
    (https://www.sqlite.org/wal.html). A write is durable before it returns.
    """

    def __init__(self, path: str | Path, *, busy_timeout: float = 5.0, read_only: bool = False) -> None:
        """Open the file, or make it. ``path`` names a file in a directory that exists; ``:memory:`` does not work.

        ``busy_timeout``: seconds to wait for another process's write. ``read_only`` neither makes nor changes the
        file; a write raises LedgerUnavailable then. Raises LedgerUnavailable if the file cannot be opened, read or
        written, and ConfigurationError if another Verihook made it and this one cannot bring it up to date.
        """
        with _translated_errors(Path(path)), ExitStack() as opened:
            connect = _connect_to_read if read_only else _connect_to_write
            writer = opened.enter_context(closing(connect(Path(path), busy_timeout)))
            (schema.check if read_only else schema.create)(writer, path)
            by_key = opened.enter_context(closing(_connect_to_read(Path(path), busy_timeout)))
            # A list takes a hundred times as long as a read by key, which does not wait for it.
            lists = opened.enter_context(closing(_connect_to_read(Path(path), busy_timeout)))
            opened.pop_all()
        self._path, self._commits = Path(path), GroupCommit(writer)
        self._by_key, self._lists = _Reader(by_key, Path(path)), _Reader(lists, Path(path))

    def __enter__(self) -> SqliteFile:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Commit what waits and close the file; a second time does nothing. All raises LedgerUnavailable from now on.

        A read that is under way ends in peace.
        """
        self._by_key.close()
        self._lists.close()
        # The writer last: the last connection to close folds the -wal file into the main one.
        self._commits.close()

    def write(self, work: Work[T], forget: Forget | None = None) -> T:
        """See :meth:`verihook.adapters.group_commit.GroupCommit.run`; any sqlite3.Error becomes LedgerUnavailable."""
        with _translated_errors(self._path):
            return self._commits.run(work, forget)

    def by_key(self) -> AbstractContextManager[sqlite3.Connection]:
        """The connection for reads of one row, for this thread alone. Any sqlite3.Error becomes LedgerUnavailable."""
        return self._by_key.turn()

    def lists(self) -> AbstractContextManager[sqlite3.Connection]:
        """The connection for reads of many rows, for this thread alone. As :meth:`by_key`."""
        return self._lists.turn()


def _connect_to_write(path: Path, busy_timeout: float) -> sqlite3.Connection:
    connection = _connect(str(path), busy_timeout)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        # On macOS a plain fsync leaves the data in the drive's cache. Elsewhere this does nothing.
        connection.execute("PRAGMA fullfsync = ON")
        # 16 MB: a page that many commits write is copied into the main file once.
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
    except BaseException:
        connection.close()
        raise
    return connection


def schema_version(path: Path) -> int:
    """Return the version of the file's schema, and change nothing. Raises LedgerUnavailable if it cannot be read."""
    with _translated_errors(path), closing(_connect_to_read(path, 5.0)) as connection:
        return schema.version_of(connection)


def _connect_to_read(path: Path, busy_timeout: float) -> sqlite3.Connection:
    # https://www.sqlite.org/wal.html, section 9: reading needs no right to write the file, nor a lock on it.
    return _connect(f"{path.absolute().as_uri()}?mode=ro", busy_timeout)


def _connect(name: str, busy_timeout: float) -> sqlite3.Connection:
    # Autocommit: transactions begin where the code says so. No connection is used by two threads at once.
    return sqlite3.connect(
        name, uri=name.startswith("file:"), timeout=busy_timeout, isolation_level=None, check_same_thread=False
    )
