"""A process that is stopped before or after its n-th call to the world outside, or whose n-th call fails.

The ports of the core are wrapped, so no code of ours has a branch for it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from verihook.errors import EngineUnavailable, LedgerUnavailable, PayloadsUnavailable

When = Literal["before", "after"]

#: ``crash``: the process is gone. ``outage``: this one call fails; ``after`` it was done, its answer is lost.
Kind = Literal["crash", "outage"]

#: Calls that reach nothing.
_INSIDE = {"check_events", "check", "has_room"}

#: What a port raises if what is behind it cannot be reached.
_OUTAGES = {
    "ledger": LedgerUnavailable,
    "documents": LedgerUnavailable,
    "engine": EngineUnavailable,
    "payloads": PayloadsUnavailable,
}


class Stopped(BaseException):
    """The process is gone. Nothing of ours catches it: no ``except Exception`` does."""


@dataclass
class Faults:
    """Counts the calls of one process, and stops it at one of them.

    ``stop_at``: the number of the call, the first is 1; 0 for never. ``calls``: what was called, e.g. ``ledger.claim``.
    ``met``: the call at which it was. ``watch()`` is called before each call.
    """

    stop_at: int = 0
    when: When = "before"
    kind: Kind = "crash"
    calls: list[str] = field(default_factory=list)
    met: str = ""
    watch: Callable[[], None] = lambda: None

    def plan(self, stop_at: int, when: When, kind: Kind = "crash") -> None:
        """A new process, to be stopped there."""
        self.calls, self.met, self.stop_at, self.when, self.kind = [], "", stop_at, when, kind

    def call(self, name: str, work: Callable[[], Any]) -> Any:
        if self.met and self.kind == "crash":
            raise Stopped(self.met)
        self.watch()
        self.calls.append(name)
        here = len(self.calls) == self.stop_at
        if here and self.when == "before":
            self._fail(name)
        answer = work()
        if here:
            self._fail(name)
        return answer

    def _fail(self, name: str) -> None:
        self.met = name
        if self.kind == "crash":
            raise Stopped(name)
        raise _OUTAGES[name.partition(".")[0]]("It did not answer.")


class Watched:
    """Stands for a part of the services; its calls are counted under ``name``."""

    def __init__(self, part: Any, name: str, faults: Faults) -> None:
        self.part, self.name, self.faults = part, name, faults

    def __getattr__(self, operation: str) -> Any:
        found = getattr(self.part, operation)
        if not callable(found) or operation in _INSIDE:
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            return self.faults.call(f"{self.name}.{operation}", lambda: found(*arguments, **named))

        return call


def every_position(
    faults: Faults,
    act: Callable[[int], None],
    check: Callable[[int, str], None],
    when: When,
    kind: Kind = "crash",
) -> list[str]:
    """Stop the process at every call of ``act``, and check what then becomes of it; the calls of a whole run.

    ``act`` and ``check`` are given the number of the trial, which is also that of the call; ``check`` what was called,
    "" in the last trial, which nothing stops. What ``act`` makes of an outage is its own affair: it may raise.
    """
    for trial in range(1, 200):
        faults.plan(trial, when, kind)
        try:
            act(trial)
        except Stopped:
            assert kind == "crash"
        met, calls = faults.met, list(faults.calls)
        faults.plan(0, when)
        check(trial, met)
        if not met:
            assert len(calls) == trial - 1, "every call was one of the positions"
            return calls
    raise AssertionError("no end")
