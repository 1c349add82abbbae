"""A bounded number of threads for calls, in fair turns: slow calls of one workflow do not hold up another's."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from verihook.local.turns import Turns

_log = logging.getLogger(__name__)

#: Threads at most; and of these, those that one workflow's calls may have, so that one is always left for another's.
MAX_THREADS = 16
MAX_OF_ONE = MAX_THREADS - 2


class Pool:
    """Threads are started when they are needed, and are daemons: a call never holds up the end of the process."""

    def __init__(self, threads: int = MAX_THREADS, of_one: int = MAX_OF_ONE, title: str = "call") -> None:
        self._threads, self._title = threads, title
        self._changed = threading.Condition()
        self._turns: Turns[Callable[[], object]] = Turns(of_one)
        self._started = 0
        self._idle = 0
        self._held = False

    def submit(self, workflow: str, name: str, work: Callable[[], object]) -> None:
        """Have the work done, after what the workflow has waiting; ``name`` is for :meth:`busy`. Nothing once held."""
        with self._changed:
            if self._held:
                return
            self._turns.put(workflow, name, work)
            if self._idle == 0 and self._started < self._threads:
                self._started += 1
                threading.Thread(target=self._serve, name=f"{self._title} {self._started}", daemon=True).start()
            self._changed.notify()

    def hold(self) -> None:
        """Begin nothing more; what runs goes on, and the threads end after it."""
        with self._changed:
            self._held = True
            self._turns.clear()
            self._changed.notify_all()

    def busy(self) -> list[str]:
        """Return the names of what runs."""
        with self._changed:
            return sorted({*self._turns.running()})

    def _serve(self) -> None:
        while True:
            with self._changed:
                while (chosen := self._turns.take()) is None:
                    if self._held:
                        return
                    self._idle += 1
                    self._changed.wait()
                    self._idle -= 1
                workflow, name, work = chosen
            try:
                work()
            except Exception:  # noqa: BLE001  # a fault of ours must not take a thread from the pool
                _log.exception("a call of the execution %s failed", name)
            with self._changed:
                self._turns.done(workflow, name)
                self._changed.notify()
