"""How the server of one machine stops: it begins nothing new, waits for what is running, and ends the process.

The first SIGINT or SIGTERM asks for that. A second Ctrl-C ends the process at once. A second SIGTERM does not, because
a process can get it twice: from its service manager and from make. What is interrupted cannot already run in another
process: the lock of the data folder belongs to this process and ends with it.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from types import FrameType
from typing import Protocol

#: How long a stop waits for what runs unless ``verihook run --grace`` says otherwise, in seconds. Kubernetes kills a
#: process after 30, systemd after 90.
#: https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination
GRACE_S = 25

#: The longest grace, in seconds: the longest that Lambda lets a function run, durable or not.
MAX_GRACE_S = 900

#: Within this time a second SIGINT counts as the same key press, in seconds: some programs send on to their child the
#: signal that it has got from the terminal already.
_SAME_PRESS_S = 0.2

#: How long a second Ctrl-C leaves for recording what is interrupted, in seconds.
_RECORDING_S = 0.5

#: The exit code after a second Ctrl-C: https://tldp.org/LDP/abs/html/exitcodes.html
INTERRUPTED = 128 + signal.SIGINT

#: How many executions that are waited for are named.
_NAMED = 5


class Busy(Protocol):
    """What a stop waits for: the engines."""

    def hold(self) -> None:
        """Begin nothing new."""

    def busy(self) -> list[str]:
        """Return the names of what is still running."""

    def close(self) -> None:
        """Interrupt what is running."""


class Stopping:
    """Handles the signals that stop the server.

    ``ask`` is called at the first one, in the main thread; ``withdraw`` before the process ends at once.
    """

    def __init__(self, engines: Busy, grace_s: float, ask: Callable[[], None], withdraw: Callable[[], None]) -> None:
        self._engines = engines
        self._grace_s = grace_s
        self._ask = ask
        self._withdraw = withdraw
        self._asked_at: float | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def wait(self) -> None:
        """Wait for what is running, at most the grace; print what is waited for, and what is interrupted at the end."""
        self._engines.hold()
        deadline = time.monotonic() + self._grace_s
        running = self._engines.busy()
        if running and self._grace_s:
            _say(f"Stopping: waiting up to {self._grace_s:g} s for {_named(running)}. Ctrl-C again ends at once.")
        while (left := self._engines.busy()) and time.monotonic() < deadline:
            time.sleep(0.01)
        if left:
            _say(f"Interrupted, and begun again at the next start: {_named(left)}.")

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
            self._ask()
        elif number == signal.SIGINT and now - self._asked_at > _SAME_PRESS_S:
            # In a thread of its own: the main thread may hold a lock that this needs.
            threading.Thread(target=self._end_at_once, name="end", daemon=True).start()

    def _end_at_once(self) -> None:
        with suppress(OSError):
            self._withdraw()
        closing = threading.Thread(target=self._interrupt, name="close", daemon=True)
        closing.start()
        closing.join(_RECORDING_S)
        _say("Ended at once: what ran is begun again at the next start.")
        os._exit(INTERRUPTED)

    def _interrupt(self) -> None:
        with suppress(Exception):  # the process ends after any error
            self._engines.close()


def end_process() -> None:
    """End the process at once. A normal exit of Python would wait for code of workflows that still runs."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _say(text: str) -> None:
    with suppress(OSError, ValueError):
        print(text, flush=True)
