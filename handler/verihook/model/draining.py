"""The workflows that are active again, and of which events that came while they were paused are still held.

What comes for one of them is held, too, so that it does not start before those. One process on one machine has them
all; in AWS there are none, because many processes take events.
"""

from __future__ import annotations

from collections.abc import Iterable
from threading import Lock


class Draining:
    """``names``: of the workflows. ``lock``: held by what decides by them; threads may share it."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = set(names)
        self.lock = Lock()
