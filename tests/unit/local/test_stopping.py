"""What the signals do, in a process of their own: the handlers are the process's."""

from __future__ import annotations

import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.flows.waiting import wait_until

PROGRAM = """
import select, sys, time
from verihook.local.stopping import Stopping

class Engines:
    def hold(self): print("held", flush=True)
    # Until the standard input ends.
    def busy(self): return [] if select.select([sys.stdin], [], [], 0)[0] else ["a", "b"]
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
def process(grace_s: float, closing_s: float = 0) -> Iterator[subprocess.Popen[str]]:
    """Ready for signals, and busy."""
    command = [sys.executable, "-c", PROGRAM, str(grace_s), str(closing_s)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True) as running:
        assert running.stdout is not None
        assert "ready\n" == running.stdout.readline()
        try:
            yield running
        finally:
            running.kill()


def read(running: subprocess.Popen[str], lines: int) -> list[str]:
    assert running.stdout is not None
    return [running.stdout.readline().rstrip() for _ in range(lines)]


def let_go(running: subprocess.Popen[str]) -> None:
    """It is busy no more."""
    assert running.stdin is not None
    running.stdin.close()


WAITING = ["held", "Stopping: waiting up to 60 s for a, b. Ctrl-C again ends at once."]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_first_asks_and_the_grace_is_waited_for(number: signal.Signals) -> None:
    with process(0.05) as running:
        running.send_signal(number)
        held, waiting, *rest = read(running, 4)
        assert ("held", True) == (held, waiting.startswith("Stopping: waiting up to 0.05 s for a, b."))
        assert ["Interrupted, and begun again at the next start: a, b.", "asked 1"] == rest
        assert 0 == running.wait(60)


def test_what_ends_in_time_is_not_interrupted() -> None:
    with process(60) as running:
        running.send_signal(signal.SIGTERM)
        assert WAITING == read(running, 2)
        # It looks more than once.
        assert running.stdout is not None
        assert ([], [], []) == select.select([running.stdout], [], [], 0.2)
        let_go(running)
        assert ["asked 1"] == read(running, 1)
        assert 0 == running.wait(60)


@pytest.mark.parametrize("first", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("closing_s", [0, 600])
def test_ctrl_c_after_it_ends_at_once(first: signal.Signals, closing_s: float) -> None:
    with process(60, closing_s) as running:
        running.send_signal(first)
        assert WAITING == read(running, 2)
        # What comes in the same instant is the same press.
        running.send_signal(signal.SIGINT)
        wait_until(lambda: running.poll() is not None or running.send_signal(signal.SIGINT), what="it did not end")
        assert 130 == running.wait(0)
        assert running.stdout is not None
        lines = running.stdout.read().splitlines()
        assert {"withdrawn", "closed", "Ended at once: what ran is begun again at the next start."} == set(lines)


def test_a_second_sigterm_is_none() -> None:
    with process(60) as running:
        asked = time.monotonic()
        while time.monotonic() < asked + 0.6:
            running.send_signal(signal.SIGTERM)
            time.sleep(0.02)
        assert WAITING == read(running, 2)
        # It looks more than once.
        assert running.stdout is not None
        assert ([], [], []) == select.select([running.stdout], [], [], 0.2)
        let_go(running)
        assert ["asked 1"] == read(running, 1)
        assert 0 == running.wait(60)
