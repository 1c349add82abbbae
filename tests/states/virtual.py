"""Runs a state machine in virtual time: a year's wait takes none, and a call is answered when its time has come."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from verihook.local.states.effects import (
    Begin,
    Call,
    Effect,
    End,
    Failed,
    Forget,
    MapRun,
    Record,
    Stimulus,
    Succeeded,
    Tick,
)  # fmt: skip
from verihook.local.states.machine import Machine
from verihook.local.states.positions import Position
from verihook.local.states.turn import position_at_start, step

#: When every execution begins: 2026-11-29T02:40:58Z, a second before the times in the recorded inputs.
START = 1_795_920_058.0

#: More turns than this mean that a machine does not end.
MAX_TURNS = 5_000

#: What a call leads to, and after how many seconds. None: no answer, ever.
Answer = tuple[float, Callable[[str], Stimulus]] | None
Answering = Callable[[Call], Answer]


@dataclass
class Outcome:
    """How an execution ended, and the events of its history, and of its children's, as GetExecutionHistory has them."""

    end: End | None = None
    events: list[dict[str, Any]] = field(default_factory=list)
    others: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)
    map_runs: list[MapRun] = field(default_factory=list)
    now: float = START

    @property
    def kinds(self) -> list[str]:
        """The types of the events."""
        return [event["type"] for event in self.events]

    @property
    def output(self) -> Any:
        """The output of an execution that succeeded."""
        assert self.end is not None
        assert self.end.status == "SUCCEEDED", self.end
        return self.end.output


def never(call: Call) -> Answer:
    """Answer no call."""
    return None


def gives(value: Any, after: float = 0.0) -> Answer:
    """Answer with a result."""
    return after, lambda call: Succeeded(call, value)


def fails(error: str | None, cause: str | None = None, after: float = 0.0) -> Answer:
    """Answer with an error."""
    return after, lambda call: Failed(call, error, cause)


def start(machine: Machine, given: Any, seed: str = "seed") -> Position:
    """Return a position before its first turn."""
    region = "us-east-1:123456789012"
    kind = "express" if machine.express else "execution"
    execution = {
        "Id": f"arn:aws:states:{region}:{kind}:machine:name" + (":run" if machine.express else ""),
        "Name": "name",
        "RoleArn": "arn:aws:iam::123456789012:role/role",
    }
    names = {"Id": f"arn:aws:states:{region}:stateMachine:machine", "Name": "machine"}
    return position_at_start(machine, execution, names, given, seed, START)


def run(
    machine: Machine, given: Any, answering: Answering = never, *, later: dict[float, Stimulus] | None = None
) -> Outcome:
    """Run an execution to its end, or to where only an answer moves it. ``later`` is said at seconds after START."""
    position, outcome, order = start(machine, given), Outcome(), count()
    agenda: list[tuple[float, int, Stimulus]] = [(START + at, next(order), what) for at, what in (later or {}).items()]
    heapq.heapify(agenda)
    stimulus: Stimulus = Begin()
    for _ in range(MAX_TURNS):
        for effect in step(machine, position, stimulus, outcome.now):
            for after, said in _apply(outcome, effect, answering):
                heapq.heappush(agenda, (outcome.now + after, next(order), said))
        if outcome.end is not None:
            return outcome
        due = position.due()
        if agenda and (due is None or agenda[0][0] < due):
            at, _, stimulus = heapq.heappop(agenda)
        elif due is not None:
            at, stimulus = due, Tick()
        else:
            return outcome
        outcome.now = max(outcome.now, at)
    raise AssertionError(f"no end after {MAX_TURNS} turns")


def _apply(outcome: Outcome, effect: Effect, answering: Answering) -> Iterator[tuple[float, Stimulus]]:
    if isinstance(effect, Record):
        events = outcome.others.setdefault(effect.log, []) if effect.log else outcome.events
        events.append(effect.event)
    elif isinstance(effect, Call):
        outcome.calls.append(effect)
        if (answer := answering(effect)) is not None:
            yield answer[0], answer[1](effect.call)
    elif isinstance(effect, End):
        outcome.end = effect
    elif isinstance(effect, MapRun):
        outcome.map_runs.append(effect)
    else:
        assert isinstance(effect, Forget)
