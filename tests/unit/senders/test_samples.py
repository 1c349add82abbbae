"""The samples: one a sender that is shipped, which its sender takes as a new event each time."""

from __future__ import annotations

import json

import pytest

from verihook.request import Request
from verihook.senders import load_sender, sender_ids
from verihook.senders.body import parse_as
from verihook.senders.event import EventPlaces, event_id, event_type
from verihook.senders.evidence import GRADES, is_unchecked
from verihook.senders.samples import SAMPLES, fresh, sample_of, sample_type
from verihook.webhooks.signed_delivery import content_type_of


def test_every_sample_is_of_a_sender() -> None:
    assert sender_ids() == sorted(path.stem for path in SAMPLES.iterdir())


def test_a_sender_without_a_sample_has_that_of_generic() -> None:
    assert sample_of("generic") == sample_of("sources.mine")
    assert "ping" == sample_type("sources.mine")


#: Their ids are put in when a sample is signed, or come in a form.
ID_ELSEWHERE = (
    *("aws-sns", "cloudevents", "azure-event-grid-cloudevents", "kinde", "apple-app-store", "wix"),
    "dropbox-sign",
)


@pytest.mark.parametrize("sender", [sender for sender in sender_ids() if sender not in ID_ELSEWHERE])
def test_a_fresh_sample_is_another_event(sender: str) -> None:
    places, sample = load_sender(sender).places, sample_of(sender)
    ids = []
    for name in ("one", "two"):
        body = fresh(sample, places, name)
        request = Request("POST", "/", "", (("content-type", content_type_of(body)),), body, "")
        parsed = parse_as(places, request)
        if places.each is not None:
            events = places.each.events(parsed.content, 100)
            assert events
            first = events[0]
            places_of_one = EventPlaces(places.each.id, places.each.type)
            parsed.content, parsed.text = first, json.dumps(first)
        else:
            places_of_one = EventPlaces(places.id, places.type)
        if not any(place.header for place in (places_of_one.type, places_of_one.id) if place):
            assert event_type(places_of_one, request, parsed) or places_of_one.type is None
            ids.append(event_id(places_of_one, request, parsed))
    assert len({*ids}) == len(ids) or ids == [None, None] or sender == "mandrill"


def test_a_number_stays_a_number() -> None:
    places = load_sender("telegram").places
    ids = {json.loads(fresh(sample_of("telegram"), places, name))["update_id"] for name in ("one", "two")}
    assert 2 == len(ids)
    assert all(isinstance(each, int) for each in ids)


def test_an_encrypted_text_is_another_one() -> None:
    places = load_sender("lark-encrypted").places
    texts = {json.loads(fresh(sample_of("lark-encrypted"), places, name))["encrypt"] for name in ("one", "two", "two")}
    assert [44, 44] == [len(text) for text in texts]


def test_grades() -> None:
    assert "unchecked" == GRADES[0]
    assert is_unchecked("connectwise")
    assert not is_unchecked("github")
    assert not is_unchecked("sources.mine")
