"""Handshakes that the sender signs. Verification has been; here is what the body may ask for."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.senders.handshake.asking import PREVIOUS, SECRET, Store, bind, mac, post
from verihook.errors import EventMalformed

SLACK = """
kind = "echo-json"
field = "type"
equals = "url_verification"
echo = "challenge"
"""
TWITCH = """
kind = "echo-by-header"
header = "Twitch-Eventsub-Message-Type"
equals = "webhook_callback_verification"
echo = "challenge"
acknowledge = ["revocation"]
absent = "event"
"""
ZOOM = """
kind = "hmac-json"
field = "event"
equals = "endpoint.url_validation"
token = "payload.plainToken"
plain = "plainToken"
mac = "encryptedToken"
"""
DISCORD = """
kind = "fixed"
field = "type"
replies = [{ equals = 1, absent = "event", status = 200, json = { type = 1 } }, { equals = 0, status = 204 }]
"""
XERO = """
kind = "fixed"
field = "events"
replies = [{ equals = [], status = 200 }]
"""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "event", "payload"]), inner),
    max_leaves=6,
)
#: Longer than any sender's, another type, not printable.
NO_CHALLENGE = [None, 7, "", "é", "x" * 1025, "a\nb", ["x"], {"challenge": "x"}]


class TestSlack:
    """A body of type url_verification."""

    slack = bind(SLACK)

    def test_an_echo(self) -> None:
        answer = self.slack.signed(post(), {"type": "url_verification", "challenge": "3eZbrw1aB"})
        assert answer is not None
        assert (200, b"3eZbrw1aB", "nosniff") == (answer.status, answer.body, answer.headers["x-content-type-options"])

    @pytest.mark.parametrize(
        "content", [None, [], {}, 1, {"type": "event_callback", "challenge": "x"}, {"type": ["url"]}]
    )
    def test_what_is_no_handshake(self, content: object) -> None:
        assert self.slack.signed(post(), content) is None

    @pytest.mark.parametrize("challenge", NO_CHALLENGE)
    def test_what_is_not_repeated(self, challenge: object) -> None:
        with pytest.raises(EventMalformed):
            self.slack.signed(post(), {"type": "url_verification", "challenge": challenge})

    def test_it_is_never_answered_before_verification(self) -> None:
        assert self.slack.unsigned(post(b'{"type":"url_verification","challenge":"x"}')) is None


class TestTwitch:
    """Told apart by a header that is not signed."""

    twitch = bind(TWITCH)

    def ask(self, kind: str, content: object) -> object:
        answer = self.twitch.signed(post(b"", ("twitch-eventsub-message-type", kind)), content)
        return answer and (answer.status, answer.body, answer.headers.get("content-type", ""))

    def test_a_challenge(self) -> None:
        content = {"challenge": "pogchamp-kappa-360noscope-vohiyo", "subscription": {}}
        expected = (200, b"pogchamp-kappa-360noscope-vohiyo", "text/plain; charset=utf-8")
        assert expected == self.ask("webhook_callback_verification", content)

    def test_a_revocation_is_taken_note_of(self) -> None:
        assert (204, b"", "") == self.ask("revocation", {"subscription": {"status": "authorization_revoked"}})

    def test_a_notification(self) -> None:
        assert self.ask("notification", {"subscription": {}, "event": {}}) is None

    @pytest.mark.parametrize("kind", ["revocation", "webhook_callback_verification"])
    def test_the_unsigned_header_turns_no_notification_into_a_handshake(self, kind: str) -> None:
        assert self.ask(kind, {"subscription": {}, "event": {}, "challenge": "x"}) is None

    @pytest.mark.parametrize("challenge", NO_CHALLENGE)
    def test_what_is_not_repeated(self, challenge: object) -> None:
        with pytest.raises(EventMalformed):
            self.ask("webhook_callback_verification", {"challenge": challenge})


def test_event_grid_sends_a_list_of_one_and_wants_json() -> None:
    table = """
