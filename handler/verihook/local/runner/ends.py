"""Who waits for an end is woken by it, without asking again and again."""

from __future__ import annotations

import threading

from verihook.local.runner.rows import Key


class Ends:
    """Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._waiting: dict[Key, list[threading.Event]] = {}

    def expect(self, key: Key) -> threading.Event:
        """Return what is set when this execution ends; :meth:`forget` it afterwards. Look at the store after this."""
        event = threading.Event()
        with self._lock:
            self._waiting.setdefault(key, []).append(event)
        return event

    def forget(self, key: Key, event: threading.Event) -> None:
        """Wait no more."""
        with self._lock:
            left = [one for one in self._waiting.pop(key, []) if one is not event]
            if left:
                self._waiting[key] = left

    def tell(self, key: Key) -> None:
        """The execution has ended."""
        with self._lock:
            events = self._waiting.pop(key, [])
        for event in events:
            event.set()
