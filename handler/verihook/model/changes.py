"""Who waits for a row of the ledger is woken when it is written, in the process that writes it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock

#: Stands for the callbacks that are due: told when an instance that has one ends. No instance has such an id.
CALLBACK = "#callback"


class Changes:
    """Safe to use from any thread. A row that no one waits for is forgotten."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._waiting: dict[str, list[Callable[[], object]]] = {}

    @contextmanager
    def heard(self, instance_id: str, wake: Callable[[], object]) -> Iterator[None]:
        """Have ``wake`` called each time that the row is written, in the thread that writes it.

        Look at the row once within: what was written before is not told. ``wake`` takes no time, and raises nothing.
        """
        with self._lock:
            self._waiting.setdefault(instance_id, []).append(wake)
        try:
            yield
        finally:
            with self._lock:
                left = self._waiting[instance_id]
                left.remove(wake)
                if not left:
                    del self._waiting[instance_id]

    def tell(self, instance_id: str) -> None:
        """Wake those who wait for this row, now that it is durable."""
        if instance_id not in self._waiting:
            return
        with self._lock:
            waiting = [*self._waiting.get(instance_id, ())]
        for wake in waiting:
            wake()
