"""The workers on one machine: threads that run the executions of the engine ``function``, and split deliveries."""

from __future__ import annotations

import time
from queue import SimpleQueue
from threading import Lock, Thread
from typing import TYPE_CHECKING

from verihook.errors import EngineUnavailable
from verihook.model.instance import parse_execution_name
from verihook.worker.functions import Functions
from verihook.worker.splitting import split
from verihook.worker.work import run_try

if TYPE_CHECKING:
    from verihook.model.ports.sets import SplitPorts

#: How many functions run at the same time.
THREADS = 8

#: How long a stop may take to give back the leases of interrupted functions, in seconds; the others run out.
GIVING_BACK_S = 1.0


class Worker:
    """Threads that take names of executions from a queue, in which each name is at most once.

    The ledger has everything that is kept here: after a kill -9, reconcile wakes the worker for what was left.
    """

    #: What its threads do, in words.
    does = "run functions"

    def __init__(self, functions: Functions, threads: int = THREADS) -> None:
        """``threads``: how many functions run at the same time."""
        self._functions = functions
        self._threads = threads
        self._names: SimpleQueue[str | None] = SimpleQueue()
        self._waiting: set[str] = set()
        self._running: list[str] = []
        self._lock = Lock()
        self._started: list[Thread] = []
        self._closed = False

    def wake(self, name: str) -> None:
        """Put this execution into the queue, unless it is in it. Does not block.

        Raises EngineUnavailable after :meth:`hold`.
        """
        with self._lock:
            if self._closed:
                raise EngineUnavailable("The worker has stopped.")
            if name in self._waiting:
                return
            self._waiting.add(name)
        self._names.put(name)

    def start(self, ports: SplitPorts) -> None:
        """Start the threads. ``ports`` are made after the worker, because one of them, the engine, wakes it."""
        for number in range(1, self._threads + 1):
            # Daemons: a function that does not end must not keep the process alive.
            thread = Thread(target=self._run, args=(ports,), name=f"worker {number}", daemon=True)
            self._started.append(thread)
            thread.start()

    def fault(self) -> str | None:
        """Return what is wrong with the worker; None if nothing is."""
        ended = sum(not thread.is_alive() for thread in self._started)
        if not ended or self._closed:
            return None
        return f"{ended} of the {self._threads} threads that {self.does} have ended. Restart the server."

    def hold(self) -> None:
        """Begin no new function; those that run go on."""
        with self._lock:
            self._closed = True
        for _ in range(self._threads):
            self._names.put(None)

    def busy(self) -> list[str]:
        """Return the names of the executions that are running."""
        with self._lock:
            return sorted(self._running)

    def close(self) -> None:
        """Give back what runs: the next process begins it again, and this try does not count. Takes 1 s at most."""
        self.hold()
        self._functions.interrupt()
        deadline = time.monotonic() + GIVING_BACK_S
        while self.busy() and time.monotonic() < deadline:
            time.sleep(0.005)

    def _run(self, ports: SplitPorts) -> None:
        while (name := self._names.get()) is not None:
            with self._lock:
                if self._closed:
                    return
                # Before the run: an execution that the worker is woken for while it runs is run again.
                self._waiting.discard(name)
                self._running.append(name)
            try:
                self._run_one(name, ports)
            except Exception as error:  # noqa: BLE001  # the next execution must run; reconcile repeats this one
                ports.telemetry.failure(f"worker {name}", error)
            finally:
                with self._lock:
                    self._running.remove(name)

    def _run_one(self, name: str, ports: SplitPorts) -> None:
        execution = parse_execution_name(name)
        if execution is not None:
            run_try(*execution, self._functions, ports)


class Splitters(Worker):
    """Threads that split deliveries which carry several events."""

    does = "split deliveries"

    def __init__(self) -> None:
        super().__init__(Functions({}), threads=2)

    def _run_one(self, name: str, ports: SplitPorts) -> None:
        execution = parse_execution_name(name)
        if execution is not None:
            split(*execution, ports)
