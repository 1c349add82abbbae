"""The id of a delivery that is made of those of its events."""

from __future__ import annotations

from typing import Any

import pytest

from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.event import Body, event_id
from verihook.senders.event_table import read_places
from verihook.senders.samples import fresh

REQUEST = Request("POST", "/hooks/any", "", (), b"", "")
LINE = load_sender("line").places


def known_as(content: Any) -> str | None:
    return event_id(LINE, REQUEST, Body("", content))


def events(*ids: object, again: bool = False) -> dict[str, Any]:
    return {"events": [{"webhookEventId": id, "deliveryContext": {"isRedelivery": again}} for id in ids]}


def test_the_same_events_are_one_delivery_whatever_else_is_said() -> None:
    assert "A" == known_as(events("A")) == known_as(events("A", again=True))
    assert known_as(events("A", "B")) == known_as(events("A", "B", again=True)) is not None


def test_other_events_are_another_delivery() -> None:
    """Also if the first is the same one: the second would be lost."""
    made = [known_as(events(*ids)) for ids in (["A"], ["A", "B"], ["A", "C"], ["B", "A"], ["AB"], ["A,B"])]
    assert len(made) == len(set(made))


@pytest.mark.parametrize("content", [{}, [], None, {"events": []}, {"events": [1]}, events("A", None), events([1])])
def test_without_an_id_of_each_event_there_is_none(content: Any) -> None:
    assert known_as(content) is None


def test_it_is_made_of_several_members_as_the_event_is() -> None:
    places = load_sender("hubspot-v3").places
    event = {"eventId": 1, "subscriptionId": 2, "occurredAt": 3, "attemptNumber": 0}
    made = [event_id(places, REQUEST, Body("", [event | {"attemptNumber": attempt}])) for attempt in (0, 1)]
    assert ["1:2:3", "1:2:3"] == made


def test_a_sample_has_other_events_each_time() -> None:
    sample = b'{"events":[{"webhookEventId":"A"},{"webhookEventId":"B"}]}'
    assert b'"evt_1"' in fresh(sample, LINE, "evt_1")


@pytest.mark.parametrize(
    "table", [{"id": "each"}, {"id": "each", "each": "events"}, {"id": "each", "each": {"path": "a"}}]
)
def test_what_has_no_id_of_its_events_says_so(table: Any) -> None:
    with pytest.raises(ValueError, match=r"^id: .*write each with a path and an id"):
        read_places(table)


def test_the_place_says_what_it_is() -> None:
    assert "of its events: webhookEventId" == str(LINE.id)
