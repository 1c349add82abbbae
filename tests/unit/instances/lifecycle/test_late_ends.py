"""An execution has ended and the ledger has not heard of it: what is done to the instance meets its end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contracts.instances import NOW
from tests.unit.instances.test_lifecycle import started
from tests.unit.parts import Parts
from verihook import instances
from verihook.errors import Conflict
from verihook.instances.history import attempts
from verihook.model.instance import Status
from verihook.model.ports import Services


def raise_event(instance_id: str, services: Services) -> None:
    instances.raise_event(instance_id, "approved", {}, services)


@pytest.mark.parametrize("operation", [instances.terminate, instances.suspend, raise_event])
@pytest.mark.parametrize("status", ["completed", "failed", "timed_out"])
def test_the_end_that_was_first_stands(
    parts: Parts, operation: Callable[[str, Services], object], status: Status
) -> None:
    started(parts)
    parts.engine.end("a", status, '"shipped"')
    with pytest.raises(Conflict, match=f"The instance is {status}"):
        operation("a", parts.services)
    row = parts.row("a")
    assert (status, '"shipped"', False) == (row.status, row.output, row.held)


def test_what_has_ended_while_it_was_held_is_not_resumed(parts: Parts) -> None:
    started(parts)
    instances.suspend("a", parts.services)
    parts.engine.end("a")
    with pytest.raises(Conflict, match="completed"):
        instances.resume("a", parts.services)
    assert ("completed", False) == (parts.row("a").status, parts.row("a").held)


def test_a_restart_knows_how_the_attempt_before_ended(parts: Parts) -> None:
    started(parts)
    parts.engine.end("a", "failed")
    assert 2 == instances.restart("a", parts.services).attempt
    assert ["failed", "queued"] == [attempt.status for attempt in attempts("a", parts.services)]


def test_a_forced_purge_takes_one_that_has_just_ended(parts: Parts) -> None:
    started(parts)
    parts.engine.end("a")
    instances.purge("a", parts.services, force=True)
    assert parts.services.ledger.get("a", NOW).purged  # type: ignore[union-attr]


def test_an_event_that_is_taken_asks_the_engine_nothing_more(parts: Parts) -> None:
    started(parts)
    parts.engine.tokens.add("t")
    instances.await_event("a", 1, "approved", "t", parts.services)
    parts.engine.calls.clear()
    raise_event("a", parts.services)
    assert ["answer"] == parts.engine.calls


def test_an_event_is_kept_while_the_engine_is_away(parts: Parts) -> None:
    started(parts)
    parts.engine.failing.add("describe")
    raise_event("a", parts.services)
    assert [("approved", "buffered")] == [(each.name, each.state) for each in instances.mailbox("a", parts.services)]
