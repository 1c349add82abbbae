"""The worker on one machine: threads that run what the engine ``function`` wakes them for."""

from __future__ import annotations

import time
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING

from verihook.errors import EngineUnavailable
from verihook.model.instance import parse_execution_name
from verihook.worker.functions import Functions
from verihook.worker.work import run_try

if TYPE_CHECKING:
    from verihook.model.ports.sets import WorkPorts

#: So many functions run at the same time.
THREADS = 8

#: The longest that the rows of interrupted functions are written for, in seconds; then a lease must run out.
GIVING_BACK_S = 1.0


class Worker:
    """Threads over a queue of names, in which each stands once.

    Nothing is kept here that the ledger does not have: after a kill -9, reconcile wakes for what was left.
    """

    def __init__(self, functions: Functions, threads: int = THREADS) -> None:
        """``threads``: how many functions run at the same time."""
        self._functions = functions
        self._threads = threads
        self._names: SimpleQueue[str | None] = SimpleQueue()
        self._waiting: set[str] = set()
        self._looking: list[str] = []
        self._lock = Lock()
        self._begun: list[Thread] = []
        self._closed = False

    def wake(self, name: str) -> None:
        """Have a look at this execution soon; one that waits for its look already waits once. Takes no time.

        Raises EngineUnavailable after :meth:`hold`.
        """
        with self._lock:
            if self._closed:
                raise EngineUnavailable("The worker has stopped.")
            if name in self._waiting:
                return
            self._waiting.add(name)
        self._names.put(name)

    def start(self, ports: WorkPorts) -> None:
        """Begin. The services are known later than the worker, because their engine wakes it."""
        for number in range(1, self._threads + 1):
            # Daemons: a function that runs for long does not keep the process.
            thread = Thread(target=self._run, args=(ports,), name=f"worker {number}", daemon=True)
            self._begun.append(thread)
            thread.start()

    def fault(self) -> str | None:
        """What is wrong with it, in words."""
        ended = sum(not thread.is_alive() for thread in self._begun)
        if not ended or self._closed:
            return None
        return f"{ended} of the {self._threads} threads that run functions have ended. Restart the server."

    def hold(self) -> None:
        """Begin nothing more; what runs goes on."""
        with self._lock:
            self._closed = True
        for _ in range(self._threads):
            self._names.put(None)

    def busy(self) -> list[str]:
        """The names of what runs."""
        with self._lock:
            return sorted(self._looking)

    def close(self) -> None:
        """Give back what runs: it is begun again by the next process, and this was no try. Takes a second at most."""
        self.hold()
        self._functions.interrupt()
        deadline = time.monotonic() + GIVING_BACK_S
        while self.busy() and time.monotonic() < deadline:
            time.sleep(0.005)

    def _run(self, ports: WorkPorts) -> None:
        while (name := self._names.get()) is not None:
            with self._lock:
                if self._closed:
                    return
                # Before the look: who is woken for during it is looked at again.
                self._waiting.discard(name)
                self._looking.append(name)
            try:
                self._look(name, ports)
            except Exception as error:  # noqa: BLE001  # the next one is not to suffer; reconcile comes back to this
                ports.telemetry.failure(f"worker {name}", error)
            finally:
                with self._lock:
                    self._looking.remove(name)

    def _look(self, name: str, ports: WorkPorts) -> None:
        execution = parse_execution_name(name)
        if execution is not None:
            run_try(*execution, self._functions, ports)
