"""The event in a token: its claims, and nothing that stands beside it."""

from __future__ import annotations

import pytest

from verihook.errors import EventMalformed
from verihook.request import Request
from verihook.senders import changed_sender, load_sender, read_sender, sender_table
from verihook.senders.body import parse_as
from verihook.senders.event import event_id, event_type
from verihook.senders.schemes.encoding import base64url_text
from verihook.senders.token_body import parse_token

CLAIMS = '{"notificationUUID":"u","notificationType":"REFUND","name":"Zo\\u00eb \\ud83d"}'
TOKEN = f"e30.{base64url_text(CLAIMS.encode())}.AA"


def request(body: str) -> Request:
    return Request("POST", "/", "", (("content-type", "application/json"),), body.encode(), "")


def test_the_claims_are_the_event_as_they_are_written() -> None:
    sender = load_sender("apple-app-store")
    delivery = request(f'{{"signedPayload":"{TOKEN}","notificationUUID":"forged","notificationType":"forged"}}')
    body = parse_as(sender.places, delivery)
    assert CLAIMS == body.text
    assert "u" == event_id(sender.places, delivery, body)
    assert "REFUND" == event_type(sender.places, delivery, body)


def test_the_whole_body_may_be_the_token() -> None:
    assert CLAIMS == parse_token(request(TOKEN), ".").text


@pytest.mark.parametrize("body", ["", "{}", "e30", "e30.!.AA", '{"signedPayload":1}', '{"signedPayload":"a"}'])
def test_what_has_no_token_is_malformed(body: str) -> None:
    # A message of a queue is not verified.
    with pytest.raises(EventMalformed):
        parse_token(request(body), "signedPayload")


@pytest.mark.parametrize("claims", [b"\xff", b"x", b'{"a":1e999}'])
def test_claims_that_are_no_json_are_malformed(claims: bytes) -> None:
    with pytest.raises(EventMalformed):
        parse_token(request(f"e30.{base64url_text(claims)}.AA"), ".")


@pytest.mark.parametrize("event", [{"body": "form"}, {"form_field": "payload"}, {"envelope": "cloudevents"}])
def test_a_sender_cannot_read_what_is_not_signed(event: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"^event\.body: leave it out"):
        read_sender("wix", {**sender_table("wix"), "event": event})
    with pytest.raises(ValueError, match=r"^event\.body: leave it out"):
        changed_sender("wix", {"event": event})
