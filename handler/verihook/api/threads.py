"""A pool of threads for work that blocks, beside an event loop that must not: the receiver's, on one machine."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from threading import Lock, Thread
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")

#: After how long without work a thread ends, in seconds.
IDLE_S = 10.0


class _Results:
    """The results for one event loop, which is woken once for all that arrive before it reads them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[tuple[asyncio.Future[Any], Any, BaseException | None]] = deque()
        self._woken = False

    def put(self, future: asyncio.Future[Any], result: object, error: BaseException | None) -> None:
        """Add the result or the error of a job. May be called in any thread."""
        self._waiting.append((future, result, error))
        if self._woken:
            return
        self._woken = True
        try:
            self._loop.call_soon_threadsafe(self._deliver)
        except RuntimeError:
            # The loop is closed: no caller waits any more.
            self._waiting.clear()

    def _deliver(self) -> None:
        # Before the loop: a result that is put from here on wakes the event loop again.
        self._woken = False
        while self._waiting:
            future, result, error = self._waiting.popleft()
            if future.done():
                continue
            if error is None:
                future.set_result(result)
            else:
                future.set_exception(error)


_Job = tuple[Callable[[], object], _Results, "asyncio.Future[Any]"]


class _Slot:
    """The next job of one thread, and the lock on which the thread waits for it."""

    __slots__ = ("called", "job")

    def __init__(self, job: _Job) -> None:
        self.job: _Job | None = job
        # Released when a job was put here.
        self.called = Lock()
        self.called.acquire()


class Threads:
    """Threads that are started when there is work for them. Several event loops may share them.

    It does what Starlette's ``run_in_threadpool`` does at a fraction of the cost: without cancellation and context
    variables. The thread that was busy last gets the next job, so no more threads are awake than are needed.
    """

    def __init__(self, most: int, idle_s: float = IDLE_S) -> None:
        """``most``: how many threads run at the same time; further work waits. ``idle_s``: after how long one ends."""
        self._answers: WeakKeyDictionary[asyncio.AbstractEventLoop, _Results] = WeakKeyDictionary()
        self._lock = Lock()
        self._startable = most
        self._idle: list[_Slot] = []
        self._jobs: deque[_Job] = deque()
        self._idle_s = idle_s

    async def run(self, work: Callable[[], T]) -> T:
        """Return or raise what ``work`` does, called in a thread. Cancelling the wait does not stop the work."""
        loop = asyncio.get_running_loop()
        results = self._answers.get(loop)
        if results is None:
            results = self._answers[loop] = _Results(loop)
        future: asyncio.Future[T] = loop.create_future()
        self._assign((work, results, future))
        return await future

    def _assign(self, job: _Job) -> None:
        with self._lock:
            if self._idle:
                slot = self._idle.pop()
            elif self._startable:
                self._startable -= 1
                # A daemon: a request that hangs does not keep the process.
                Thread(target=self._work, args=(_Slot(job),), name="request", daemon=True).start()
                return
            else:
                self._jobs.append(job)
                return
        slot.job = job
        slot.called.release()

    def _work(self, slot: _Slot) -> None:
        while (job := slot.job) is not None:
            _do_job(*job)
            # Let go of the job: a thread that waits must not keep the request alive.
            del job
            self._wait(slot)

    def _wait(self, slot: _Slot) -> None:
        """Put the next job into the slot; None if the thread must end."""
        with self._lock:
            slot.job = self._jobs.popleft() if self._jobs else None
            if slot.job is not None:
                return
            self._idle.append(slot)
        if slot.called.acquire(timeout=self._idle_s):
            return
        with self._lock:
            if slot in self._idle:
                self._idle.remove(slot)
                self._startable += 1
                return
        # A job was put here just now.
        slot.called.acquire()


def _do_job(work: Callable[[], object], results: _Results, future: asyncio.Future[Any]) -> None:
    try:
        result = work()
    except BaseException as error:  # noqa: BLE001  # whatever it is, it is raised for the caller that waits
        results.put(future, None, error)
    else:
        results.put(future, result, None)
