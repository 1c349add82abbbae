"""A process that dies at any call while instances wait for their turn: each runs once, one at a time, in order.

In this process: the ledger and the documents raise what ends the process, before or after their n-th call.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.unit.exclusive_engine import ExclusiveEngine
from tests.unit.parts import Parts, parts
from tests.unit.webhooks.arriving import arrive
from verihook import instances
from verihook.instances.reconcile import reconcile
from verihook.model.expression import Expression
from verihook.model.instance import parse_execution_name
from verihook.model.source import Source
from verihook.records import replace
from verihook.senders import load_sender

__all__ = ["parts"]

ORDERED = Source("orders", load_sender("generic"), (), "w", ordering=Expression("ordering", "of"))
PLAIN = replace(ORDERED, ordering=None)
EVENTS = ("a", "b", "c")

#: More than any run makes.
MOST_CALLS = 60


class Died(BaseException):
    """The process is gone."""


@dataclass
class Mortal:
    """A store whose process dies ``before`` or after its call number ``at``; calls of all stores are counted."""

    store: Any
    at: list[int]
    before: bool

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **named: Any) -> Any:
            self.at[0] -= 1
            if self.at[0] == 0 and self.before:
                raise Died
            answer = getattr(self.store, name)(*arguments, **named)
            if self.at[0] == 0:
                raise Died
            return answer

        return call


@dataclass
class World:
    parts: Parts
    engine: ExclusiveEngine
    source: Source
    at: list[int]
    before: bool
    ids: dict[str, str] = field(default_factory=dict)

    @property
    def services(self) -> Any:
        whole = self.parts.services
        stores: dict[str, Any] = {
            name: Mortal(getattr(whole, name), self.at, self.before) for name in ("ledger", "documents")
        }
        return replace(whole, engines={"hand": self.engine}, **stores)

    def send(self, event: str) -> None:
        self.parts.clock.at += 1
        taken = arrive(replace(self.parts, services=self.services), event, self.source, of="one")
        self.ids[event] = str(taken.instance_id)

    def end(self, name: str) -> None:
        """An execution ends, and its engine reports that."""
        progress = self.engine.complete(name)
        parsed = parse_execution_name(name)
        assert parsed
        instances.record_progress(*parsed, progress, self.parts.clock.at, self.services)

    def settle(self) -> bool:
        """Reconcile alone, until all have ended. Return whether its process died, too."""
        died = False
        for _ in range(12):
            self.parts.clock.at += 3_600_000
            try:
                reconcile(self.services)
            except Died:
                died = True
            if not died and not self.engine.running():
                break
            for name in self.engine.running():
                self.engine.complete(name)
        return died

    def started(self) -> list[str]:
        return [json.loads(self.engine.inputs[name])["id"] for name in self.engine.starts]


def run(world: World, redelivers: bool) -> bool:
    """Three arrive and run; return whether the process died. Who had no answer sends again, or never does."""
    died = False
    for event in EVENTS:
        try:
            world.send(event)
        except Died:
            died = True
            if redelivers:
                world.send(event)
    for _ in EVENTS:
        try:
            for name in world.engine.running():
                world.end(name)
        except Died:
            died = True
    return world.settle() or died


@pytest.mark.parametrize("redelivers", [True, False], ids=["redelivered", "reconcile-alone"])
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("source", [ORDERED, PLAIN], ids=["ordering", "max-running"])
def test_each_runs_once_one_at_a_time_wherever_the_process_dies(
    parts: Parts, source: Source, before: bool, redelivers: bool
) -> None:
    workflow: Any = parts.services.workflows["w"]
    workflow.ordered, workflow.max_running = source is ORDERED, None if source is ORDERED else 1
    for at in range(1, MOST_CALLS):
        # A line of its own for each, as all runs have one ledger.
        own = replace(source, name=f"orders-{at}")
        world = World(parts, ExclusiveEngine(), own, [at], before)
        died = run(world, redelivers)
        started = world.started()
        assert world.engine.most == 1, at
        assert len(set(started)) == len(started), at
        if not died or (redelivers and source is ORDERED):
            assert [*EVENTS] == started, at
        elif redelivers:
            # A workflow starts about in order.
            assert {*EVENTS} == {*started}, at
        else:
            # An event that was never answered may come later, or not at all.
            assert {*started} <= {*EVENTS}
            assert len(started) >= 2, at
        if not died:
            break
    assert not died
    assert at > 15
