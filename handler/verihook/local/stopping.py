"""How the server of one machine stops: it begins nothing more, waits for what runs, and lets the process end.

The first SIGINT or SIGTERM asks for that. A second Ctrl-C ends the process at once; a second SIGTERM does not, as a
process group gets it from its service manager and from make. What is interrupted has gone on in no other process
before: the lock of the data folder is the process's, and ends with it.
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

#: The longest grace, in seconds: as long as a call of a function, durable or not, takes in Lambda at most.
MAX_GRACE_S = 900

#: Some programs pass on a signal that the terminal has sent to the whole group: no person is so quick, in seconds.
_SAME_PRESS_S = 0.2

#: What a second Ctrl-C leaves for writing down what is interrupted, in seconds.
_HASTE_S = 0.5

#: The exit code after it: https://tldp.org/LDP/abs/html/exitcodes.html
INTERRUPTED = 128 + signal.SIGINT

#: So many names are said of what is waited for.
_NAMED = 5


class Busy(Protocol):
    """What a stop waits for."""

    def hold(self) -> None:
        """Begin nothing more."""

    def busy(self) -> list[str]:
        """The names of what still runs."""

    def close(self) -> None:
        """Interrupt it."""


class Stopping:
    """Asked for by a signal.

    ``ask`` is called then, once, in the main thread; ``withdraw`` when the process ends at once.
    """

    def __init__(self, engines: Busy, grace_s: float, ask: Callable[[], None], withdraw: Callable[[], None]) -> None:
        self._engines = engines
        self._grace_s = grace_s
        self._ask = ask
        self._withdraw = withdraw
        self._asked_at: float | None = None
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._heard)

    def wait(self) -> None:
        """Wait for what runs, and say so; at most the grace. What has not ended then, is said too."""
        self._engines.hold()
        deadline = time.monotonic() + self._grace_s
        waits = self._engines.busy()
        if waits and self._grace_s:
            _say(f"Stopping: waiting up to {self._grace_s:g} s for {_named(waits)}. Ctrl-C again ends at once.")
        while (left := self._engines.busy()) and time.monotonic() < deadline:
            time.sleep(0.01)
        if left:
            _say(f"Interrupted, and begun again at the next start: {_named(left)}.")

    def _heard(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._asked_at is None:
            self._asked_at = now
            self._ask()
        elif number == signal.SIGINT and now - self._asked_at > _SAME_PRESS_S:
            # Not here: the main thread may be holding a lock that has to be had for it.
            threading.Thread(target=self._end_at_once, name="end", daemon=True).start()

    def _end_at_once(self) -> None:
        with suppress(OSError):
            self._withdraw()
        closing = threading.Thread(target=self._interrupt, name="close", daemon=True)
        closing.start()
        closing.join(_HASTE_S)
        _say("Ended at once: what ran is begun again at the next start.")
        os._exit(INTERRUPTED)

    def _interrupt(self) -> None:
        with suppress(Exception):  # whatever it is, the process ends
            self._engines.close()


def leave() -> None:
    """End the process. The end of Python would wait for code of the operator's that still runs."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)


def _named(names: list[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more


def _say(text: str) -> None:
    with suppress(OSError, ValueError):
        print(text, flush=True)
