"""What senders send first, when a webhook is saved, and what they send again; over HTTP and as a Lambda event."""

from __future__ import annotations

import base64
import json
import time
from urllib.parse import quote

import pytest

from tests.flows.faces import Face
from tests.flows.handshakes.senders import SECRET, is_text, mac, post
from tests.flows.signing import JSON, github, new_id

FORM = ("Content-Type", "application/x-www-form-urlencoded")


def test_intercom_asks_with_head(face: Face) -> None:
    assert 200 == face.send("HEAD", "/hooks/intercom", []).status
    assert 405 == face.send("GET", "/hooks/intercom", []).status


def test_woocommerce_pings_with_an_unsigned_form(face: Face) -> None:
    """WC_Webhook::deliver_ping posts webhook_id=ID, and takes no other answer than 200."""
    answer = post(face, "woocommerce", b"webhook_id=42", [FORM])
    assert (200, b"") == (answer.status, answer.body)
    wrong = base64.b64encode(mac(b"another")).decode()
    for body, headers in (
        (b"webhook_id=", [FORM]),
        (b"webhook_id=42&status=paid", [FORM]),
        (b"webhook_id=" + b"1" * 20, [FORM]),
        (b'{"id": 42}', [JSON]),
        (b"webhook_id=42", [FORM, ("X-WC-Webhook-Signature", wrong)]),
    ):
        assert 401 == post(face, "woocommerce", body, headers).status, body
    assert 401 == post(face, "hub", b"webhook_id=42", [FORM]).status


def test_githubs_ping_starts_nothing(face: Face) -> None:
    """https://docs.github.com/en/webhooks/webhook-events-and-payloads#ping"""
    body = json.dumps({"zen": "Design for failure.", "hook_id": 7}).encode()
    answer = post(face, "hub", body, github(body, new_id(), "ping", SECRET))
    assert (200, {"ignored": "ping"}) == (answer.status, answer.json)


@pytest.mark.usefixtures("starts")
def test_a_source_may_want_the_ping(face: Face) -> None:
    body = json.dumps({"zen": new_id()}).encode()
    for source, event in (("pinged", "ping"), ("hub", "push")):
        answer = post(face, source, body, github(body, new_id(), event, SECRET))
        assert (200, False) == (answer.status, answer.json["duplicate"]), source


@pytest.mark.usefixtures("starts")
def test_a_retry_of_linear_has_the_first_time(face: Face) -> None:
    """The third comes 7 hours later: https://linear.app/developers/webhooks and github.com/vercel/eve/issues/1570."""
    delivery = new_id()
    for age_s, expected in ((7 * 3600 + 60, 200), (9 * 3600, 401)):
        body = json.dumps({"action": "create", "webhookTimestamp": (int(time.time()) - age_s) * 1000}).encode()
        headers = [
            JSON,
            ("Linear-Signature", mac(body).hex()),
            ("Linear-Delivery", delivery),
            ("Linear-Event", "Issue"),
        ]
        assert expected == post(face, "linear", body, headers).status


def test_microsoft_graph_wants_its_validation_token(face: Face) -> None:
    """https://learn.microsoft.com/en-us/graph/change-notifications-delivery-webhooks"""
    text = "Validation: Testing client application reachability for subscription Request-Id: 9b6c2d-1"
    answer = face.send("POST", f"/hooks/microsoft-graph?validationToken={quote(text)}", [])
    assert is_text(answer, text.encode())
    page = face.send("POST", f"/hooks/microsoft-graph?validationToken={quote('<script>')}", [])
    assert (400, "event-malformed") == (page.status, page.json["code"])
    assert 405 == face.send("GET", "/hooks/microsoft-graph?validationToken=x", []).status


def test_figmas_ping_starts_nothing(face: Face) -> None:
    """https://developers.figma.com/docs/rest-api/webhooks-security"""
    answer = post(face, "figma", json.dumps({"event_type": "PING", "passcode": SECRET}).encode(), [JSON])
    assert (200, {"ignored": "PING"}) == (answer.status, answer.json)
    forged = post(face, "figma", json.dumps({"event_type": "FILE_UPDATE", "passcode": "x"}).encode(), [JSON])
    assert 401 == forged.status


@pytest.mark.usefixtures("starts")
def test_each_notification_of_microsoft_graph_has_the_state(face: Face) -> None:
    for states, expected in (([SECRET, SECRET], 200), ([SECRET, "another"], 401), ([SECRET, None], 401), ([], 401)):
        body = json.dumps({"value": [{"id": new_id(), "clientState": state} for state in states]}).encode()
        assert expected == post(face, "microsoft-graph", body, [JSON]).status, states
