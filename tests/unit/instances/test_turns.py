"""One instance runs for each value of a source's ordering, in order of arrival, and so many of a workflow."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.parts import Parts, parts, request
from tests.unit.webhooks.arriving import arrive
from verihook import instances
from verihook.errors import Conflict, LedgerUnavailable
from verihook.instances.reconcile import reconcile
from verihook.model.expression import Expression
from verihook.model.instance import Progress
from verihook.model.source import Source
from verihook.senders import load_sender

__all__ = ["parts"]

SOURCE = Source("orders", load_sender("generic"), (), "w", ordering=Expression("ordering", "of"))


@pytest.fixture(autouse=True)
def in_order(parts: Parts) -> None:
    workflow: Any = parts.services.workflows["w"]
    workflow.ordered = True


def come(parts: Parts, event: str, of: object = "one") -> str:
    parts.clock.at += 1
    taken = arrive(parts, event, SOURCE, of=of)
    assert taken.instance_id
    return taken.instance_id


def end(parts: Parts, id: str, status: str = "completed", attempt: int = 1) -> None:
    """The engine ends the attempt and reports that."""
    name = id if attempt == 1 else f"{id}.{attempt}"
    progress = Progress(status, "1" if status == "completed" else None)  # type: ignore[arg-type]
    parts.engine.executions[name] = progress
    assert instances.record_progress(id, attempt, progress, parts.clock.at, parts.services)


def settle(parts: Parts, ms: int = 60_000) -> None:
    parts.clock.at += ms
    reconcile(parts.services)


def limit(parts: Parts, most: int | None) -> None:
    workflow: Any = parts.services.workflows["w"]
    workflow.ordered, workflow.max_running = False, most


def test_the_next_starts_when_the_one_before_has_ended(parts: Parts) -> None:
    first, second, third = (come(parts, event) for event in "abc")
    assert [first] == parts.engine.starts
    row = parts.row(second)
    assert ("queued", "WaitsItsTurn") == (row.status, row.error)
    assert row.cause == f"It starts when its turn comes; before it is {first}."
    assert second in parts.row(third).cause
    end(parts, first)
    assert [first, second] == parts.engine.starts
    assert (None, None) == (parts.row(second).error, parts.row(second).cause)
    # What has failed does not stop the others.
    end(parts, second, "failed")
    end(parts, third)
    assert [first, second, third] == parts.engine.starts
    assert come(parts, "d") == parts.engine.starts[-1]


def test_other_values_and_events_without_one_do_not_wait(parts: Parts) -> None:
    first = come(parts, "a")
    others = [come(parts, "b", of={"x": 1}), come(parts, "c", of=None), come(parts, "d", of=None), come(parts, "e", 1)]
    waits = come(parts, "f", of={"x": 1})
    assert [first, *others] == parts.engine.starts
    assert others[0] in parts.row(waits).cause


def test_a_redelivery_of_one_that_waits_changes_nothing(parts: Parts) -> None:
    first, second, third = (come(parts, event) for event in "abc")
    before = parts.row(second)
    again = arrive(parts, "b", SOURCE, of="one")
    assert (second, "queued", True) == (again.instance_id, again.status, again.duplicate)
    assert parts.row(second) == before
    end(parts, first)
    end(parts, second)
    assert [first, second, third] == parts.engine.starts


def test_reconcile_does_not_start_one_that_waits(parts: Parts) -> None:
    first, second = come(parts, "a"), come(parts, "b")
    for _ in range(5):
        settle(parts)
    assert [first] == parts.engine.starts
    assert "WaitsItsTurn" == parts.row(second).error
    # It notices the end that no other report has brought, and starts the next.
    parts.engine.executions[first] = Progress("completed", "1")
    parts.clock.at += 3_600_000
    settle(parts)
    assert [first, second] == parts.engine.starts


@pytest.mark.parametrize("act", ["terminate", "purge"])
def test_one_that_waits_may_be_ended_and_never_starts(parts: Parts, act: str) -> None:
    first, second, third = (come(parts, event) for event in "abc")
    if act == "terminate":
        instances.terminate(second, parts.services)
    else:
        instances.purge(second, parts.services, force=True)
    assert [first] == parts.engine.starts
    end(parts, first)
    assert [first, third] == parts.engine.starts


def test_the_one_in_front_may_be_terminated(parts: Parts) -> None:
    first, second = come(parts, "a"), come(parts, "b")
    instances.terminate(first, parts.services)
    assert [first, second] == parts.engine.starts


def test_the_others_wait_while_the_one_in_front_is_suspended(parts: Parts) -> None:
    first, second, third = (come(parts, event) for event in "abc")
    instances.suspend(first, parts.services)
    instances.suspend(second, parts.services)
    settle(parts)
    assert [first] == parts.engine.starts
    instances.resume(first, parts.services)
    end(parts, first)
    settle(parts)
    # It is the second's turn, and an operator holds it.
    assert ([first], "suspended") == (parts.engine.starts, parts.row(second).status)
    instances.resume(second, parts.services)
    assert [first, second] == parts.engine.starts
    assert "WaitsItsTurn" == parts.row(third).error


def test_one_that_is_restarted_goes_to_the_back(parts: Parts) -> None:
    first, second, third = (come(parts, event) for event in "abc")
    restarted = instances.restart(first, parts.services)
    assert ([first, second], "queued") == (parts.engine.starts, restarted.status)
    end(parts, second)
    end(parts, third)
    assert [first, second, third, f"{first}.2"] == parts.engine.starts


def test_one_that_waits_may_be_restarted_and_its_former_attempt_never_starts(parts: Parts) -> None:
    first, second, third = (come(parts, event) for event in "abc")
    instances.restart(second, parts.services)
    end(parts, first)
    end(parts, third)
    assert [first, third, f"{second}.2"] == parts.engine.starts


def test_a_redrive_takes_its_turn_or_is_refused(parts: Parts) -> None:
    first, second = come(parts, "a"), come(parts, "b")
    end(parts, first, "failed")
    with pytest.raises(Conflict, match="before it in its line"):
        instances.redrive(first, parts.services)
    assert "failed" == parts.row(first).status
    third = come(parts, "c")
    end(parts, second)
    end(parts, third)
    assert [first, second, third] == parts.engine.starts
    assert "running" == instances.redrive(first, parts.services).status
    fourth = come(parts, "d")
    assert fourth not in parts.engine.starts
    end(parts, first)
    assert fourth in parts.engine.starts


def test_of_a_workflow_run_as_many_as_it_says(parts: Parts) -> None:
    limit(parts, 2)
    made = [instances.submit(request(), "me", parts.services).instance for _ in range(5)]
    assert ["running", "running", "queued", "queued", "queued"] == [each.status for each in made]
    names = [each.id for each in made]
    assert names[:2] == parts.engine.starts
    end(parts, names[1])
    end(parts, names[0])
    assert names[:4] == parts.engine.starts
    # More may run from now on.
    limit(parts, 3)
    settle(parts)
    assert names == parts.engine.starts


def test_an_event_waits_in_both_lines(parts: Parts) -> None:
    limit(parts, 1)
    ones = [come(parts, event, of="one") for event in "ab"]
    other = come(parts, "c", of="other")
    assert ones[:1] == parts.engine.starts
    end(parts, ones[0])
    assert [ones[0], other] == parts.engine.starts
    end(parts, other)
    assert [ones[0], other, ones[1]] == parts.engine.starts


def test_a_start_that_is_put_off_comes_into_its_line_when_its_time_comes(parts: Parts) -> None:
    limit(parts, 1)
    at = parts.clock.at + 10_000
    later = instances.submit(request(start_at=at), "me", parts.services).instance.id
    now = instances.submit(request(), "me", parts.services).instance.id
    end(parts, now)
    assert [now] == parts.engine.starts
    settle(parts)
    assert [now, later] == parts.engine.starts


def test_a_line_that_is_full_takes_no_event_until_there_is_room(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("verihook.adapters.ledgers.sqlite.lines.MOST_IN_LINE", 2)
    first, second = come(parts, "a"), come(parts, "b")
    for _ in range(2):
        # Neither the event nor its redelivery is answered as taken: the sender brings it again.
        with pytest.raises(LedgerUnavailable, match="deliver again"):
            come(parts, "c")
    end(parts, first)
    third = come(parts, "c")
    end(parts, second)
    assert [first, second, third] == parts.engine.starts


def test_an_instance_waits_outside_of_a_full_line_of_its_workflow(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit(parts, 1)
    monkeypatch.setattr("verihook.adapters.ledgers.sqlite.lines.MOST_IN_LINE", 2)
    names = [instances.submit(request(), "me", parts.services).instance.id for _ in range(3)]
    assert ("WaitsItsTurn", True) == (parts.row(names[2]).error, "full" in parts.row(names[2]).cause)
    end(parts, names[0])
    settle(parts)
    end(parts, names[1])
    assert names == parts.engine.starts


def test_the_end_is_written_even_if_the_next_cannot_be_started(parts: Parts) -> None:
    first, second = come(parts, "a"), come(parts, "b")
    parts.engine.failing.add("start")
    end(parts, first)
    assert ([first], "completed") == (parts.engine.starts, parts.row(first).status)
    assert f"start {second}" in [what for what, _ in parts.heard.failures]
    parts.engine.failing.clear()
    settle(parts)
    assert [first, second] == parts.engine.starts