kind = "echo-by-header"
header = "aeg-event-type"
equals = "SubscriptionValidation"
echo = "[0].data.validationCode"
member = "validationResponse"
"""
    grid = bind(table)

    def ask(content: object) -> object:
        answer = grid.signed(post(b"", ("aeg-event-type", "SubscriptionValidation")), content)
        return answer and (answer.status, json.loads(answer.body))

    event = {"data": {"validationCode": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}}
    assert (200, {"validationResponse": "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"}) == ask([event])
    assert grid.signed(post(b"", ("aeg-event-type", "Notification")), [event]) is None
    others: list[object] = [[], [event, event], [1], {}, [{"data": {"validationCode": 1}}]]
    for content in others:
        with pytest.raises(EventMalformed):
            ask(content)


class TestZoom:
    """The token comes back with its HMAC under the key that signs deliveries."""

    zoom = bind(ZOOM)

    def content(self, token: object) -> object:
        return {"payload": {"plainToken": token}, "event_ts": 1654503849680, "event": "endpoint.url_validation"}

    def test_a_token(self) -> None:
        answer = self.zoom.signed(post(), self.content("qgg8vlvZRS6UYooatFL8Aw"))
        assert answer is not None
        expected = {"plainToken": "qgg8vlvZRS6UYooatFL8Aw", "encryptedToken": mac(b"qgg8vlvZRS6UYooatFL8Aw").hex()}
        assert (200, expected) == (answer.status, json.loads(answer.body))

    @pytest.mark.parametrize(
        "token",
        [
            'v0:1765432100:{"event":"meeting.ended"}',
            "v0:1765432100:",
            "v0:1:1",
            ":",
            '{"event":"meeting.ended"}',
            "",
            "x" * 129,
            "a b",
            "é",
            "a\n",
            None,
            7,
            ["qgg8vlvZRS6UYooatFL8Aw"],
        ],
    )
    def test_it_signs_no_forged_delivery(self, token: object) -> None:
        """plainToken = v0:TIMESTAMP:BODY: encryptedToken would be x-zm-signature."""
        with pytest.raises(EventMalformed) as caught:
            self.zoom.signed(post(), self.content(token))
        assert mac(str(token).encode()).hex() not in str(caught.value)

    @given(st.integers(0, 10**13), st.text(max_size=60))
    def test_no_message_of_zooms_is_a_token(self, timestamp: int, body: str) -> None:
        with pytest.raises(EventMalformed):
            self.zoom.signed(post(), self.content(f"v0:{timestamp}:{body}"))

    def test_a_stranger_gets_nothing(self) -> None:
        assert self.zoom.unsigned(post(json.dumps(self.content("qgg8vlvZRS6UYooatFL8Aw")).encode())) is None

    def test_another_event(self) -> None:
        assert self.zoom.signed(post(), {"event": "meeting.started", "payload": {"plainToken": "x"}}) is None

    def test_the_newest_secret_signs(self) -> None:
        store = Store(OLD=PREVIOUS)
        zoom = bind(ZOOM, store)
        store.held["env:NEW"] = SECRET
        answer = zoom.signed(post(), self.content("abc"))
        assert answer is not None
        assert mac(b"abc").hex() == json.loads(answer.body)["encryptedToken"]


class TestDiscord:
    """Interactions and webhook events use the numbers differently."""

    discord = bind(DISCORD)

    def ask(self, content: object) -> object:
        answer = self.discord.signed(post(), content)
        return answer and (answer.status, answer.body)

    def test_the_pings(self) -> None:
        assert (200, b'{"type":1}') == self.ask({"type": 1, "id": "1", "token": "x"})
        assert (204, b"") == self.ask({"version": 1, "application_id": "1", "type": 0})

    @pytest.mark.parametrize(
        "content",
        [
            {"type": 1, "event": {"type": "APPLICATION_AUTHORIZED"}},
            {"type": 2},
            {"type": "1"},
            {"type": True},
            {"type": False},
            {"type": 1.0},
            {},
            [],
            None,
        ],
    )
    def test_what_is_no_ping(self, content: object) -> None:
        assert self.ask(content) is None


def test_xero_is_answered_without_a_body() -> None:
    xero = bind(XERO)
    content = {"events": [], "lastEventSequence": 0, "firstEventSequence": 0, "entropy": "S0m3r4Nd0mt3xt"}
    answer = xero.signed(post(), content)
    assert answer is not None
    assert (200, b"", {}) == (answer.status, answer.body, answer.headers)
    assert xero.signed(post(), {"events": [{}]}) is None
    assert xero.signed(post(), {"events": {}}) is None


@pytest.mark.parametrize("table", [SLACK, TWITCH, ZOOM, DISCORD, XERO])
@given(content=JSON, kind=st.sampled_from(["notification", "revocation", "webhook_callback_verification"]))
def test_no_body_makes_it_raise_anything_else(table: str, content: object, kind: str) -> None:
    try:
        answer = bind(table).signed(post(b"", ("twitch-eventsub-message-type", kind)), content)
    except EventMalformed:
        return
    assert answer is None or answer.status in (200, 204)
