"""Group commit: writes that several threads make at the same time share one transaction and one fsync.

A commit with ``synchronous=FULL`` is one fsync (https://www.sqlite.org/pragma.html#pragma_synchronous), and SQLite has
one writer at a time. A thread that comes while no other commits is the leader: it runs the waiting operations,
commits, and hands out the answers. Threads that come during the commit wait, and one of them is the next leader. So a
write never waits for others to join, a lone write costs no more than without this, and no thread has to be started or
stopped. The ledger of one machine and the executions of its state machines are written like this.
"""

from __future__ import annotations

import sqlite3
from collections import deque
from collections.abc import Callable
from threading import Condition, Lock
from typing import Generic, TypeVar, cast

T = TypeVar("T")

#: The function of an operation, called in the transaction. It may be called again, after a rollback.
Work = Callable[[sqlite3.Connection], T]

#: A DELETE of expired rows, whose parameters are the time and how many to delete at most; and the time.
Forget = tuple[str, int]

#: How many expired rows are deleted for each that is added: two, so that more can be deleted than added.
_FORGOTTEN = 2


class _Operation(Generic[T]):
    __slots__ = ("answer", "done", "error", "forget", "synced", "woken", "work")

    def __init__(self, work: Work[T], forget: Forget | None, *, synced: bool) -> None:
        self.work = work
        self.forget = forget
        self.synced = synced
        self.answer: T | None = None
        self.error: BaseException | None = None
        self.done = False
        # Released when the operation is done, or to make the waiting thread the leader if it is not.
        self.woken = Lock()
        self.woken.acquire()


class GroupCommit:
    """Runs operations of several threads on one connection, which it owns."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """``connection`` is in autocommit mode, with ``check_same_thread=False`` and ``synchronous=FULL``."""
        self._connection = connection
        self._synced = True
        self._mutex = Lock()
        self._idle = Condition(self._mutex)
        self._waiting: deque[_Operation[object]] = deque()
        self._leader: _Operation[object] | None = None
        self._closed = False

    def run(self, work: Work[T], forget: Forget | None = None, *, synced: bool = True) -> T:
        """Return the result of ``work`` once it is committed; operations run in the order of the calls.

        An operation that raises leaves nothing behind and does not affect the others of its transaction. ``forget``
        runs before, once for all operations that have it. ``synced``: it is on the disk when this returns; else the
        death of this process loses nothing, and a power cut may. Raises what ``work`` raises, sqlite3.Error if the
        commit fails, and sqlite3.ProgrammingError after :meth:`close`.
        """
        operation = _Operation(work, forget, synced=synced)
        shared = cast("_Operation[object]", operation)
        # An exception from outside may come as soon as the operation waits.
        try:
            with self._mutex:
                if self._closed:
                    raise sqlite3.ProgrammingError("It is closed.")
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
        if operation.error is not None:
            raise operation.error
        return cast("T", operation.answer)

    def close(self) -> None:
        """Commit the waiting operations, then close the connection. May be called twice."""
        with self._mutex:
            self._closed = True
            while self._leader is not None:
                self._idle.wait()
        self._connection.close()

    def _lead(self) -> None:
        """Commit all operations that wait, make another thread the leader, and wake the threads that are done."""
        with self._mutex:
            batch = list(self._waiting)
            self._waiting.clear()
        try:
            self._commit(batch)
        except BaseException:
            # The leader's thread was interrupted: it is not known whether the other operations are in the file.
            for operation in batch:
                operation.error = sqlite3.OperationalError("interrupted")
            raise
        finally:
            # The next leader first: during its fsync the other threads can run.
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
        """Remove an operation whose thread was interrupted (for example by KeyboardInterrupt)."""
        with self._mutex:
            if operation in self._waiting:
                self._waiting.remove(operation)
            is_leader = self._leader is operation
        if is_leader:
            self._hand_over()

    def _commit(self, batch: list[_Operation[object]]) -> None:
        """Commit in one transaction; if an operation fails, once more with savepoints, which cost time."""
        for apart in (False, True):
            try:
                self._sync(any(operation.synced for operation in batch))
                # IMMEDIATE waits for another process before anything is read that could be out of date later.
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

    def _sync(self, synced: bool) -> None:
        """Have the next commit synced, or not: within a transaction that cannot be changed."""
        if synced is not self._synced:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if synced else 'NORMAL'}")
            self._synced = synced

    def _forget(self, batch: list[_Operation[object]]) -> None:
        named = [operation.forget for operation in batch if operation.forget is not None]
        for statement in {statement for statement, _ in named}:
            times = [now_s for other, now_s in named if other is statement]
            self._connection.execute(statement, (max(times), _FORGOTTEN * len(times)))

    def _run(self, batch: list[_Operation[object]], *, apart: bool) -> bool:
        """Run every operation; ``apart``: each in a savepoint. Return False if one failed without ``apart``.

        Raises sqlite3.Error if the failure ended the whole transaction (disk full, I/O error).
        """
        for operation in batch:
            operation.error = None
            try:
                if apart:
                    self._connection.execute("SAVEPOINT operation")
                operation.answer = operation.work(self._connection)
            except Exception as error:  # any error is raised in the thread of the operation
                if not apart:
                    return False
                if not self._connection.in_transaction:
                    raise
                operation.error = error
                self._connection.execute("ROLLBACK TO operation")
            if apart:
                self._connection.execute("RELEASE operation")
        return True
