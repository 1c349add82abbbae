"""What senders send first, when the URL is saved or tested, each as its own page describes it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from tests.flows.every_sender.keys import PAIRED, PUBLIC_URL, TOPIC, VERIFY_TOKEN
from tests.flows.every_sender.rig import Played
from tests.unit.senders.handshake.asking import encrypted
from verihook.records import replace
from verihook.request import FORM, Request

#: A request, and the body that its answer must have; None if that is not looked at.
Asked = tuple[Request, bytes | None]

JSON = ("content-type", "application/json")

#: Sender -> the body of its ping, and its type if that is in a header.
PINGS: dict[str, tuple[dict[str, Any], str]] = {
    "github": ({"zen": "Design for failure.", "hook_id": 7}, "ping"),
    "github-sha1": ({"zen": "Design for failure.", "hook_id": 7}, "ping"),
    "buildkite": ({"event": "ping", "service": {"id": "1"}}, "ping"),
    "buildkite-token": ({"event": "ping", "service": {"id": "1"}}, "ping"),
    "bitbucket": ({"test": True}, "diagnostics:ping"),
    "circle": ({"notificationId": "1", "notificationType": "webhooks.test", "notification": {"hello": "world"}}, ""),
    "circleci": ({"id": "1", "type": "ping", "webhook": {"id": "1", "name": "tea"}}, ""),
    "pagerduty": ({"event": {"id": "1", "event_type": "pagey.ping", "data": {"message": "Hello"}}}, ""),
    "dropbox-sign": ({"event": {"event_type": "callback_test", "event_time": "1764489600"}}, ""),
    "figma": ({"event_type": "PING", "webhook_id": "22", "timestamp": "2026-11-30T08:00:00Z"}, ""),
    "cal-com": ({"triggerEvent": "PING", "createdAt": "2026-11-30T08:00:00.000Z", "payload": {"type": "Test"}}, ""),
    "google-channels": ({}, "sync"),
    "greenhouse": ({"action": "ping", "payload": {"web_hook_id": 1}}, ""),
    "mollie": ({"resource": "event", "type": "hook.ping", "id": "event_1"}, ""),
    "samsara": ({"eventId": "1", "eventType": "Ping", "webhookId": "1"}, ""),
    "intercom": ({"type": "notification_event", "id": None, "topic": "ping", "data": {"item": {"type": "ping"}}}, ""),
}


def first_of(played: Played) -> list[Asked]:
    """Return what the sender sends first; [] if that is nothing, or not known."""
    asked: list[Asked] = []
    if played.sender in REQUESTS:
        asked += REQUESTS[played.sender](played)
    if played.sender in PINGS:
        content, kind = PINGS[played.sender]
        asked.append((played.signed(json.dumps(content).encode(), kind), None))
    return asked


def _get(played: Played, query: str = "", *headers: tuple[str, str], method: str = "GET") -> Request:
    return Request(method, f"/hooks/{played.sender}", query, headers, b"", "")


def _post(played: Played, body: bytes, *headers: tuple[str, str]) -> Request:
    return Request("POST", f"/hooks/{played.sender}", "", headers, body, "")


def _signed(played: Played, content: object, kind: str = "") -> Request:
    return played.signed(json.dumps(content).encode(), kind)


def badly(request: Request) -> Request:
    """The request with another body, so that its signature is wrong."""
    return replace(request, body=request.body + b" ")


def _json(content: object) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _mac(played: Played, text: str) -> bytes:
    return hmac.digest(played.key.signs.encode(), text.encode(), hashlib.sha256)


def _xero(played: Played) -> list[Asked]:
    good = _signed(played, {"events": [], "lastEventSequence": 0, "firstEventSequence": 0, "entropy": "S0m3r4Nd0mt3xt"})
    return [(good, b""), (badly(good), b"")]


def _discord(played: Played) -> list[Asked]:
    ping = _signed(played, {"type": 1, "id": "1"})
    return [(ping, _json({"type": 1})), (_signed(played, {"version": 1, "type": 0}), b""), (badly(ping), b"")]


def _twitch(played: Played) -> list[Asked]:
    request = _signed(played, {"challenge": "pogchamp-kappa-360noscope", "subscription": {"id": "1"}})
    headers = (*request.headers, ("Twitch-Eventsub-Message-Type", "webhook_callback_verification"))
    return [(replace(request, headers=headers), b"pogchamp-kappa-360noscope")]


def _zoom(played: Played) -> list[Asked]:
    plain = "qgg8vlvZRS6UYooatFL8Aw"
    body = {"event": "endpoint.url_validation", "event_ts": 1, "payload": {"plainToken": plain}}
    answer = _json({"plainToken": plain, "encryptedToken": _mac(played, plain).hex()})
    return [(_signed(played, body), answer)]


def _sns(played: Played) -> list[Asked]:
    message = {
        "Type": "SubscriptionConfirmation",
        "MessageId": played.event,
        "Token": "2336412f37",
        "TopicArn": TOPIC,
        "Message": "You have chosen to subscribe to the topic.",
        "SubscribeURL": f"https://sns.us-east-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37",
    }
    return [(_signed(played, message), _json({"confirmed": TOPIC}))]


def _x(played: Played) -> list[Asked]:
    answer = _json({"response_token": "sha256=" + base64.b64encode(_mac(played, "challenge-1")).decode()})
    return [(_get(played, "crc_token=challenge-1"), answer)]


def _meta(played: Played) -> list[Asked]:
    query = f"hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={quote(VERIFY_TOKEN)}"
    return [(_get(played, query), b"1158201444"), (_get(played, query + "x"), None)]


def _pair_asana(played: Played) -> list[Asked]:
    return [(_post(played, b"{}", JSON, ("X-Hook-Secret", PAIRED["asana"])), b"")]


def _pair_notion(played: Played) -> list[Asked]:
    return [(_post(played, json.dumps({"verification_token": PAIRED["notion"]}).encode(), JSON), None)]


def _slack(played: Played) -> list[Asked]:
    content = {
        "token": "t",
        "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P",
        "type": "url_verification",
    }
    return [(_signed(played, content), content["challenge"].encode())]


def _lark(played: Played) -> list[Asked]:
    content = {"challenge": "ajls384kdjx98XX", "token": played.key.signs, "type": "url_verification"}
    wrong = {**content, "token": "another"}
    asked = _post(played, json.dumps(content).encode(), JSON), _post(played, json.dumps(wrong).encode(), JSON)
    return [(asked[0], _json({"challenge": "ajls384kdjx98XX"})), (asked[1], None)]


def _lark_encrypted(played: Played) -> list[Asked]:
    challenge = "5634b122-c042-4634-bc7f-b07a3c3e77ad"
    content = {"challenge": challenge, "token": VERIFY_TOKEN, "type": "url_verification"}
    key, iv = played.key.signs, os.urandom(16)
    good, wrong = (
        _post(played, _json({"encrypt": encrypted(_json(each), key, iv)}), JSON)
        for each in (content, {**content, "token": "another"})
    )
    return [(good, _json({"challenge": challenge})), (wrong, None)]


def _grid(played: Played) -> list[Asked]:
    code = "512d38b6-c7b8-40c8-89fe-f46f9e9622b6"
    event = {
        "id": "1",
        "eventType": "Microsoft.EventGrid.SubscriptionValidationEvent",
        "data": {"validationCode": code},
    }
    asked = replace(_signed(played, [event]), headers=(JSON, ("aeg-event-type", "SubscriptionValidation")))
    return [(asked, _json({"validationResponse": code})), (replace(asked, query="token=another"), None)]


def _grid_cloudevents(played: Played) -> list[Asked]:
    origins = ("eventgrid.azure.net", b""), ("evil.example", None)
    token = f"token={quote(played.key.signs)}"
    return [
        (_get(played, token, ("WebHook-Request-Origin", origin), method="OPTIONS"), body) for origin, body in origins
    ]


def _ebay(played: Played) -> list[Asked]:
    hashed = hashlib.sha256(f"a8628072{VERIFY_TOKEN}{PUBLIC_URL.format('ebay')}".encode()).hexdigest()
    return [(_get(played, "challenge_code=a8628072"), _json({"challengeResponse": hashed}))]


def _braintree(played: Played) -> list[Asked]:
    challenge = "20f9f8ed05f77439fe955c977e4c8a53"
    mac = hmac.new(hashlib.sha1(played.key.signs.encode()).digest(), challenge.encode(), hashlib.sha1).hexdigest()
    answer = f"{played.key.parameters['public_key']}|{mac}".encode()
    return [(_get(played, f"bt_challenge={challenge}"), answer)]


def _strava(played: Played) -> list[Asked]:
    query = f"token={quote(played.key.signs)}&hub.mode=subscribe&hub.challenge=15f7d1a9&hub.verify_token="
    return [
        (_get(played, query + quote(VERIFY_TOKEN)), _json({"hub.challenge": "15f7d1a9"})),
        (_get(played, f"{query}x"), None),
    ]


#: Sender -> its first requests, but for pings. Their pages are those of EXPECTED, or in the sender's file.
REQUESTS: dict[str, Callable[[Played], list[Asked]]] = {
    "asana": _pair_asana,
    "aws-sns": _sns,
    "azure-event-grid": _grid,
    "azure-event-grid-cloudevents": _grid_cloudevents,
    "braintree": _braintree,
    "circle": lambda played: [(_get(played, method="HEAD"), b"")],
    "cybersource": lambda played: [(_get(played), b"")],
    "daily": lambda played: [(_post(played, b'{"test": "test"}', JSON), _json({"test": "test"}))],
    "discord": _discord,
    "ebay": _ebay,
    "dropbox": lambda played: [(_get(played, "challenge=abc123"), b"abc123")],
    "intercom": lambda played: [(_get(played, method="HEAD"), b"")],
    "mailchimp": lambda played: [(_get(played, f"secret={played.key.signs}"), b"")],
    "mandrill": lambda played: [(_get(played, method="HEAD"), b"")],
    "lark": _lark,
    "lark-encrypted": _lark_encrypted,
    "line": lambda played: [(_signed(played, {"destination": "U0", "events": []}), b"")],
    "meta": _meta,
    "microsoft-graph": lambda played: [(_get(played, "validationToken=a%20b", method="POST"), b"a b")],
    "monday": lambda played: [(_post(played, b'{"challenge":"3eZbrw1a"}', JSON), _json({"challenge": "3eZbrw1a"}))],
    "notion": _pair_notion,
    "okta": lambda played: [
        (_get(played, "", ("X-Okta-Verification-Challenge", "a-1")), _json({"verification": "a-1"}))
    ],
    "slack": _slack,
    "strava": _strava,
    "trello": lambda played: [(_get(played, method="HEAD"), b"")],
    "twitch": _twitch,
    "woocommerce": lambda played: [(_post(played, b"webhook_id=42", ("content-type", FORM)), b"")],
    "x-twitter": _x,
    "xero": _xero,
    "zoom": _zoom,
}
