"""Senders that prove our URL by a delivery that they sign, or that brings the secret, over HTTP and by Lambda."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.flows.faces import Face, Headers
from tests.flows.handshakes import senders
from tests.flows.handshakes.senders import is_text, mac, post
from tests.flows.signing import JSON

HOOK_SECRET = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81"


class TestZoom:
    """endpoint.url_validation."""

    def body(self, token: str) -> bytes:
        return json.dumps({"event": "endpoint.url_validation", "payload": {"plainToken": token}}).encode()

    def test_a_token(self, face: Face) -> None:
        body = self.body("qgg8vlvZRS6UYooatFL8Aw")
        answer = post(face, "zoom", body, senders.zoom(body))
        expected = {"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": mac(b"qgg8vlvZRS6UYooatFL8Aw").hex()}
        assert (200, expected) == (answer.status, answer.json)

    def test_it_is_no_signing_oracle(self, face: Face) -> None:
        """plainToken = v0:TIMESTAMP:BODY: a stranger gets no answer, and nor does Zoom itself."""
        headers = senders.zoom(b'{"event":"meeting.ended"}')
        stamp, wanted = headers[1][1], headers[2][1].removeprefix("v0=")
        body = self.body(f'v0:{stamp}:{{"event":"meeting.ended"}}')
        strangers: list[Headers] = [[JSON], headers, senders.zoom(body, "a guess")]
        for signed in (*strangers, senders.zoom(body)):
            answer = post(face, "zoom", body, signed)
            assert (400 if signed not in strangers else 401) == answer.status
            assert wanted.encode() not in answer.body

    def test_unsigned_it_is_not_answered(self, face: Face) -> None:
        body = self.body("qgg8vlvZRS6UYooatFL8Aw")
        answer = post(face, "zoom", body, [JSON])
        assert 401 == answer.status
        assert mac(b"qgg8vlvZRS6UYooatFL8Aw").hex().encode() not in answer.body


class TestTwitch:
    """webhook_callback_verification, revocation."""

    def test_a_challenge(self, face: Face) -> None:
        body = b'{"challenge":"pogchamp-kappa-360noscope-vohiyo","subscription":{}}'
        kind = "webhook_callback_verification"
        answer = post(face, "twitch", body, senders.twitch(body, kind))
        assert is_text(answer, b"pogchamp-kappa-360noscope-vohiyo")
        assert 401 == post(face, "twitch", body, senders.twitch(body, kind, "another secret")).status

    def test_a_revocation(self, face: Face) -> None:
        body = b'{"subscription":{"status":"authorization_revoked"}}'
        assert 204 == post(face, "twitch", body, senders.twitch(body, "revocation")).status

    @pytest.mark.usefixtures("starts")
    @pytest.mark.parametrize("kind", ["notification", "revocation"])
    def test_a_notification_whatever_its_unsigned_header_says(self, face: Face, kind: str) -> None:
        body = b'{"subscription":{},"event":{"type":"live"}}'
        assert 200 == post(face, "twitch", body, senders.twitch(body, kind)).status


class TestDiscord:
    """PINGs of both kinds."""

    def test_pings(self, face: Face) -> None:
        for body, status, expected in ((b'{"type":1,"id":"1"}', 200, b'{"type":1}'), (b'{"type":0}', 204, b"")):
            answer = post(face, "discord", body, senders.discord(body))
            assert (status, expected) == (answer.status, answer.body)

    def test_discord_tries_bad_signatures_on_purpose(self, face: Face) -> None:
        body = b'{"type":1,"id":"1"}'
        assert 401 == post(face, "discord", body, senders.discord(body, Ed25519PrivateKey.generate())).status
        assert 401 == post(face, "discord", body, [JSON]).status

    @pytest.mark.usefixtures("starts")
    def test_a_webhook_event_is_of_type_1_too(self, face: Face) -> None:
        body = b'{"version":1,"type":1,"event":{"type":"APPLICATION_AUTHORIZED"}}'
        assert 204 == post(face, "discord-events", body, senders.discord(body)).status


def test_xero_intent_to_receive(face: Face) -> None:
    body = b'{"events":[],"lastEventSequence":0,"firstEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}'
    answer = post(face, "xero", body, senders.xero(body))
    assert (200, b"") == (answer.status, answer.body)
    refused = post(face, "xero", body, senders.xero(body, "another secret"))
    assert (401, b"") == (refused.status, refused.body)


@pytest.mark.usefixtures("starts")
def test_xero_is_answered_without_a_body(face: Face) -> None:
    body = b'{"events":[{"resourceId":"1"}],"entropy":"S0m3r4Nd0mt3xt"}'
    answer = post(face, "xero", body, senders.xero(body))
    assert (200, b"") == (answer.status, answer.body)
    assert answer.headers["location"].startswith("/?instanceId=")


class TestPairing:
    """Asana and Notion bring the secret, once."""

    def test_asana(self, face: Face) -> None:
        body = b'{"events":[]}'
        signed = [JSON, ("X-Hook-Signature", mac(body, HOOK_SECRET).hex())]
        answer = post(face, "asana", b"{}", [JSON, ("X-Hook-Secret", HOOK_SECRET)])
        assert (200, b"", HOOK_SECRET) == (answer.status, answer.body, answer.headers["x-hook-secret"])
        # The heartbeat now verifies; a stranger's secret is refused, and changes nothing.
        assert (200, b"") == (post(face, "asana", body, signed).status, post(face, "asana", body, signed).body)
        stranger = post(face, "asana", b"{}", [JSON, ("X-Hook-Secret", "f" * 64)])
        assert (403, "handshake-refused") == (stranger.status, stranger.json["code"])
        assert "x-hook-secret" not in stranger.headers
        assert 200 == post(face, "asana", body, signed).status

    def test_before_it_nothing_verifies(self, face: Face) -> None:
        body = b'{"events":[]}'
        for secret in ("", HOOK_SECRET):
            signed = [JSON, ("X-Hook-Signature", mac(body, secret).hex())]
            assert post(face, "asana-unpaired", body, signed).status in (401, 503)

    def test_asana_outside_the_pairing_state(self, face: Face) -> None:
        answer = post(face, "asana-closed", b"{}", [JSON, ("X-Hook-Secret", HOOK_SECRET)])
        assert (403, "handshake-refused") == (answer.status, answer.json["code"])
        assert "parameters.pairing" in answer.json["detail"]

    @pytest.mark.usefixtures("starts")
    def test_notion(self, face: Face) -> None:
        token = "secret_tMrlL1qK5vuQAh1b6cZGhFChZTSYJlce98V0pYn7yBl"
        event = b'{"id":"367cba44-b6f3-4c92-81e7-6a2e9659efd4","type":"page.created"}'
        signed = [JSON, ("X-Notion-Signature", "sha256=" + mac(event, token).hex())]
        pairing = json.dumps({"verification_token": token}).encode()
        answer = post(face, "notion", pairing, [JSON])
        assert (200, b"") == (answer.status, answer.body)
        assert 403 == post(face, "notion", pairing, [JSON]).status
        assert 200 == post(face, "notion", event, signed).status
