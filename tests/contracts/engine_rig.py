"""What the tests of an engine work with: workflows of a known behaviour, and a rig that lets time pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from uuid import uuid4

from tests.flows.waiting import PATIENCE_S
from verihook.model.instance import FINAL, Progress, Status
from verihook.model.ports import Engine

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Definitions:
    """Workflows by what the engine calls a definition. None if the engine has no such thing: it refuses then."""

    echo: str  #: ends with its input as the output
    stamp: str  #: ends with another output on every run
    slow: str  #: runs for at least a minute
    failing: str  #: fails with the error ``NoStock`` and the cause ``sold out``
    waiting: str | None = None  #: waits a minute for an event and ends with its payload as the output
    expiring: str | None = None  #: waits a second for an event that does not come, then ends with ``"expired"``
    recovering: str | None = None  #: ends with its input as the output, but fails at the first try in its second step
    express: str | None = None  #: like ``echo``, answers at once
    express_failing: str | None = None  #: like ``failing``, answers at once


class Rig:
    """An engine, and what its tests must do beside it. Override what the engine needs."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def start(self, definition: str, name: str, input: str, connection: str | None = None) -> Status:
        """Start as the core does; if instances live in the ledger, the row is claimed here first."""
        return self.engine.start(definition, name, input, connection)

    def advance(self) -> None:
        """Between two looks: sleep a moment, or let a worker that the test drives do one round."""
        time.sleep(0.01)

    def token(self, name: str) -> str | None:
        """The token of what this execution waits for, as the core learns it; None while it does not wait yet."""
        raise NotImplementedError

    def token_of(self, name: str) -> str:
        """The token, as soon as it waits."""
        return self.until(lambda: self.token(name), f"{name} waits")

    def until(self, look: Callable[[], Found | None], what: str, seconds: float = PATIENCE_S) -> Found:
        """What ``look`` finds, as soon as it finds something."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            found = look()
            if found is not None:
                return found
            self.advance()
        raise AssertionError(f"not in {seconds} s: {what}")

    def is_running(self, definition: str, name: str) -> bool:
        """True as soon as it runs, or is about to where nothing runs it yet; an AssertionError if it never does."""
        running = (Progress("running"), Progress("queued"))
        return self.until(lambda: self.engine.describe(definition, name) in running or None, f"{name} runs")

    def end_of(self, definition: str, name: str, seconds: float = PATIENCE_S) -> Progress:
        """How the execution ended."""

        def ended() -> Progress | None:
            progress = self.engine.describe(definition, name)
            return progress if progress is not None and progress.status in FINAL else None

        return self.until(ended, f"the end of {name}", seconds)

    def run_to_end(self, definition: str, input: str) -> Progress:
        """Start it under a name of its own and wait for its end."""
        name = a_name()
        self.start(definition, name, input)
        return self.end_of(definition, name)


def a_name() -> str:
    """An execution's name, of its own."""
    return f"test_{uuid4().hex}"
