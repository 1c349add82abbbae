"""When the instance of an event starts, by a member of the event."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contracts.instances import NOW
from tests.unit.parts import Parts, parts
from verihook.errors import InputInvalid
from verihook.instances.reconcile import reconcile
from verihook.model.delivery import EventFacts
from verihook.model.expression import Expression
from verihook.model.ports import Trace
from verihook.model.source import Source
from verihook.records import replace
from verihook.request import Request
from verihook.senders import load_sender
from verihook.webhooks.intake import IntakeResult, ProvenEvent, start_for_event
from verihook.webhooks.start_time import start_time

__all__ = ["parts"]

SOURCE = Source("later", load_sender("generic"), (), "w", delay=Expression("delay", "wait"))
AT = replace(SOURCE, delay=None, start_at=Expression("start_at", "at"))
YEAR_S = 366 * 86_400


@pytest.mark.parametrize(
    ("source", "content", "expected"),
    [
        (replace(SOURCE, delay=None), {"wait": 5}, None),
        (SOURCE, {}, None),
        (SOURCE, {"wait": 0}, None),
        (SOURCE, {"wait": -5}, None),
        (SOURCE, {"wait": 1.5}, NOW + 1500),
        (SOURCE, {"wait": "15m"}, NOW + 900_000),
        (SOURCE, {"wait": YEAR_S}, NOW + YEAR_S * 1000),
        (AT, {"at": None}, None),
        (AT, {"at": NOW // 1000 - 1}, None),
        (AT, {"at": NOW // 1000 + 60}, NOW // 1000 * 1000 + 60_000),
        (AT, {"at": "2001-01-01T00:00:00Z"}, None),
    ],
)
def test_a_time(source: Source, content: Any, expected: int | None) -> None:
    assert expected == start_time(source, content, EventFacts(), NOW)


def test_a_time_with_an_offset() -> None:
    assert 3_600_000 == start_time(AT, {"at": "1970-01-01T02:00:00+01:00"}, EventFacts(), 0)


@pytest.mark.parametrize(
    "found", [True, [], {}, "soon", "", "1y", YEAR_S + 1, "2026-03-01T12:00:00", 10**400, "9" * 400]
)
@pytest.mark.parametrize("source", [SOURCE, AT])
def test_what_is_no_time(source: Source, found: Any) -> None:
    content = {"wait": found, "at": NOW // 1000 + found if found == YEAR_S + 1 else found}
    with pytest.raises(InputInvalid) as refused:
        start_time(source, content, EventFacts(), NOW)
    assert ("delay: " if source is SOURCE else "start_at: ") in str(refused.value.violations[0]["message"])


def arrive(parts: Parts, content: Any, source: Source = SOURCE) -> IntakeResult:
    trace = Trace("r", parts.clock.now_ms(), source.name)
    text = json.dumps(content)
    event = ProvenEvent(content, text, "e", None, Request("POST", "/", "", (), text.encode(), "r"))
    return start_for_event(source, event, parts.services, trace)


def test_it_is_started_at_its_time_and_a_redelivery_does_not_move_it(parts: Parts) -> None:
    taken = arrive(parts, {"wait": 3600})
    assert taken.instance_id
    assert ("queued", []) == (taken.status, parts.engine.starts)
    row = parts.row(taken.instance_id)
    assert (NOW + 3_600_000, NOW + 3_600_000) == (row.start_at, row.due_at)
    parts.clock.at += 3_599_999
    again = arrive(parts, {"wait": 3600})
    assert (True, "queued", row.start_at) == (again.duplicate, again.status, parts.row(taken.instance_id).start_at)
    reconcile(parts.services)
    assert [] == parts.engine.starts
    parts.clock.at += 1
    reconcile(parts.services)
    assert [taken.instance_id] == parts.engine.starts
    assert {taken.instance_id: '{"wait": 3600}'} == parts.engine.inputs


def test_an_event_whose_time_is_over_starts_at_once(parts: Parts) -> None:
    taken = arrive(parts, {"at": 1}, AT)
    assert ("running", [taken.instance_id]) == (taken.status, parts.engine.starts)
