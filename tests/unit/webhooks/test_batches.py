"""Senders that put several events into one delivery: the places that their files name, with what ids and types.

The bodies have the form that the page in the sender's file shows.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verihook.config import load_hooks
from verihook.model.source import Source
from verihook.records import replace
from verihook.request import Request
from verihook.senders import load_sender, sender_ids
from verihook.senders.event import Body, EventPlaces, event_action, event_id, event_type
from verihook.senders.event_table import read_places
from verihook.webhooks.batches import events_in
from verihook.webhooks.identity import id_of_batch, ids_of_event

REQUEST = Request("POST", "/hooks/s", "", (), b"", "r")

_ADYEN = {"pspReference": "7914", "eventCode": "AUTHORISATION", "success": "true"}
_HUBSPOT = {"eventId": 100, "subscriptionId": 1234, "occurredAt": 1711234567890, "attemptNumber": 0}
_XERO = {"resourceId": "717f", "eventCategory": "INVOICE", "eventType": "UPDATE", "eventDateUtc": "2026-02-01T01:15:39"}

#: Sender -> a body, and id, type and action of each of its events.
BATCHES: dict[str, tuple[Any, list[tuple[str | None, str | None, str | None]]]] = {
    "adyen": (
        {"live": "false", "notificationItems": [{"NotificationRequestItem": _ADYEN}]},
        [("7914:AUTHORISATION:true", "AUTHORISATION", None)],
    ),
    "asana": (
        {"events": [{"action": "changed", "resource": {"gid": "1", "resource_type": "task"}}]},
        [(None, "task", "changed")],
    ),
    "gocardless": (
        {"events": [{"id": "EV00BD05S5VM2T", "resource_type": "subscriptions", "action": "created"}]},
        [("EV00BD05S5VM2T", "subscriptions", "created")],
    ),
    "xero": (
        {"events": [_XERO], "firstEventSequence": 1, "lastEventSequence": 1},
        [("717f:UPDATE:2026-02-01T01:15:39", "INVOICE", "UPDATE")],
    ),
    "auth0-log-stream": (
        [{"log_id": "9002", "data": {"type": "s"}}, {"log_id": "9003", "data": {"type": "f"}}],
        [("9002", "s", None), ("9003", "f", None)],
    ),
    "azure-event-grid": ([{"id": "grid-1", "eventType": "Blob.Created"}], [("grid-1", "Blob.Created", None)]),
    "pandadoc": ([{"event": "document_state_changed", "data": {}}], [(None, "document_state_changed", None)]),
    "sendgrid": ([{"sg_event_id": "sg-1", "event": "open"}], [("sg-1", "open", None)]),
    "tailscale": ([{"type": "nodeCreated", "version": 1}], [(None, "nodeCreated", None)]),
    "klaviyo": ({"data": [{"external_id": "x-1", "topic": "event:opened"}]}, [("x-1", "event:opened", None)]),
    "mandrill": ([{"_id": "m-1", "event": "send", "ts": 7}], [("m-1:send:7", "send", None)]),
    "meta": (
        {
            "object": "page",
            "entry": [
                {"id": "0", "time": 1, "changes": [{"field": "feed"}, {"field": "ratings"}]},
                {"id": "0", "time": 1, "messaging": [{"message": {"mid": "m_1"}}, {"postback": {"mid": "m_2"}}]},
                {"id": "0", "time": 1, "standby": [{"read": {"watermark": 1}}]},
                {"id": "0", "time": 1, "changed_fields": ["feed"]},
            ],
        },
        [
            (None, "feed", None),
            (None, "ratings", None),
            ("m_1", None, None),
            ("m_2", None, None),
            *[(None, None, None)] * 2,
        ],
    ),
    "line": (
        {"destination": "U0", "events": [{"webhookEventId": "01A", "type": "message"}]},
        [("01A", "message", None)],
    ),
    **{
        f"hubspot-{version}": (
            [_HUBSPOT | {"subscriptionType": "contact.creation"}],
            [("100:1234:1711234567890", "contact.creation", None)],
        )
        for version in ("v1", "v2", "v3")
    },
}


#: Those whose deliveries have an id that is made of those of their events.
MADE_OF_THEIRS = {
    "line": "01A",
    "klaviyo": "x-1",
    **{f"hubspot-{version}": "100:1234:1711234567890" for version in ("v1", "v2", "v3")},
}


@pytest.mark.parametrize("name", BATCHES)
def test_where_the_events_are(name: str) -> None:
    each = load_sender(name).places.each
    assert each is not None
    content, expected = BATCHES[name]
    places = EventPlaces(each.id, each.type, each.action)
    found = []
    for event in events_in(each, content):
        body = Body("", event)
        found.append(
            (event_id(places, REQUEST, body), event_type(places, REQUEST, body), event_action(places, REQUEST, event))
        )
    assert expected == found


def test_every_sender_that_has_them_is_tested() -> None:
    assert set(BATCHES) == {name for name in sender_ids() if load_sender(name).places.each is not None}


@pytest.mark.parametrize("name", BATCHES)
@pytest.mark.parametrize("asked", [True, False])
def test_a_source_splits_only_if_it_says_so(name: str, asked: bool, tmp_path: Path) -> None:
    """So that an upgrade changes no input; what is read of a whole delivery is as it was."""
    path = tmp_path / "hooks.toml"
    path.write_text(
        f'[sources.s]\nsender = "{name}"\nsecrets = ["env:S"]\nworkflow = "w"\n'
        + ("each = true\n" if asked else "")
        + '[workflows.w]\nengine = "function"\ndefinition = "w"\n'
    )
    places = load_hooks(path).sources["s"].sender.places
    assert asked == (places.each is not None)
    content, _ = BATCHES[name]
    body = Body(json.dumps(content), content)
    assert MADE_OF_THEIRS.get(name) == event_id(places, REQUEST, body)
    assert {"meta": "page"}.get(name) == event_type(places, REQUEST, body)


def test_an_id_may_be_made_of_what_is_around_the_event() -> None:
    places = read_places({"each": {"path": "entry[].changes", "id": {"json": ["id", "time", "changes.field"]}}}).each
    assert places is not None
    content = {"entry": [{"id": "0", "time": 1, "changes": [{"field": "feed"}]}]}
    (event,) = events_in(places, content)
    assert "0:1:feed" == event_id(EventPlaces(places.id), REQUEST, Body("", event))


def test_a_delivery_is_found_by_its_own_id_too() -> None:
    source = Source("s", load_sender("gocardless"), (), "w")
    assert [id_of_batch(source, "id d", b"k")] == ids_of_event(source, "d", b"k")[1:]
    whole = replace(source, sender=replace(source.sender, places=EventPlaces()))
    assert 1 == len(ids_of_event(whole, "d", b"k"))
