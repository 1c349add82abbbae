"""A bounded number of threads for calls, in fair turns: slow calls of one machine do not hold up another's."""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Callable

_log = logging.getLogger(__name__)

#: Threads at most; and of these, those that one machine's calls may have, so that one is always left for another's.
MAX_THREADS = 16
MAX_OF_ONE = MAX_THREADS - 2


class Pool:
    """Threads are started when they are needed, and are daemons: a call never holds up the end of the process."""

    def __init__(self, threads: int = MAX_THREADS, of_one: int = MAX_OF_ONE) -> None:
        self._threads = threads
        self._of_one = of_one
        self._changed = threading.Condition()
        self._waiting: dict[str, deque[tuple[str, Callable[[], object]]]] = {}
        self._running: dict[str, list[str]] = {}
        self._started = 0
        self._idle = 0
        self._held = False

    def submit(self, machine: str, name: str, work: Callable[[], object]) -> None:
        """Have the work done, after what the machine has waiting; ``name`` is for :meth:`busy`. Nothing once held."""
        with self._changed:
            if self._held:
                return
            self._waiting.setdefault(machine, deque()).append((name, work))
            if self._idle == 0 and self._started < self._threads:
                self._started += 1
                threading.Thread(target=self._serve, name=f"call {self._started}", daemon=True).start()
            self._changed.notify()

    def hold(self) -> None:
        """Begin nothing more; what runs goes on, and the threads end after it."""
        with self._changed:
            self._held = True
            self._waiting.clear()
            self._changed.notify_all()

    def busy(self) -> list[str]:
        """Return the names of what runs."""
        with self._changed:
            return sorted({name for names in self._running.values() for name in names})

    def _serve(self) -> None:
        while True:
            with self._changed:
                while (chosen := self._next()) is None:
                    if self._held:
                        return
                    self._idle += 1
                    self._changed.wait()
                    self._idle -= 1
                machine, name, work = chosen
                self._running.setdefault(machine, []).append(name)
            try:
                work()
            except Exception:  # noqa: BLE001  # a fault of ours must not take a thread from the pool
                _log.exception("a call of the execution %s failed", name)
            with self._changed:
                self._running[machine].remove(name)
                if not self._running[machine]:
                    del self._running[machine]
                self._changed.notify()

    def _next(self) -> tuple[str, str, Callable[[], object]] | None:
        """The first work of the machine whose turn it is, which then is the last in the row."""
        for machine, waiting in self._waiting.items():
            if len(self._running.get(machine, ())) < self._of_one:
                name, work = waiting.popleft()
                del self._waiting[machine]
                if waiting:
                    self._waiting[machine] = waiting
                return machine, name, work
        return None
