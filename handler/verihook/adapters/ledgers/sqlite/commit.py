"""Group commit: writes of threads that come together share one transaction and one fsync.

A commit with ``synchronous=FULL`` is one fsync (https://www.sqlite.org/pragma.html#pragma_synchronous), and SQLite has
one writer at a time. A thread that comes while no other commits is the leader: it runs what waits, commits, and hands
the answers out. Threads that come meanwhile wait, and one of them is the next leader. So no thread waits for company, a
lone write costs what it always did, and there is no thread that has to be started, stopped or watched.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from pathlib import Path
from threading import Condition, Lock
from typing import Generic, TypeVar, cast

from verihook.adapters.ledgers.sqlite.failures import unavailable
from verihook.errors import LedgerUnavailable

T = TypeVar("T")

#: What an operation does in the transaction. It may be run a second time, after a rollback.
Work = Callable[[sqlite3.Connection], T]

#: A DELETE of expired rows whose parameters are the time and the most to take, and the time.
Forget = tuple[str, int]

#: Two for each row that is added, so that more can go than come.
_FORGOTTEN = 2


class _Operation(Generic[T]):
    __slots__ = ("answer", "done", "error", "forget", "woken", "work")

    def __init__(self, work: Work[T], forget: Forget | None) -> None:
        self.work = work
        self.forget = forget
        self.answer: T | None = None
        self.error: BaseException | None = None
        self.done = False
        # Released when the operation is done, or to make the waiting thread the leader if it is not.
        self.woken = Lock()
        self.woken.acquire()


class GroupCommit:
    """Runs operations on one connection, which it owns. Threads may share it."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        """``connection``, to ``path``, is in autocommit mode and made with ``check_same_thread=False``."""
        self._connection, self._path = connection, path
        self._mutex = Lock()
        self._idle = Condition(self._mutex)
        self._waiting: deque[_Operation[object]] = deque()
        self._leader: _Operation[object] | None = None
        self._closed = False

    def run(self, work: Work[T], forget: Forget | None = None) -> T:
        """What ``work`` gave, once it is committed and synced; operations run in the order in which they came.

        An operation that raises leaves nothing behind and does not harm the others of its transaction. ``forget`` is
        run before, once for all that name it. Raises LedgerUnavailable for an sqlite3.Error of ``work`` or of the
        commit and after :meth:`close`; any other exception of ``work`` as it is.
        """
        operation = _Operation(work, forget)
        shared = cast("_Operation[object]", operation)
        # An exception from outside may come as soon as the operation waits.
        try:
            with self._mutex:
                if self._closed:
                    raise LedgerUnavailable("The ledger is closed.")
                self._waiting.append(shared)
                is_leader = self._leader is None
                if is_leader:
                    self._leader = shared
            if not is_leader:
                operation.woken.acquire()
            if not operation.done:
                self._lead()
        except BaseException:
            self._abandon(shared)
            raise
        if isinstance(operation.error, sqlite3.Error):
            raise unavailable(operation.error, self._path) from operation.error
        if operation.error is not None:
            raise operation.error
        return cast("T", operation.answer)

    def close(self) -> None:
        """Commit what waits, then close the connection. A second time does nothing."""
        with self._mutex:
            self._closed = True
            while self._leader is not None:
                self._idle.wait()
        self._connection.close()

    def _lead(self) -> None:
        """Commit all that waits by now, hand over, and wake the threads that waited."""
        with self._mutex:
            batch = list(self._waiting)
            self._waiting.clear()
        try:
            self._commit(batch)
        except BaseException:
            # The leader's thread was interrupted. The others cannot know whether they are in the file.
            for operation in batch:
                operation.error = sqlite3.OperationalError("interrupted")
            raise
        finally:
            # The next leader first: while its fsync runs, the others have the interpreter to themselves.
            self._hand_over()
            for operation in batch:
                operation.done = True
                operation.woken.release()

    def _hand_over(self) -> None:
        with self._mutex:
            self._leader = self._waiting[0] if self._waiting else None
            if self._leader is None:
                self._idle.notify_all()
            else:
                self._leader.woken.release()

    def _abandon(self, operation: _Operation[object]) -> None:
        """Its thread goes away without an answer (an exception from outside, such as KeyboardInterrupt)."""
        with self._mutex:
            if operation in self._waiting:
                self._waiting.remove(operation)
            is_leader = self._leader is operation
        if is_leader:
            self._hand_over()

    def _commit(self, batch: list[_Operation[object]]) -> None:
        """One transaction, and once more with savepoints if an operation fails: that is rare, they are not free."""
        for apart in (False, True):
            try:
                # IMMEDIATE waits for another process here: nothing was read yet that could go stale.
                self._connection.execute("BEGIN IMMEDIATE")
                self._forget(batch)
                if self._run(batch, apart=apart):
                    self._connection.execute("COMMIT")
                    return
            except sqlite3.Error as error:
                for operation in batch:
                    operation.error = error
                return
            finally:
                if self._connection.in_transaction:
                    self._connection.rollback()

    def _forget(self, batch: list[_Operation[object]]) -> None:
        named = [operation.forget for operation in batch if operation.forget is not None]
        for statement in {statement for statement, _ in named}:
            times = [now_s for other, now_s in named if other is statement]
            self._connection.execute(statement, (max(times), _FORGOTTEN * len(times)))

    def _run(self, batch: list[_Operation[object]], *, apart: bool) -> bool:
        """Run every operation; ``apart``: each in a savepoint. False if one failed, which only ``apart`` allows.

        Raises sqlite3.Error if a failure took the whole transaction with it (disk full, I/O error).
        """
        for operation in batch:
            operation.error = None
            try:
                if apart:
                    self._connection.execute("SAVEPOINT operation")
                operation.answer = operation.work(self._connection)
            except Exception as error:  # whatever it is, it goes to the thread that asked
                if not apart:
                    return False
                if not self._connection.in_transaction:
                    raise
                operation.error = error
                self._connection.execute("ROLLBACK TO operation")
            if apart:
                self._connection.execute("RELEASE operation")
        return True
