"""What the signals do, in a process of their own: the handlers are the process's."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

PROGRAM = """
import sys, time
from verihook.local.stopping import Stopping

class Engines:
    free_at = float("inf")
    def hold(self):
        print("held", flush=True)
        self.free_at = time.monotonic() + float(sys.argv[3])
    def busy(self): return ["a", "b"] if time.monotonic() < self.free_at else []
    def close(self):
        print("closed", flush=True)
        time.sleep(float(sys.argv[2]))
        raise RuntimeError("closed twice")

asked = []
stopping = Stopping(Engines(), float(sys.argv[1]), lambda: asked.append(1), lambda: print("withdrawn", flush=True))
print("ready", flush=True)
while not asked:
    time.sleep(0.005)
stopping.wait()
print("asked", len(asked), flush=True)
"""


@contextmanager
def process(grace_s: float, closing_s: float = 0, busy_s: float = 60) -> Iterator[subprocess.Popen[str]]:
    """Ready for signals."""
    command = [sys.executable, "-c", PROGRAM, *map(str, (grace_s, closing_s, busy_s))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as running:
        assert running.stdout is not None
        assert "ready\n" == running.stdout.readline()
        try:
            yield running
        finally:
            running.kill()


def read(running: subprocess.Popen[str], lines: int) -> list[str]:
    assert running.stdout is not None
    return [running.stdout.readline().rstrip() for _ in range(lines)]


WAITING = ["held", "Stopping: waiting up to 60 s for a, b. Ctrl-C again ends at once."]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_asks_and_the_grace_is_waited_for(number: signal.Signals) -> None:
    with process(0.05) as running:
        running.send_signal(number)
        held, waiting, *rest = read(running, 4)
        assert ("held", True) == (held, waiting.startswith("Stopping: waiting up to 0.05 s for a, b."))
        assert ["Interrupted, and begun again at the next start: a, b.", "asked 1"] == rest
        assert 0 == running.wait(10)


def test_what_ends_in_time_is_not_interrupted() -> None:
    with process(60, busy_s=0.2) as running:
        running.send_signal(signal.SIGTERM)
        assert [*WAITING, "asked 1"] == read(running, 3)
        assert 0 == running.wait(10)


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("closing_s", [0, 60])
def test_ctrl_c_after_it_ends_at_once(first: signal.Signals, closing_s: float) -> None:
    with process(60, closing_s) as running:
        running.send_signal(first)
        assert WAITING == read(running, 2)
        # What comes in the same instant is the same press.
        running.send_signal(signal.SIGINT)
        asked = time.monotonic()
        while running.poll() is None and time.monotonic() < asked + 10:
            running.send_signal(signal.SIGINT)
            time.sleep(0.05)
        assert 130 == running.wait(0)
        assert running.stdout is not None
        lines = running.stdout.read().splitlines()
        assert {"withdrawn", "closed", "Ended at once: what ran is begun again at the next start."} == set(lines)


def test_a_second_sigterm_is_none() -> None:
    with process(0.8) as running:
        asked = time.monotonic()
        while time.monotonic() < asked + 0.6:
            running.send_signal(signal.SIGTERM)
            time.sleep(0.02)
        lines = read(running, 4)
        assert "asked 1" == lines[-1]
        assert 0 == running.wait(10)
