"""The engine by hand, which notes how many executions ran at once at most."""

from __future__ import annotations

from dataclasses import dataclass, field
from threading import Lock

from tests.unit.engine_by_hand import EngineByHand
from verihook.model.instance import FINAL, Progress, Status


@dataclass
class ExclusiveEngine(EngineByHand):
    """``most``: so many ran at once. Threads may share it."""

    most: int = 0
    lock: Lock = field(default_factory=Lock)

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Status:
        with self.lock:
            status = super().start(definition, name, input, connection)
            self.most = max(self.most, len(self._running()))
            return status

    def running(self) -> list[str]:
        with self.lock:
            return self._running()

    def complete(self, name: str) -> Progress:
        """Return the end."""
        with self.lock:
            self.executions[name] = progress = Progress("completed", "1")
            return progress

    def _running(self) -> list[str]:
        return [name for name, progress in self.executions.items() if progress.status not in FINAL]
