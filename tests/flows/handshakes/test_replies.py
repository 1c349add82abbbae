"""How senders are answered, over HTTP and as a Lambda event. The expectations are those of the senders' own pages."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import pytest

from tests.flows.faces import Answer, Face, Headers
from tests.flows.handshakes import senders
from tests.flows.handshakes.senders import SECRET, SPELLED_URL, mac, post
from tests.flows.signing import JSON, new_id, order

pytestmark = pytest.mark.usefixtures("starts")


def is_empty(answer: Answer, status: int) -> bool:
    return (status, b"") == (answer.status, answer.body) and "content-type" not in answer.headers


def slack(body: bytes) -> Headers:
    stamp = str(int(time.time()))
    signature = mac(f"v0:{stamp}:".encode() + body).hex()
    return [JSON, ("X-Slack-Request-Timestamp", stamp), ("X-Slack-Signature", f"v0={signature}")]


def generic(body: bytes) -> Headers:
    return [JSON, ("X-Signature", mac(body).hex())]


def mailgun(**event: object) -> bytes:
    stamp, token = str(int(time.time())), new_id()
    signature = {"timestamp": stamp, "token": token, "signature": mac(f"{stamp}{token}".encode()).hex()}
    return json.dumps({"signature": signature, "event-data": event}).encode()


def test_200_with_an_instance_unless_a_sender_says_else(face: Face) -> None:
    """Zoom retries unless the answer is 200 or 204.

    https://developers.zoom.us/docs/api/webhooks/#notification-retries
    """
    body = json.dumps({"event": "meeting.started", "id": new_id()}).encode()
    answer = post(face, "zoom", body, senders.zoom(body))
    assert (200, False) == (answer.status, answer.json["duplicate"])
    assert answer.headers["location"].endswith(f"?instanceId={answer.json['instanceId']}")


def test_slack_reads_a_body_as_an_instruction(face: Face) -> None:
    """https://docs.slack.dev/surfaces/modals#handling-submissions"""
    body = json.dumps({"event_id": new_id(), "type": "event_callback", "event": {"type": "app_mention"}}).encode()
    for _ in range(2):
        answer = post(face, "modals", body, slack(body))
        assert is_empty(answer, 200)
        assert "instanceId=" in answer.headers["location"]
    assert is_empty(post(face, "modals", body, slack(body + b" ")), 401)


def test_discord_wants_204(face: Face) -> None:
    """https://docs.discord.com/developers/events/webhook-events#responding-to-events"""
    body = json.dumps({"type": 1, "event": {"type": "APPLICATION_AUTHORIZED"}, "n": new_id()}).encode()
    answer = post(face, "discord-events", body, senders.discord(body))
    assert is_empty(answer, 204)
    assert "instanceId=" in answer.headers["location"]


def test_mailgun_stops_at_406_alone(face: Face) -> None:
    """https://documentation.mailgun.com/docs/mailgun/user-manual/events/webhooks"""
    good = mailgun(event="opened")
    assert 200 == post(face, "mailgun", good, [JSON]).status
    malformed = post(face, "mailgun", mailgun(event=["opened"]), [JSON])
    assert (406, 406, "event-malformed") == (malformed.status, malformed.json["status"], malformed.json["code"])
    forged = post(face, "mailgun", good.replace(b'"token": "', b'"token": "x'), [JSON])
    assert (401, 401) == (forged.status, forged.json["status"])


def test_what_a_source_asks_for(face: Face) -> None:
    body = order()
    first, again = (post(face, "asked", body, generic(body)) for _ in range(2))
    assert ((202, False), (409, "duplicate")) == (
        (first.status, first.json["duplicate"]),
        (again.status, again.json["code"]),
    )


def test_a_text_as_the_body_and_another_status_for_a_forgery(face: Face) -> None:
    body = order()
    answer = post(face, "told", body, generic(body))
    assert (200, b"[accepted]", "text/plain; charset=utf-8") == (
        answer.status,
        answer.body,
        answer.headers["content-type"],
    )
    assert "instanceId=" in answer.headers["location"]
    forged = post(face, "told", body, generic(body + b" "))
    assert (498, 498, "signature") == (forged.status, forged.json["status"], forged.json["code"])


def test_a_signed_url_may_come_in_another_writing(face: Face) -> None:
    """Twilio signs its URL as it was registered; a proxy may write the same parameters in another way."""
    body = f"CallSid={new_id()}".encode()
    message = f"{SPELLED_URL}CallSid{body[8:].decode()}".encode()
    signature = base64.b64encode(hmac.new(SECRET.encode(), message, hashlib.sha1).digest()).decode()
    headers = [("Content-Type", "application/x-www-form-urlencoded"), ("X-Twilio-Signature", signature)]
    for query, status in (
        ("n=a%20b&at=12:30&flag&a=2&b=1&a=3", 200),
        ("n=a+b&at=12%3A30&flag=&a=2&a=3&b=1", 200),
        ("n=a+b&at=12%3A30&flag=&a=3&a=2&b=1", 401),
        ("n=a+b&at=12%3A31&flag=&a=2&a=3&b=1", 401),
    ):
        assert status == face.send("POST", f"/hooks/calls?{query}", headers, body).status, query
