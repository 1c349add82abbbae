"""The work that is done again and again: what EventBridge Scheduler and lifecycle rules do in AWS, and sooner."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from verihook.adapters.repeats import RepeatFilter
from verihook.model.ports import Services

#: What a round does, and how many seconds after the one before.
Round = tuple[float, Callable[[Services], object]]

#: How long the end of the last round is waited for, in seconds: the next start repeats what it did not come to.
_LAST_S = 1.0


class Rounds:
    """Threads, each with its own work, by name."""

    def __init__(self, rounds: Mapping[str, Round], services: Services) -> None:
        self._services = services
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(name, *each), name=name, daemon=True)
            for name, each in rounds.items()
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def hold(self) -> None:
        """Begin no more."""
        self._over.set()

    def close(self) -> None:
        """Begin no more, and wait a little for the last ones."""
        self.hold()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(_LAST_S)

    def faults(self) -> dict[str, str]:
        """Those that have ended though nothing asked for it, in words by their name."""
        if self._over.is_set():
            return {}
        ended = [each.name for each in self._threads if each.ident is not None and not each.is_alive()]
        return {name: f"The rounds of {name} have ended. Restart the server." for name in ended}

    def _repeat(self, name: str, seconds: float, work: Callable[[Services], object]) -> None:
        repeats = RepeatFilter()
        while not self._over.wait(seconds):
            try:
                work(self._services)
            except Exception as error:  # noqa: BLE001  # the next round goes on, whatever it was
                if repeats.suppressed(f"{type(error).__name__}: {error}") is not None:
                    self._services.telemetry.failure(name, error)
            self._services.observer.flush()
