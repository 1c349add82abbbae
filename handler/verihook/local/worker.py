"""The workers on one machine: threads that run the executions of the engine ``function``, and split deliveries."""

from __future__ import annotations

import time
from threading import Condition, Thread
from typing import TYPE_CHECKING

from verihook.errors import EngineUnavailable
from verihook.local.turns import Turns
from verihook.model.instance import parse_execution_name
from verihook.worker.functions import Functions
from verihook.worker.splitting import split
from verihook.worker.work import run_try

if TYPE_CHECKING:
    from verihook.model.ports.sets import SplitPorts

#: How many functions run at the same time; and of these, those of one workflow, so that two are left for others'.
THREADS = 10
OF_ONE = THREADS - 2

#: How long a stop may take to give back the leases of interrupted functions, in seconds; the others run out.
GIVING_BACK_S = 1.0


class Worker:
    """Threads that run executions, in fair turns of their workflows. Each name waits at most once.

    The ledger has everything that is kept here: after a kill -9, reconcile wakes the worker for what was left.
    """

    #: What its threads do, in words.
    does = "run functions"

    def __init__(self, functions: Functions, threads: int = THREADS, of_one: int = OF_ONE) -> None:
        """``threads``: how many functions run at the same time; ``of_one``: how many of one workflow."""
        self._functions = functions
        self._threads = threads
        self._turns: Turns[None] = Turns(of_one)
        self._waiting: set[str] = set()
        self._changed = Condition()
        self._started: list[Thread] = []
        self._closed = False

    def wake(self, name: str, definition: str = "") -> None:
        """Have this execution of the workflow wait for its turn, unless it does. Does not block.

        Raises EngineUnavailable after :meth:`hold`.
        """
        with self._changed:
            if self._closed:
                raise EngineUnavailable("The worker has stopped.")
            if name in self._waiting:
                return
            self._waiting.add(name)
            self._turns.put(definition, name, None)
            self._changed.notify()

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
        with self._changed:
            self._closed = True
            self._turns.clear()
            self._changed.notify_all()

    def busy(self) -> list[str]:
        """Return the names of the executions that are running."""
        with self._changed:
            return sorted(self._turns.running())

    def close(self) -> None:
        """Give back what runs: the next process begins it again, and this try does not count. Takes 1 s at most."""
        self.hold()
        self._functions.interrupt()
        deadline = time.monotonic() + GIVING_BACK_S
        while self.busy() and time.monotonic() < deadline:
            time.sleep(0.005)

    def _run(self, ports: SplitPorts) -> None:
        while (chosen := self._next()) is not None:
            definition, name = chosen
            try:
                self._run_one(name, ports)
            except Exception as error:  # noqa: BLE001  # the next execution must run; reconcile repeats this one
                ports.telemetry.failure(f"worker {name}", error)
            finally:
                with self._changed:
                    self._turns.done(definition, name)
                    # One that was not to begin beside it may begin now, in another thread too.
                    self._changed.notify()

    def _next(self) -> tuple[str, str] | None:
        """Wait for an execution whose turn it is. Return its definition and its name; None after :meth:`hold`."""
        with self._changed:
            while not self._closed:
                if (chosen := self._turns.take()) is not None:
                    definition, name, _ = chosen
                    # Before the run: an execution that the worker is woken for while it runs is run again.
                    self._waiting.discard(name)
                    return definition, name
                self._changed.wait()
        return None

    def _run_one(self, name: str, ports: SplitPorts) -> None:
        execution = parse_execution_name(name)
        if execution is not None:
            run_try(*execution, self._functions, ports)


class Splitters(Worker):
    """Threads that split deliveries which carry several events."""

    does = "split deliveries"

    def __init__(self) -> None:
        super().__init__(Functions({}), threads=2, of_one=2)

    def _run_one(self, name: str, ports: SplitPorts) -> None:
        execution = parse_execution_name(name)
        if execution is not None:
            split(*execution, ports)
