"""Senders that prove our URL by a request without a signature: over HTTP and by Lambda events. It starts nothing."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest

from tests.flows.conftest import AwsFace
from tests.flows.faces import Answer, Face
from tests.flows.handshakes.senders import SECRET, VERIFY_TOKEN, get, is_text, mac, post, x_twitter
from tests.flows.signing import JSON

CRC_TOKEN = "9b4507b3-9040-4669-9ca3-6b94edb50553"


class TestMeta:
    """GET with hub.mode, hub.verify_token, hub.challenge."""

    def test_the_verify_token(self, face: Face) -> None:
        query = f"hub.mode=subscribe&hub.verify_token={quote(VERIFY_TOKEN)}&hub.challenge=1158201444"
        assert is_text(get(face, "meta", query), b"1158201444")

    @pytest.mark.parametrize("token", ["", "wrong", "the%20verify%20token%00"])
    def test_another_token(self, face: Face, token: str) -> None:
        answer = get(face, "meta", f"hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1158201444")
        assert (401, "signature") == (answer.status, answer.json["code"])
        assert b"1158201444" not in answer.body

    def test_a_refusal_is_counted_at_its_source(self, face: Face, capsys: pytest.CaptureFixture[str]) -> None:
        get(face, "meta", "hub.mode=subscribe&hub.verify_token=x&hub.challenge=1")
        if isinstance(face, AwsFace):
            told = json.loads(capsys.readouterr().out.splitlines()[-1])
            assert ("meta", "verify-token-mismatch") == (told["source"], told["reason"])

    def test_a_page_is_not_repeated(self, face: Face) -> None:
        token = quote(VERIFY_TOKEN)
        page = quote("<script>alert(1)</script>")
        answer = get(face, "meta", f"hub.mode=subscribe&hub.verify_token={token}&hub.challenge={page}")
        assert 400 == answer.status
        assert b"<script" not in answer.body


def test_dropbox(face: Face) -> None:
    assert is_text(get(face, "dropbox", "challenge=abc123"), b"abc123")


def test_okta(face: Face) -> None:
    answer = get(face, "okta", headers=[("X-Okta-Verification-Challenge", "d2hhdCBpdCBpcw")])
    assert (200, {"verification": "d2hhdCBpdCBpcw"}) == (answer.status, answer.json)
    assert "nosniff" == answer.headers["x-content-type-options"]


def test_trello(face: Face) -> None:
    answer = face.send("HEAD", "/hooks/trello", [])
    assert (200, b"") == (answer.status, answer.body)


def test_monday(face: Face) -> None:
    answer = post(face, "monday", b'{"challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd"}', [JSON])
    assert (200, {"challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd"}) == (answer.status, answer.json)


def test_strava(face: Face) -> None:
    query = f"hub.mode=subscribe&hub.verify_token={quote(VERIFY_TOKEN)}&hub.challenge=15f7d1a91c1f40f8"
    answer = get(face, "strava", f"token={quote(SECRET)}&{query}")
    assert (200, {"hub.challenge": "15f7d1a91c1f40f8"}) == (answer.status, answer.json)


class TestEventGrid:
    """The validation of a subscription, in either schema."""

    def test_options_with_an_origin(self, face: Face) -> None:
        headers = [("WebHook-Request-Origin", "eventgrid.azure.net"), ("WebHook-Request-Rate", "120")]
        answer = face.send("OPTIONS", f"/hooks/azure-event-grid-cloudevents?token={quote(SECRET)}", headers)
        assert (200, b"", "eventgrid.azure.net") == (
            answer.status,
            answer.body,
            answer.headers["webhook-allowed-origin"],
        )
        headers = [("WebHook-Request-Origin", "evil.example")]
        assert 403 == face.send("OPTIONS", "/hooks/azure-event-grid-cloudevents", headers).status
        assert 405 == face.send("OPTIONS", "/hooks/azure-event-grid-cloudevents", []).status
        assert 405 == face.send("OPTIONS", "/hooks/azure-event-grid", headers).status

    def test_a_validation_code(self, face: Face) -> None:
        body = json.dumps([{"id": "1", "eventType": "e", "data": {"validationCode": "512d38b6-c7b8"}}]).encode()
        headers = [JSON, ("aeg-event-type", "SubscriptionValidation")]
        for token, status in ((SECRET, 200), ("another", 401)):
            answer = face.send("POST", f"/hooks/azure-event-grid?token={quote(token)}", headers, body)
            assert status == answer.status
            assert ("512d38b6-c7b8" == answer.json.get("validationResponse")) == (status == 200)


class TestX:
    """GET with crc_token."""

    def test_a_token(self, face: Face) -> None:
        answer = get(face, "x-twitter", f"crc_token={CRC_TOKEN}&nonce=x")
        expected = "sha256=" + base64.b64encode(mac(CRC_TOKEN.encode())).decode()
        assert (200, {"response_token": expected}) == (answer.status, answer.json)

    @pytest.mark.parametrize(
        "forged", [b'{"for_user_id":"1","direct_message_events":[]}', b"12345", b"true", b"orderId=", b"orderId=x"]
    )
    @pytest.mark.parametrize("media_type", ["application/json", "application/x-www-form-urlencoded"])
    def test_it_is_no_signing_oracle(self, face: Face, forged: bytes, media_type: str) -> None:
        """Ask for the MAC of a forged delivery, then send the delivery with whatever came back."""
        answer = get(face, "x-twitter", "crc_token=" + quote(forged))
        signature = answer.json.get("response_token", "sha256=") if answer.status == 200 else "sha256=AAAA"
        headers = [("Content-Type", media_type), ("x-twitter-webhooks-signature", signature)]
        assert 401 == post(face, "x-twitter", forged, headers).status

    @pytest.mark.usefixtures("starts")
    def test_a_delivery(self, face: Face) -> None:
        body = b'{"for_user_id":"1","tweet_create_events":[]}'
        assert 200 == post(face, "x-twitter", body, x_twitter(body)).status


ASKS: dict[str, Callable[[Face, str], Answer]] = {
    "crc": lambda face, source: get(face, source, f"crc_token={CRC_TOKEN}"),
    "challenge": lambda face, source: get(face, source, "challenge=abc123"),
    "hub": lambda face, source: get(face, source, "hub.mode=subscribe&hub.verify_token=x&hub.challenge=1"),
    "okta": lambda face, source: get(face, source, headers=[("X-Okta-Verification-Challenge", "x")]),
    "head": lambda face, source: face.send("HEAD", f"/hooks/{source}", []),
    "get": get,
}


@pytest.mark.parametrize("ask", ASKS)
@pytest.mark.parametrize("source", ["orders", "slack", "zoom", "asana"])
def test_a_source_without_such_a_handshake_takes_post_alone(face: Face, source: str, ask: str) -> None:
    answer = ASKS[ask](face, source)
    assert 405 == answer.status
    assert "GET, POST" == answer.headers["allow"]


def test_a_handshake_of_an_unknown_source(face: Face) -> None:
    assert 404 == face.send("HEAD", "/hooks/nowhere", []).status
    assert 404 == get(face, "nowhere", "challenge=abc123").status
