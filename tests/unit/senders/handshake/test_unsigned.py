"""Handshakes that the sender does not sign: a stranger may ask, and learns nothing that is worth anything."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.senders.handshake.asking import NOT_REPEATED, PREVIOUS, SECRET, Store, bind, get, mac, post
from verihook.errors import EventMalformed, HandshakeRefused, SecretsUnavailable, SignatureError
from verihook.request import Request

META = """
kind = "echo-query"
echo = "hub.challenge"
equals = { "hub.mode" = "subscribe" }
token = "hub.verify_token"
"""
DROPBOX = """
kind = "echo-query"
echo = "challenge"
"""
OKTA = """
kind = "header-to-json"
header = "X-Okta-Verification-Challenge"
member = "verification"
"""
X = """
kind = "crc"
parameter = "crc_token"
member = "response_token"
prefix = "sha256="
"""
TRELLO = 'kind = "head-ok"'
#: One of X's own documentation: a UUID; and one as it comes: base64 of one.
CRC_TOKEN = "9b4507b3-9040-4669-9ca3-6b94edb50553"


class TestMeta:
    """GET with hub.mode, hub.verify_token and hub.challenge."""

    meta = bind(META, Store(NEW=SECRET, TOKEN="the verify token"), parameters={"verify_token": "env:TOKEN"})
    query = "hub.mode=subscribe&hub.verify_token=the+verify+token&hub.challenge="

    def test_the_challenge_comes_back_as_text(self) -> None:
        answer = self.meta.unsigned(get(f"{self.query}1158201444"))
        assert answer is not None
        assert (200, b"1158201444") == (answer.status, answer.body)
        assert "text/plain; charset=utf-8" == answer.headers["content-type"]
        assert "nosniff" == answer.headers["x-content-type-options"]

    @pytest.mark.parametrize("token", ["", "wrong", "the%20verify%20toke", "the%20verify%20token2", "%C3%A9", "%FF"])
    def test_another_token(self, token: str) -> None:
        with pytest.raises(SignatureError) as caught:
            self.meta.unsigned(get(f"hub.mode=subscribe&hub.verify_token={token}&hub.challenge=1"))
        assert "verify-token-mismatch" == caught.value.reason

    def test_no_token(self) -> None:
        with pytest.raises(SignatureError):
            self.meta.unsigned(get("hub.mode=subscribe&hub.challenge=1"))

    @pytest.mark.parametrize("challenge", NOT_REPEATED)
    def test_what_is_not_repeated(self, challenge: str) -> None:
        with pytest.raises(EventMalformed):
            self.meta.unsigned(get(self.query + quote(challenge)))

    @pytest.mark.parametrize(
        "query", ["", "hub.challenge=1", "hub.mode=unsubscribe&hub.challenge=1", "x=hub.challenge"]
    )
    def test_what_is_no_handshake(self, query: str) -> None:
        assert self.meta.unsigned(get(query)) is None

    def test_other_methods(self) -> None:
        assert self.meta.unsigned(get(f"{self.query}1", method="HEAD")) is None
        assert self.meta.unsigned(get(f"{self.query}1", method="POST")) is None

    def test_at_load(self) -> None:
        with pytest.raises(ValueError, match=r"^parameters\.verify_token: must be a reference"):
            bind(META)

    def test_a_token_that_is_missing_is_our_fault_and_not_the_senders(self) -> None:
        meta = bind(META, parameters={"verify_token": "env:NOWHERE"})
        with pytest.raises(SecretsUnavailable, match="token"):
            meta.unsigned(get(f"{self.query}1"))

    def test_a_token_in_the_place_of_its_reference_is_not_shown(self) -> None:
        with pytest.raises(ValueError, match=r"^parameters\.verify_token") as caught:
            bind(META, parameters={"verify_token": "hunter2"})
        assert "hunter2" not in str(caught.value)


def test_mailchimp() -> None:
    """Its GET is answered, and one that reads a status is not its own."""
    mailchimp = bind('kind = "get-ok"')
    answer = mailchimp.unsigned(get("secret=s"))
    assert answer is not None
    assert (200, b"") == (answer.status, answer.body)
    assert mailchimp.unsigned(get("secret=s&instanceId=i")) is None
    assert mailchimp.unsigned(Request("POST", "/", "secret=s", (), b"", "request-1")) is None


def test_dropbox() -> None:
    dropbox = bind(DROPBOX)
    answer = dropbox.unsigned(get("challenge=abc123"))
    assert answer is not None
    assert (200, b"abc123", "nosniff") == (answer.status, answer.body, answer.headers["x-content-type-options"])
    assert dropbox.unsigned(get("instanceId=challenge")) is None


@pytest.mark.parametrize("challenge", NOT_REPEATED)
def test_dropbox_repeats_no_page(challenge: str) -> None:
    with pytest.raises(EventMalformed):
        bind(DROPBOX).unsigned(get("challenge=" + quote(challenge)))


def test_okta() -> None:
    okta = bind(OKTA)
    answer = okta.unsigned(get("", ("x-okta-verification-challenge", "d2hhdCBpdCBpcw==")))
    assert answer is not None
    assert (200, {"verification": "d2hhdCBpdCBpcw=="}) == (answer.status, json.loads(answer.body))
    assert ("application/json", "nosniff") == (
        answer.headers["content-type"],
        answer.headers["x-content-type-options"],
    )
    assert okta.unsigned(get()) is None
    assert okta.unsigned(post(b"{}", ("x-okta-verification-challenge", "x"))) is None
    with pytest.raises(EventMalformed):
        okta.unsigned(get("", ("x-okta-verification-challenge", "<b>")))


def test_trello() -> None:
    trello = bind(TRELLO)
    answer = trello.unsigned(get(method="HEAD"))
    assert answer is not None
    assert (200, b"") == (answer.status, answer.body)
    assert trello.unsigned(get()) is None
    assert trello.unsigned(post()) is None


class TestX:
    """GET with crc_token: signed with the key that signs deliveries."""

    x = bind(X)

    @pytest.mark.parametrize("token", [CRC_TOKEN, base64.b64encode(CRC_TOKEN.encode()).decode(), "foo", "x" * 128])
    def test_a_token_is_signed_with_the_newest_secret(self, token: str) -> None:
        answer = self.x.unsigned(get(f"crc_token={token}&nonce=1"))
        assert answer is not None
        expected = {"response_token": "sha256=" + base64.b64encode(mac(token.encode())).decode()}
        assert (200, expected) == (answer.status, json.loads(answer.body))

    def test_after_a_rotation_the_new_secret_signs(self) -> None:
        store = Store(OLD=PREVIOUS)
        x = bind(X, store)
        before = x.unsigned(get(f"crc_token={CRC_TOKEN}"))
        store.held["env:NEW"] = SECRET
        after = x.unsigned(get(f"crc_token={CRC_TOKEN}"))
        assert before is not None
        assert after is not None
        assert base64.b64encode(mac(CRC_TOKEN.encode(), PREVIOUS)).decode() in before.body.decode()
        assert base64.b64encode(mac(CRC_TOKEN.encode(), SECRET)).decode() in after.body.decode()

    @pytest.mark.parametrize(
        "body",
        [
            b'{"for_user_id":"1","tweet_create_events":[{"text":"forged"}]}',
            b"{}",
            b"[]",
            b'"text"',
            b"-1.5",
            b"orderId=forged",
            b"a=b&c=d",
            b"payload=%7B%7D",
            b" 1",
            b"1\n",
            b"x" * 129,
            b"=",
            "é".encode(),
        ],
    )
    def test_it_signs_no_forged_delivery(self, body: bytes) -> None:
        """crc_token = the body of a delivery: its answer would be x-twitter-webhooks-signature."""
        with pytest.raises(EventMalformed) as caught:
            self.x.unsigned(get("crc_token=" + quote(body)))
        assert mac(body).hex() not in str(caught.value)

    @pytest.mark.parametrize("body", [b"12345", b"true", b"null", b"a=", b"orderId==", CRC_TOKEN.encode()])
    def test_a_delivery_that_could_be_a_token_is_refused_whatever_its_signature(self, body: bytes) -> None:
        assert self.x.unsigned(get("crc_token=" + quote(body))) is not None
        with pytest.raises(SignatureError) as caught:
            self.x.unsigned(post(body))
        assert "challenge-as-body" == caught.value.reason

    @given(st.one_of(st.binary(max_size=60), st.from_regex(rb"[A-Za-z0-9_+/=-]{0,140}", fullmatch=True)))
    def test_nothing_is_both_signed_and_taken(self, body: bytes) -> None:
        try:
            signs = self.x.unsigned(get("crc_token=" + quote(body))) is not None
        except EventMalformed:
            signs = False
        try:
            self.x.unsigned(post(body))
            takes = True
        except SignatureError:
            takes = False
        assert not (signs and takes)

    def test_a_delivery(self) -> None:
        assert self.x.unsigned(post(b'{"for_user_id":"1"}')) is None
        assert self.x.unsigned(post(b"{}")) is None
        assert self.x.unsigned(get("instanceId=1")) is None

    def test_without_a_secret_nothing_is_signed(self) -> None:
        with pytest.raises(SecretsUnavailable):
            bind(X, Store()).unsigned(get(f"crc_token={CRC_TOKEN}"))


@pytest.mark.parametrize("table", [META, DROPBOX, OKTA, X, TRELLO])
@given(query=st.text(max_size=80), value=st.text(max_size=20), method=st.sampled_from(["GET", "HEAD", "POST"]))
def test_no_query_makes_it_raise_anything_else(table: str, query: str, value: str, method: str) -> None:
    asked = bind(table, parameters={"verify_token": "env:OLD"})
    headers = (("x-okta-verification-challenge", value),)
    for text in (query, f"hub.mode=subscribe&hub.challenge={query}", f"challenge={query}", f"crc_token={query}"):
        try:
            answer = asked.unsigned(Request(method, "/", text, headers, b"", "request-1"))
        except (EventMalformed, SignatureError):
            continue
        assert answer is None or answer.status == 200


def test_strava_wants_json() -> None:
    strava = bind(META + 'member = "hub.challenge"', Store(TOKEN="t"), parameters={"verify_token": "env:TOKEN"})
    answer = strava.unsigned(get("hub.mode=subscribe&hub.verify_token=t&hub.challenge=15f7d1a91c1f40f8"))
    assert answer is not None
    assert (200, {"hub.challenge": "15f7d1a91c1f40f8"}) == (answer.status, json.loads(answer.body))


MONDAY = bind('kind = "echo-body"\nmember = "challenge"')


def test_monday() -> None:
    answer = MONDAY.unsigned(post(b'{"challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}'))
    assert answer is not None
    assert json.loads(answer.body)["challenge"].startswith("3eZbrw1a")
    assert "nosniff" == answer.headers["x-content-type-options"]


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"[]", b"\xff", b'{"challenge":"x","event":{}}', b'{"challenge":"' + b"x" * 1024 + b'"}']
)
def test_an_event_is_never_mistaken_for_mondays_challenge(body: bytes) -> None:
    assert MONDAY.unsigned(post(body)) is None
    assert MONDAY.unsigned(Request("PUT", "/", "", (), b'{"challenge":"x"}', "")) is None


@pytest.mark.parametrize("challenge", [*NOT_REPEATED[:4], 1, True, ["x"]])
def test_monday_repeats_no_page(challenge: object) -> None:
    with pytest.raises(EventMalformed):
        MONDAY.unsigned(post(json.dumps({"challenge": challenge}).encode()))


def test_an_origin_is_allowed() -> None:
    for table in ("", 'origins = ["eventgrid.azure.net"]'):
        grid = bind(f'kind = "allow-origin"\n{table}')
        answer = grid.unsigned(get("", ("webhook-request-origin", "eventgrid.azure.net"), method="OPTIONS"))
        assert answer is not None
        assert (200, b"") == (answer.status, answer.body)
        allowed = {"webhook-allowed-origin": "eventgrid.azure.net", "webhook-allowed-rate": "*", "allow": "POST"}
        assert allowed.items() <= answer.headers.items()
        assert grid.unsigned(get(method="OPTIONS")) is None
        assert grid.unsigned(get("", ("webhook-request-origin", "eventgrid.azure.net"))) is None


@pytest.mark.parametrize("origin", ["evil.example", "eventgrid.azure.net.evil.example", "", "a\r\nset-cookie: b", "*"])
def test_no_other_origin_is_allowed(origin: str) -> None:
    grid = bind('kind = "allow-origin"\norigins = ["eventgrid.azure.net"]')
    with pytest.raises(HandshakeRefused):
        grid.unsigned(get("", ("webhook-request-origin", origin), method="OPTIONS"))
    if "." not in origin:
        with pytest.raises(HandshakeRefused):
            bind('kind = "allow-origin"').unsigned(get("", ("webhook-request-origin", origin), method="OPTIONS"))
