"""What is around a signature: answers to forgeries, windows, URLs, encodings; over HTTP and as a Lambda event."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import padding

from tests.flows.every_sender.first import badly
from tests.flows.every_sender.keys import PUBLIC_URL
from tests.flows.every_sender.rig import SPELLED, Played
from verihook.records import replace
from verihook.request import Request
from verihook.senders.schemes.encoding import key_of
from verihook.senders.schemes.headers import with_headers
from verihook.senders.schemes.http_signatures import HttpSignatureScheme

Play = Callable[[str], Played]

URL = PUBLIC_URL.format("rfc9421-hmac")

#: The query of SPELLED_URL as a proxy may write it, and with another value.
RESPELLED = "n=a+b&at=12%3A30&c=x%2Cy%40z%7E%27%28%29&flag=&a=2&a=3&b=1"
ANOTHER = RESPELLED.replace("12%3A30", "12%3A31")


@pytest.mark.parametrize(
    ("sender", "told"),
    [
        # https://developer.gocardless.com/getting-started/staying-up-to-date-with-webhooks/
        ("gocardless", "498 code"),
        # https://developer.clickup.com/docs/webhooks: 401 suspends the webhook
        ("clickup", "403 code"),
        ("github", "401 code"),
    ],
)
def test_a_forgery_is_answered_as_its_sender_expects(play: Play, sender: str, told: str) -> None:
    played = play(sender)
    assert told == played.told(badly(played.signed(played.sample())))


@pytest.mark.parametrize(
    ("sender", "source", "age_s", "told"),
    [
        # AWS's own last retry, an hour after the message.
        ("aws-sns", "", 3605, "401 code"),
        ("aws-sns", "aws-sns-lenient", 3605, "200 new"),
        # A retry may have the first time: n8n-io/n8n#36487
        ("mailgun", "", 8 * 3600, "200 new"),
        ("mailgun", "", 10 * 3600, "401 code"),
        ("linear", "", 7 * 3600, "200 new"),
        ("lark-encrypted", "", 25_515, "200 new"),
        ("lark-encrypted", "", 25_900, "401 code"),
        ("paddle", "", 30, "401 code"),
        ("paddle", "paddle-lenient", 30, "200 new"),
        ("paddle", "paddle-lenient", 61, "401 code"),
    ],
)
def test_how_old_a_delivery_may_be(play: Play, sender: str, source: str, age_s: int, told: str) -> None:
    played = play(sender)
    played.source = source
    assert told == played.told(played.signed(played.sample(), age_s=age_s))


@pytest.mark.parametrize("sender", SPELLED)
def test_a_signed_url_may_come_in_another_writing(play: Play, sender: str) -> None:
    played = play(sender)
    played.source = f"{sender}-spelled"
    signed = played.signed(played.sample())
    statuses = [played.told(replace(signed, query=query))[:3] for query in (RESPELLED, ANOTHER)]
    # Square and Trello sign the URL as it is registered, whatever comes.
    assert ["200", "200" if sender in ("square", "trello") else "401"] == statuses


@pytest.mark.parametrize("sender", ["linear", "mailgun"])
def test_half_a_character_is_no_fault_of_the_signature(play: Play, sender: str) -> None:
    played = play(sender)
    body = {**json.loads(played.sample()), "text": "\ud83d"}
    assert played.told(played.signed(json.dumps(body).encode())) in ("200 new", "400 code", "406 code")
    assert [] != played.ids


def test_a_signature_with_the_longest_salt(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 9421 names 64 bytes, and its own example has more."""
    played = play("rfc9421-rsa-pss")
    monkeypatch.setattr("verihook.senders.schemes.asymmetric._pss", _longest)
    signed = played.signed(played.sample())
    monkeypatch.undo()
    assert "200 new" == played.told(signed)


def _longest(hashed: object, salt: object = None) -> padding.PSS:
    return padding.PSS(padding.MGF1(hashed), padding.PSS.MAX_LENGTH)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("component", "header"),
    [
        ("x-list;sf", ("x-list", "a,  b")),
        ('x-pairs;key="b"', ("x-pairs", "a=1, b=2")),
        ("x-any;bs", ("x-any", "tea, cup")),
    ],
)
def test_a_parameter_of_a_component(play: Play, component: str, header: tuple[str, str]) -> None:
    """RFC 9421 section 2.1, over a request that was signed by hand."""
    played = play("rfc9421-hmac")
    request = with_headers(played.signed(played.sample()), [header])
    assert "200 new" == played.told(by_hand(played, request, component))


def test_the_target_may_end_in_a_question_mark_and_its_host_be_in_capitals(play: Play) -> None:
    played = play("rfc9421-hmac")
    assert "200 new" == played.told(by_hand(played, played.signed(played.sample()), url=f"{URL}?"))
    played.source = "rfc9421-hmac-capitals"
    assert "200 new" == played.told(by_hand(played, played.signed(played.sample()), url=URL))


def by_hand(played: Played, request: Request, component: str = "", url: str = "") -> Request:
    """The request with a signature of our own writing over method, target, digest, and the component."""
    values = {
        "x-list;sf": "a, b",
        'x-pairs;key="b"': "2",
        "x-any;bs": f":{base64.b64encode(b'tea, cup').decode()}:",
    }
    name, _, parameters = component.partition(";")
    more = f' "{name}";{parameters}' if component else ""
    covered = f'"@method" "@target-uri" "content-digest"{more}'
    inner = f"({covered});created={int(time.time())}"
    lines = [
        '"@method": POST',
        f'"@target-uri": {url or PUBLIC_URL.format(played.sender)}',
        f'"content-digest": {request.header("content-digest")}',
        *([f'"{name}";{parameters}: {values[component]}'] if component else []),
        f'"@signature-params": {inner}',
    ]
    scheme = played.services.sources[played.sender].sender.scheme
    assert isinstance(scheme, HttpSignatureScheme)
    key = key_of(played.key.signs, "base64-if-prefixed", "base64:")
    mac = hmac.digest(key, "\n".join(lines).encode(), "sha256")
    label = (request.header("signature-input") or "").partition("=")[0]
    kept = [pair for pair in request.headers if not pair[0].startswith("signature")]
    made = base64.b64encode(mac).decode()
    headers = (*kept, ("signature-input", f"{label}={inner}"), ("signature", f"{label}=:{made}:"))
    return replace(request, headers=headers)


@pytest.mark.parametrize(
    ("partition", "region", "domain"),
    [
        ("aws-cn", "cn-north-1", "amazonaws.com.cn"),
        ("aws-us-gov", "us-gov-west-1", "amazonaws.com"),
        ("aws-eusc", "eusc-de-east-1", "amazonaws.eu"),
    ],
)
def test_sns_of_every_partition(play: Play, partition: str, region: str, domain: str) -> None:
    played = play("aws-sns")
    message = {
        "Type": "Notification",
        "MessageId": played.event,
        "TopicArn": f"arn:{partition}:sns:{region}:123456789012:orders",
        "Message": quote("tea"),
        "SigningCertURL": f"https://sns.{region}.{domain}/SimpleNotificationService-test.pem",
    }
    assert "200 new" == played.told(played.signed(json.dumps(message).encode()))
