"""One thread for any number of times."""

from __future__ import annotations

import time

from tests.flows.waiting import wait_until
from verihook.local.runner.deadlines import Deadlines
from verihook.local.runner.rows import Key


def test_they_ring_in_their_order_and_only_at_the_last_time_that_was_set() -> None:
    rung: list[Key] = []
    deadlines, now = Deadlines(rung.append, time.monotonic), time.monotonic()
    deadlines.set(("m", "b"), now + 0.06)
    deadlines.set(("m", "a"), now + 0.03)
    deadlines.set(("m", "never"), now + 0.01)
    deadlines.set(("m", "never"), None)
    deadlines.set(("m", "later"), now + 0.02)
    deadlines.set(("m", "later"), now + 0.09)
    wait_until(lambda: len(rung) == 3)
    assert [name for _, name in rung] == ["a", "b", "later"]
    assert time.monotonic() >= now + 0.09
    deadlines.close()


def test_what_is_due_rings_at_once_and_a_fault_is_not_the_end() -> None:
    rung: list[Key] = []

    def ring(key: Key) -> None:
        rung.append(key)
        if len(rung) == 1:
            raise ValueError("broken")

    deadlines = Deadlines(ring, time.monotonic)
    deadlines.set(("m", "a"), 0.0)
    wait_until(lambda: rung)
    deadlines.set(("m", "b"), 0.0)
    wait_until(lambda: len(rung) == 2)
    deadlines.close()
    deadlines.set(("m", "c"), 0.0)
    assert len(rung) == 2
