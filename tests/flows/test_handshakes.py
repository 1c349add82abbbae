"""Senders prove our URL, over HTTP and by Lambda events alike. No handshake starts anything."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.flows import handshaking
from tests.flows.conftest import AwsFace, LocalFace
from tests.flows.faces import Answer, Face, Headers, Server
from tests.flows.handshaking import VARIABLES_HERE, deploy, mac
from tests.flows.signing import JSON
from verihook import main

HOOK_SECRET = "b537207f20cbfa02357cf448134da559e8bd39d61597dcd5631b8012eae53e81"
CRC_TOKEN = "9b4507b3-9040-4669-9ca3-6b94edb50553"


@pytest.fixture(scope="module")
def local_handshakes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalFace]:
    """A server process over the deployment of handshakes."""
    folder = tmp_path_factory.mktemp("handshakes")
    server = Server(folder / "data", VARIABLES_HERE, "--hooks", str(deploy(folder / "deployment")))
    try:
        yield LocalFace(server.ready(), folder / "data")
    finally:
        assert 0 == server.stop()


@pytest.fixture(scope="module")
def aws_handshakes(aws_face: AwsFace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsFace]:
    """The Lambda entry point over the same, with a folder of its own."""
    hooks = deploy(tmp_path_factory.mktemp("handshakes-lambda"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**VARIABLES_HERE, "VERIHOOK_HOOKS": str(hooks)}.items():
            patch.setenv(name, value)
        main.services.cache_clear()
        yield aws_face
    main.services.cache_clear()


@pytest.fixture(params=["local_handshakes", "aws_handshakes"], ids=["http", "lambda"])
def face(request: pytest.FixtureRequest) -> Face:
    chosen: Face = request.getfixturevalue(request.param)
    return chosen


@pytest.fixture
def starts() -> None:
    """Of the tests in which a delivery starts a workflow."""


@pytest.fixture(autouse=True)
def rows_of_deliveries_alone(face: LocalFace | AwsFace, request: pytest.FixtureRequest) -> Iterator[None]:
    """A handshake starts nothing: no row is written but in the tests that say so."""
    before = face.rows()
    yield
    assert ("starts" in request.fixturenames) == (face.rows() > before)


def post(face: Face, source: str, body: bytes, headers: Headers) -> Answer:
    return face.send("POST", f"/hooks/{source}", headers, body)


def get(face: Face, source: str, query: str = "", headers: Headers | None = None) -> Answer:
    return face.send("GET", f"/hooks/{source}?{query}" if query else f"/hooks/{source}", headers or [])


def is_text(answer: Answer, text: bytes) -> bool:
    headers = answer.headers
    return (200, text, "text/plain; charset=utf-8", "nosniff") == (
        answer.status,
        answer.body,
        headers["content-type"],
        headers["x-content-type-options"],
    )


class TestMeta:
    """GET with hub.mode, hub.verify_token, hub.challenge."""

    def test_the_verify_token(self, face: Face) -> None:
        query = f"hub.mode=subscribe&hub.verify_token={quote(handshaking.VERIFY_TOKEN)}&hub.challenge=1158201444"
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
        token = quote(handshaking.VERIFY_TOKEN)
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
        assert 202 == post(face, "x-twitter", body, handshaking.x_twitter(body)).status


class TestZoom:
    """endpoint.url_validation."""

    def body(self, token: str) -> bytes:
        return json.dumps({"event": "endpoint.url_validation", "payload": {"plainToken": token}}).encode()

    def test_a_token(self, face: Face) -> None:
        body = self.body("qgg8vlvZRS6UYooatFL8Aw")
        answer = post(face, "zoom", body, handshaking.zoom(body))
        expected = {"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": mac(b"qgg8vlvZRS6UYooatFL8Aw").hex()}
        assert (200, expected) == (answer.status, answer.json)

    def test_it_is_no_signing_oracle(self, face: Face) -> None:
        """plainToken = v0:TIMESTAMP:BODY: a stranger gets no answer, and nor does Zoom itself."""
        headers = handshaking.zoom(b'{"event":"meeting.ended"}')
        stamp, wanted = headers[1][1], headers[2][1].removeprefix("v0=")
        body = self.body(f'v0:{stamp}:{{"event":"meeting.ended"}}')
        strangers: list[Headers] = [[JSON], headers, handshaking.zoom(body, "a guess")]
        for signed in (*strangers, handshaking.zoom(body)):
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
        answer = post(face, "twitch", body, handshaking.twitch(body, kind))
        assert is_text(answer, b"pogchamp-kappa-360noscope-vohiyo")
        assert 401 == post(face, "twitch", body, handshaking.twitch(body, kind, "another secret")).status

    def test_a_revocation(self, face: Face) -> None:
        body = b'{"subscription":{"status":"authorization_revoked"}}'
        assert 204 == post(face, "twitch", body, handshaking.twitch(body, "revocation")).status

    @pytest.mark.usefixtures("starts")
    @pytest.mark.parametrize("kind", ["notification", "revocation"])
    def test_a_notification_whatever_its_unsigned_header_says(self, face: Face, kind: str) -> None:
        body = b'{"subscription":{},"event":{"type":"live"}}'
        assert 202 == post(face, "twitch", body, handshaking.twitch(body, kind)).status


class TestDiscord:
    """PINGs of both kinds."""

    def test_pings(self, face: Face) -> None:
        for body, status, expected in ((b'{"type":1,"id":"1"}', 200, b'{"type":1}'), (b'{"type":0}', 204, b"")):
            answer = post(face, "discord", body, handshaking.discord(body))
            assert (status, expected) == (answer.status, answer.body)

    def test_discord_tries_bad_signatures_on_purpose(self, face: Face) -> None:
        body = b'{"type":1,"id":"1"}'
        assert 401 == post(face, "discord", body, handshaking.discord(body, Ed25519PrivateKey.generate())).status
        assert 401 == post(face, "discord", body, [JSON]).status

    @pytest.mark.usefixtures("starts")
    def test_a_webhook_event_is_of_type_1_too(self, face: Face) -> None:
        body = b'{"version":1,"type":1,"event":{"type":"APPLICATION_AUTHORIZED"}}'
        assert 202 == post(face, "discord-events", body, handshaking.discord(body)).status


def test_xero_intent_to_receive(face: Face) -> None:
    body = b'{"events":[],"lastEventSequence":0,"firstEventSequence":0,"entropy":"S0m3r4Nd0mt3xt"}'
    answer = post(face, "xero", body, handshaking.xero(body))
    assert (200, b"") == (answer.status, answer.body)
    refused = post(face, "xero", body, handshaking.xero(body, "another secret"))
    assert (401, b"") == (refused.status, refused.body)


@pytest.mark.usefixtures("starts")
def test_xero_is_answered_without_a_body(face: Face) -> None:
    body = b'{"events":[{"resourceId":"1"}],"entropy":"S0m3r4Nd0mt3xt"}'
    answer = post(face, "xero", body, handshaking.xero(body))
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
        assert 202 == post(face, "notion", event, signed).status


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
    answer: Any = ASKS[ask](face, source)
    assert 405 == answer.status
    assert "GET, POST" == answer.headers["allow"]


def test_a_handshake_of_an_unknown_source(face: Face) -> None:
    assert 404 == face.send("HEAD", "/hooks/nowhere", []).status
    assert 404 == get(face, "nowhere", "challenge=abc123").status
