"""Parts that are made when they are first used, or when it is said."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any


class Later:
    """Stands for a part that is made when it is first used: a cold start pays for none that it does not need."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self._make = make
        self._lock = Lock()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._get(), name)

    def _get(self) -> Any:
        made = self.__dict__.get("_made")
        if made is None:
            # Threads of a round or a batch may be the first together; clients are made by one at a time.
            with self._lock:
                made = self.__dict__.get("_made")
                if made is None:
                    made = self.__dict__["_made"] = self._make()
        return made


def make_now(part: object) -> None:
    """Make what a :class:`Later` stands for, which a call would do."""
    if isinstance(part, Later):
        part._get()
