"""Waiting for something with a deadline, never for a time."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

#: How long a test waits for what has to come, in seconds: long, as a busy machine is slow. The tests of mutants, which
#: have to fail, wait for less.
PATIENCE_S = int(os.environ.get("VERIHOOK_TEST_PATIENCE", "150"))

FINAL = ("completed", "failed", "timed_out", "terminated")


def within(seconds: float, act: Callable[[], object], tries: int = 10) -> None:
    """Do it until it has taken less than so many seconds: a busy machine may need several tries, what is broken fails.

    What ``act`` gives does not count; its assertions hold each time.
    """
    took: list[float] = []
    while not took or took[-1] >= seconds:
        assert len(took) < tries, f"it took {took} s, never less than {seconds}"
        begun = time.monotonic()
        act()
        took.append(time.monotonic() - begun)


def wait_until(ask: Callable[[], T | None], timeout: float = PATIENCE_S, what: str = "nothing came") -> T:
    """What ``ask`` gives once it gives something true. Raises AssertionError after ``timeout`` seconds."""
    deadline = time.monotonic() + timeout
    while time.monotonic() < deadline:
        if found := ask():
            return found
        time.sleep(0.02)
    raise AssertionError(f"{what} in {timeout} s")
