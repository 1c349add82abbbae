"""Work that is repeated in threads of one machine: what EventBridge Scheduler and lifecycle rules do in AWS."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack

from verihook.adapters.repeats import RepeatFilter
from verihook.model.ports import Services

#: The longest pause before each round, in seconds, and what a round does.
Round = tuple[float, Callable[[Services], object]]

#: How long the last round may take after a stop, in seconds: the next start repeats what it did not finish.
_LAST_ROUND_S = 1.0


class Rounds:
    """Threads that each repeat their own work. ``rounds``: the work by the name of its thread.

    ``woken_by``: by name, the row whose writing lets the next round begin at once (:mod:`verihook.model.changes`).
    """

    def __init__(
        self, rounds: Mapping[str, Round], services: Services, woken_by: Mapping[str, str] | None = None
    ) -> None:
        self._services = services
        self._woken_by = woken_by or {}
        self._heard = ExitStack()
        self._stopped = threading.Event()
        self._due = {name: threading.Event() for name in rounds}
        self._threads = [
            threading.Thread(target=self._repeat, args=(name, *each), name=name, daemon=True)
            for name, each in rounds.items()
        ]

    def start(self) -> None:
        """Start the threads."""
        changes = self._services.changes
        if changes is not None:
            for name, row in self._woken_by.items():
                self._heard.enter_context(changes.heard(row, self._due[name].set))
        for thread in self._threads:
            thread.start()

    def hold(self) -> None:
        """Begin no new round."""
        self._stopped.set()
        for due in self._due.values():
            due.set()

    def close(self) -> None:
        """Begin no new round, and wait a second for those that are running."""
        self._heard.close()
        self.hold()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_LAST_ROUND_S)

    def faults(self) -> dict[str, str]:
        """Return the threads that have ended without :meth:`hold`, each with what to do."""
        if self._stopped.is_set():
            return {}
        ended = [each.name for each in self._threads if each.ident is not None and not each.is_alive()]
        return {name: f"The rounds of {name} have ended. Restart the server." for name in ended}

    def _repeat(self, name: str, seconds: float, work: Callable[[Services], object]) -> None:
        repeats, due = RepeatFilter(), self._due[name]
        while True:
            due.wait(seconds)
            due.clear()
            if self._stopped.is_set():
                return
            try:
                work(self._services)
            except Exception as error:  # noqa: BLE001  # the next round goes on after any error
                if repeats.suppressed(f"{type(error).__name__}: {error}") is not None:
                    self._services.telemetry.failure(name, error)
            self._services.observer.flush()
