"""What a genuine event becomes: its id, its input, and the answer to one that is known."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.instances import NOW
from tests.unit.bare import a_request
from tests.unit.parts import Parts, parts
from verihook import instances
from verihook.errors import Duplicate, InputInvalid, NotActive, RateLimited
from verihook.instances import payload
from verihook.model.instance import Progress, derive_id
from verihook.model.ports import Trace
from verihook.model.source import Source
from verihook.senders import load_sender
from verihook.webhooks.intake import IntakeResult, ProvenEvent, start_for_event

__all__ = ["parts"]

SOURCE = Source("orders", load_sender("generic"), (), "w")


def arrival(content: Any = None, id: str | None = "evt_1") -> ProvenEvent:
    content = {"n": 1} if content is None else content
    return ProvenEvent(content, json.dumps(content), id, "order.created", a_request(json.dumps(content).encode()))


def arrive(parts: Parts, source: Source = SOURCE, request_id: str = "r1", **fields: Any) -> tuple[IntakeResult, Trace]:
    trace = Trace(request_id, parts.clock.now_ms(), source.name)
    return start_for_event(source, arrival(**fields), parts.services, trace), trace


def test_an_event_is_claimed_and_started(parts: Parts) -> None:
    taken, trace = arrive(parts)
    expected = derive_id(parts.services.instance_key, "orders", "id evt_1")
    assert IntakeResult(expected, "running", duplicate=False) == taken
    assert ("accepted", expected, "evt_1", "order.created") == (
        trace.outcome,
        trace.instance_id,
        trace.event_id,
        trace.event_type,
    )
    row = parts.row(expected)
    assert ("orders", "evt_1", "order.created", 3) == (row.source, row.event_id, row.event_type, row.version)
    assert (NOW, NOW + 100, '{"n": 1}') == (row.created_at, row.due_at, row.input)
    assert {expected: '{"n": 1}'} == parts.engine.inputs


def test_the_same_again_is_a_duplicate_that_starts_nothing(parts: Parts) -> None:
    first, _ = arrive(parts)
    parts.clock.at += 1
    again, trace = arrive(parts, request_id="r2")
    assert (first.instance_id, True, "duplicate") == (again.instance_id, again.duplicate, trace.outcome)
    assert not trace.changed
    assert [first.instance_id] == parts.engine.starts


def test_the_same_is_a_duplicate_for_retention_days_after_its_end(parts: Parts) -> None:
    source = replace(SOURCE, workflow="short")
    first, _ = arrive(parts, source)
    assert first.instance_id is not None
    day_ms = 86_400_000
    # What runs is known for as long as it runs.
    parts.clock.at += 30 * day_ms
    assert arrive(parts, source)[0].duplicate
    assert instances.record_progress(
        first.instance_id, 1, Progress("completed", "1"), parts.clock.at, parts.services, "short"
    )
    parts.clock.at += day_ms - 1000
    assert arrive(parts, source)[0].duplicate
    parts.clock.at += 2000
    again, _ = arrive(parts, source)
    assert (first.instance_id, False) == (again.instance_id, again.duplicate)


def test_sources_do_not_share_events(parts: Parts) -> None:
    first, _ = arrive(parts)
    other, _ = arrive(parts, replace(SOURCE, name="others"))
    assert not other.duplicate
    assert first.instance_id != other.instance_id


def test_without_an_id_each_is_an_event_of_its_own(parts: Parts) -> None:
    ids = {arrive(parts, request_id=number, id=None)[0].instance_id for number in ("r1", "r2")}
    assert 2 == len(ids)
    by_body = replace(SOURCE, name="by-body", by_body=True)
    same = {arrive(parts, by_body, number, id=None)[0].instance_id for number in ("r3", "r4")}
    assert 1 == len(same)
    assert same.isdisjoint({arrive(parts, by_body, "r5", id=None, content={"n": 2})[0].instance_id})


def test_a_body_that_no_other_event_has_tells_the_event(parts: Parts) -> None:
    """ClickUp names every change in history_items; an event without one may have the body of another."""
    clickup = replace(SOURCE, sender=load_sender("clickup"))
    for source, content, instances_of_two in (
        (clickup, {"event": "taskUpdated", "history_items": [{"id": "2800763136717140857"}]}, 1),
        (clickup, {"event": "taskDeleted", "history_items": []}, 2),
        (clickup, {"event": "taskDeleted"}, 2),
        (clickup, [], 2),
        (replace(clickup, by_body=False), {"event": "taskUpdated", "history_items": [{"id": "3"}]}, 2),
        (replace(clickup, by_body=True), {"event": "taskDeleted", "task_id": "1"}, 1),
    ):
        ids = {arrive(parts, source, f"{content} {n}", id=None, content=content)[0].instance_id for n in range(2)}
        assert instances_of_two == len(ids), content


def test_an_id_cannot_be_taken_for_a_body_or_a_request(parts: Parts) -> None:
    without, _ = arrive(parts, request_id="r1", id=None)
    named, _ = arrive(parts, id="request r1")
    assert without.instance_id != named.instance_id


def test_what_is_not_wanted_leaves_nothing(parts: Parts) -> None:
    taken, trace = arrive(parts, replace(SOURCE, types=("refund.*",)))
    assert (IntakeResult(None, None, duplicate=False), "ignored") == (taken, trace.outcome)
    assert [] == parts.engine.calls


def test_another_body_under_the_same_id(parts: Parts) -> None:
    first, _ = arrive(parts)
    taken, trace = arrive(parts, content={"n": 2})
    assert (first.instance_id, True, True) == (taken.instance_id, taken.duplicate, trace.changed)
    assert '{"n": 1}' == parts.row(str(first.instance_id)).input
    with pytest.raises(Duplicate, match="with another body"):
        arrive(parts, replace(SOURCE, changed="reject"), content={"n": 2})
    arrive(parts, replace(SOURCE, changed="reject"))


def test_reject_names_the_instance(parts: Parts) -> None:
    first, _ = arrive(parts)
    with pytest.raises(Duplicate, match=str(first.instance_id)):
        arrive(parts, replace(SOURCE, duplicates="reject"))


def test_restart_begins_anew_with_the_new_body(parts: Parts) -> None:
    source = replace(SOURCE, duplicates="restart")
    first, _ = arrive(parts, source)
    again, _ = arrive(parts, source, content={"n": 2})
    assert (first.instance_id, "running", True) == (again.instance_id, again.status, again.duplicate)
    row = parts.row(str(first.instance_id))
    assert (2, '{"n": 2}') == (row.attempt, row.input)
    assert [first.instance_id, f"{first.instance_id}.2"] == parts.engine.starts
    assert "terminated" == parts.engine.executions[str(first.instance_id)].status


def test_an_engine_that_is_away_leaves_it_queued(parts: Parts) -> None:
    parts.engine.failing.add("start")
    taken, _ = arrive(parts)
    assert ("queued", False) == (taken.status, taken.duplicate)
    assert "queued" == parts.row(str(taken.instance_id)).status


def test_what_the_engine_cannot_take_is_kept_as_a_payload(parts: Parts) -> None:
    parts.engine.max_input = 20
    taken, _ = arrive(parts, content={"n": 1, "note": "x" * 20})
    row = parts.row(str(taken.instance_id))
    assert payload.key_of(row.input) is not None
    assert {"n": 1, "note": "x" * 20} == json.loads(payload.load(row.input, parts.services.payloads))


@pytest.mark.parametrize(
    ("workflow", "content", "error"),
    [("draft", {"n": 1}, NotActive), ("strict", {"n": "one"}, InputInvalid)],
)
def test_what_is_refused_leaves_nothing(parts: Parts, workflow: str, content: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        arrive(parts, replace(SOURCE, workflow=workflow), content=content)
    assert [] == parts.engine.calls
    assert [] == parts.ledger.due(NOW + 1_000_000, 10, ended=False)


def test_a_limit_of_the_source(parts: Parts) -> None:
    source = replace(SOURCE, starts_per_minute=2)
    for number in range(2):
        arrive(parts, source, id=f"evt_{number}")
    with pytest.raises(RateLimited):
        arrive(parts, source, id="evt_2")
    assert 2 == len(parts.engine.starts)
