"""What a purge takes away, and when its id is free: also if it is stopped, or somebody starts meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.instances import LARGE, NOW
from tests.unit.parts import Parts, parts, request
from verihook import instances
from verihook.errors import EngineUnavailable, IdTaken, InstanceNotFound, PayloadsUnavailable
from verihook.instances import purging
from verihook.model.instance import Progress

__all__ = ["parts"]

LARGE_INPUT = {"t": "x" * LARGE}


class Before:
    """Stands for a part; ``act`` comes before each call of its ``operation``."""

    def __init__(self, part: Any, operation: str, act: Callable[[], object]) -> None:
        self._part, self._operation, self._act = part, operation, act

    def __getattr__(self, name: str) -> Any:
        if name == self._operation:
            self._act()
        return getattr(self._part, name)


def ended(parts: Parts) -> None:
    instances.submit(request(id="a", content=LARGE_INPUT), "", parts.services)
    parts.engine.end("a")
    instances.record_progress("a", 1, Progress("completed"), NOW, parts.services, "w")


def begin(parts: Parts) -> None:
    instances.submit(request(id="a", content=LARGE_INPUT), "", parts.services)


def stopped(parts: Parts) -> None:
    """A purge that was stopped before it took anything away."""
    ended(parts)
    parts.engine.failing.add("delete")
    with pytest.raises(EngineUnavailable):
        instances.purge("a", parts.services)
    parts.engine.failing.clear()


def test_a_start_in_the_middle_of_a_purge_is_refused_and_loses_nothing_afterwards(parts: Parts) -> None:
    ended(parts)

    def start() -> None:
        with pytest.raises(IdTaken):
            begin(parts)

    payloads: Any = Before(parts.services.payloads, "remove_all", start)
    instances.purge("a", replace(parts.services, payloads=payloads))
    begin(parts)
    assert (2, LARGE_INPUT) == (parts.row("a").attempt, instances.input_of(parts.row("a"), parts.services.payloads))


def test_the_input_of_a_start_that_a_purge_took_along_is_kept_again(parts: Parts) -> None:
    """Its payload is put before the row is asked for: here the purge comes between the two."""
    ended(parts)
    ledger: Any = Before(parts.ledger, "claim", lambda: instances.purge("a", parts.services))
    instances.submit(request(id="a", content=LARGE_INPUT), "", replace(parts.services, ledger=ledger))
    assert (2, LARGE_INPUT) == (parts.row("a").attempt, instances.input_of(parts.row("a"), parts.services.payloads))


def test_a_purge_that_was_stopped_is_finished_by_the_start_that_wants_its_id(parts: Parts) -> None:
    stopped(parts)
    with pytest.raises(IdTaken):
        # The call that purges may still be at it.
        begin(parts)
    parts.clock.at += purging.DELETING_MS + 1
    begin(parts)
    assert (2, LARGE_INPUT) == (parts.row("a").attempt, instances.input_of(parts.row("a"), parts.services.payloads))
    assert ["a.2"] == list(parts.engine.executions)


def test_a_start_cannot_finish_a_purge_whose_store_is_down(parts: Parts) -> None:
    stopped(parts)
    parts.clock.at += purging.DELETING_MS + 1

    def down() -> None:
        raise PayloadsUnavailable("down")

    payloads: Any = Before(parts.services.payloads, "remove_all", down)
    with pytest.raises(PayloadsUnavailable):
        instances.submit(request(id="a"), "", replace(parts.services, payloads=payloads))
    assert parts.row("a").purged
    assert parts.row("a").leased_until == parts.clock.at + purging.DELETING_MS


def test_two_purges_at_once_free_the_id_when_neither_can_be_at_it_any_more(parts: Parts) -> None:
    ended(parts)

    def another() -> None:
        with pytest.raises(InstanceNotFound):
            instances.purge("a", parts.services)

    payloads: Any = Before(parts.services.payloads, "remove_all", another)
    instances.purge("a", replace(parts.services, payloads=payloads))
    with pytest.raises(IdTaken):
        begin(parts)
    parts.clock.at += purging.DELETING_MS
    begin(parts)
    assert 2 == parts.row("a").attempt


def test_a_purge_that_stood_still_takes_nothing_of_what_came_after_it(parts: Parts) -> None:
    """Its process slept for longer than it may be at it; the id is taken by another start by then."""
    ended(parts)

    def sleep() -> None:
        parts.clock.at += purging.DELETING_MS + 1
        begin(parts)

    in_between = parts.engine.delete

    def forget(definition: str, name: str) -> None:
        parts.engine.delete = in_between  # type: ignore[method-assign]
        sleep()

    parts.engine.delete = forget  # type: ignore[method-assign]
    instances.purge("a", parts.services)
    assert (False, 2) == (parts.row("a").purged, parts.row("a").attempt)
    assert instances.input_of(parts.row("a"), parts.services.payloads) == LARGE_INPUT
