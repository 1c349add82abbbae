"""Whatever arrives at whatever sender: Proof or SignatureError, nothing else; and one changed byte is refused.

The senders are discovered. What a genuine delivery of each looks like stands in tests/vectors: its first valid case is
where the edits begin. VERIHOOK_EXAMPLES is how many deliveries each sender is tried with; ``make fuzz`` sets it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.vectors.run import parameters_of, read_cases, request_of, secrets_of
from verihook.errors import SecretsUnavailable, SignatureError
from verihook.request import Request
from verihook.senders import load_sender, sender_ids
from verihook.senders.schemes import Proof, Scheme, Setting, Verify

EXAMPLES = int(os.environ.get("VERIHOOK_EXAMPLES") or 200)
VECTORS = Path(__file__).parents[3] / "vectors"

#: Senders without a vector file of their own, and whose deliveries they take.
SAME_AS = {"generic": "generic-sha256-hex"}

#: Senders that do not sign the body, or only these members of it; "" for none.
SIGNED_MEMBERS = {
    **dict.fromkeys(
        (
            *("gitlab-token", "buildkite-token", "cloudflare-notifications", "telegram"),
            *("okta", "auth0-log-stream", "chargebee"),
        ),
        "",
    ),
    "mailgun": "timestamp|token|signature",
    "adyen": "pspReference|merchantAccountCode|merchantReference|value|currency|eventCode|success|hmacSignature",
    "aws-sns": "Message|MessageId|Subject|Timestamp|TopicArn|Type|Signature",
}

#: Headers that belong to a signature and are not covered by it: the name of Twilio's key, of which we know one.
UNSIGNED_HEADERS = {"twilio-sharedkey": {"x-twilio-webhooks-signature-settings"}}

#: Senders whose private keys are not ours, with the headers that prove a delivery: a case of tests/vectors stands in.
PROVING_HEADERS = {
    "aws-sns": frozenset[str](),
    "discord": frozenset({"x-signature-ed25519", "x-signature-timestamp"}),
    "paypal": frozenset({"paypal-transmission-id", "paypal-transmission-time", "paypal-transmission-sig"}),
    "plaid": frozenset({"plaid-verification"}),
    "sendgrid": frozenset({"x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"}),
    "standard-webhooks-v1a": frozenset({"webhook-id", "webhook-timestamp", "webhook-signature"}),
}

#: Senders for whose private key any pair does.
OWN_KEYS: dict[str, Callable[[], Any]] = {
    "rfc9421-ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rfc9421-ed25519": ed25519.Ed25519PrivateKey.generate,
    "rfc9421-rsa-pss": lambda: rsa.generate_private_key(65537, 2048),
}

_BODY_HASH = re.compile("[?&]bodySHA256=[0-9a-f]*")

Change = tuple[str, Request]

#: What senders put there, and what none should: digits of other scripts, halves of characters, 10 kB, ends of lines.
TEXTS = (
    *("", " ", "=", ",", ";", ":", ".", "v1", "v1=", "v1,", "sha256=", "t=,v1=", "0", "-1", "+1", "1_0", "1e9", "NaN"),
    *("٣" * 10, "é", "\ud800", "\x00", "\r\nX: 1", "a" * 10_000, "v1,a " * 2_000, "t=1," * 2_500, "9" * 5_000),
    *("AAAA", "AAA=", "A===", "zz", "0" * 40, "0" * 64, "g" * 64, "A" * 43 + "=", "A" * 43 + "é", "A" * 86 + "=="),
    *("sha256=" + "0" * 64, "v0=" + "0" * 64, "v1," + "A" * 43 + "=", "v1a," + "A" * 86 + "==", "t=1,v1=" + "0" * 64),
    *("2025-12-11T05:48:20Z", "2025-12-11T05:48:20.1+25:99", "0000-00-00T00:00:00Z", "9999-12-31T23:59:60Z", "T" * 20),
    *("eyJhbGciOiJub25lIn0.e30.", "e30.e30.e30", "..", "W10.W10.AA", 'sig1=("@method");created=1', "sig1=:AA==:", '("'),
    *("sha-256=:AA==:", 'sig1=("content-digest";key=")', 'x=?0;y="\\"', "https://example.com/a.pem", "https://[::1"),
    *(
        "http://sns.eu-west-1.amazonaws.com/x.pem",
        "key=,algorithm=",
        "key=a,algorithm=HMAC_SHA256",
        "v1",
        "1",
        "HmacSHA256",
    ),
    *("host,host,content-type", "Basic =", "Bearer ", "SHA256withRSA", "timestamp=1,signature=é", "h= ,v1=,t=1,v0="),
)

BODIES = (
    *(b"", b"{}", b"[]", b"null", b"0", b'""', b"NaN", b"Infinity", b"\xff\xfe", b"\xef\xbb\xbf{}", b"{", b"\x00"),
    *(b"[" * 5_000, b'{"a":' * 5_000, b"9" * 5_000, b"1e999", b'"\\ud800"', b'{"a":1,"a":2}', b'{"signature":1}'),
    *(b"a=1&b=2&a=3", b"a=%zz&%", b"=&=&", b"a=%ff", b"&" * 3_000, "ü=é".encode(), b"a=%00&a=%ED%A0%80"),
    *(b'{"signature":{"timestamp":1e400,"token":[],"signature":null}}', b'{"webhookTimestamp":NaN}'),
    *(
        b'{"signature":{"timestamp":"1","token":"\\ud800","signature":"%s"}}' % (b"0" * 64),
        b'{"webhookTimestamp":1e400}',
    ),
    *(b'{"webhookTimestamp":%s}' % (b"9" * 5_000), b'{"webhookTimestamp":"1"}', b'{"webhookTimestamp":true}'),
    *(b'{"Type":"Notification"}', b'{"Type":1,"SignatureVersion":[]}', b'{"Type":"\\ud800","Signature":"AAAA"}'),
    *(b'{"notificationItems":[]}', b'{"notificationItems":[1,{}]}', b'{"notificationItems":{"a":1}}'),
    b'{"notificationItems":[{"NotificationRequestItem":{"additionalData":{"hmacSignature":"AA=="},"amount":1}}]}',
    b'{"notificationItems":[{"NotificationRequestItem":{"amount":{"value":1e999},"success":{"\\ud800":1}}}]}',
)

CLOCKS = (None, None, 0, -1, 1_765_432_100, 2**31, 2**53, 2**63, -(2**63), 10**30)
QUERIES = (None, None, None, "", "a=1", "bodySHA256=0", "bodySHA256=é", "%zz=%ff", "\ud800", "&" * 3_000)
EDITS = ("keep", "set", "append", "drop", "twice", "end", "begin", "middle")

#: A number chooses among tuples, see :func:`choose`: a draw of Hypothesis costs more than what is tried with it.
NUMBERS = st.sampled_from(range(2**32))


@dataclass(frozen=True, slots=True)
class Target:
    """A sender: its checks, a genuine delivery with its time, the header names that its deliveries have."""

    scheme: Scheme
    secrets: tuple[str, ...]
    setting: Setting
    checks: tuple[Verify, ...]
    request: Request
    now: int
    names: tuple[str, ...]
    public_key: bool


@cache
def target(sender: str) -> Target:
    """What tests/vectors knows of the sender. Fail if it has no valid case: no sender is left out."""
    cases = [case for case in _cases() if case["scheme"] == SAME_AS.get(sender, sender)]
    valid = [case for case in cases if case["valid"]]
    assert valid, f"{sender}: tests/vectors has no valid case of it"
    # The RFC's own examples cover less than a receiver asks for.
    case = min(valid, key=lambda case: "rfc_example" in (case.get("params") or {}))
    scheme = load_sender(sender).scheme
    secrets, setting = secrets_of(case), Setting(case.get("url") or "", parameters_of(case))
    checks = [scheme.bind(secrets, setting)]
    if scheme.keyless:
        # What stands at the key's URL is no key.
        parameters = {"topic_arns": "arn:aws:sns:us-east-1:123456789012:verihook", **setting.parameters}
        networked = replace(setting, parameters=parameters, fetch=lambda *_: b"no key")
        checks.append(scheme.bind((), networked))
    names = dict.fromkeys(name.lower() for case in cases for name, _ in case["headers"])
    request = request_of(case)
    return Target(
        scheme,
        secrets,
        setting,
        tuple(checks),
        request,
        case["now"],
        (*names, "content-type", "x-any"),
        "public_key" in case,
    )


@cache
def _cases() -> list[dict[str, Any]]:
    return read_cases(VECTORS)


def edited(headers: list[tuple[str, str]], name: str, edit: str, text: str) -> list[tuple[str, str]]:
    """The headers with those of this name edited."""
    old = next((value for key, value in headers if key == name), "")
    half = len(old) // 2
    values = {
        "keep": [value for key, value in headers if key == name],
        "set": [text],
        "append": [old, text],
        "drop": [],
        "twice": [old, old],
        "end": [old + text],
        "begin": [text + old],
        "middle": [old[:half] + text + old[half + 1 :]],
    }[edit]
    return [pair for pair in headers if pair[0] != name] + [(name, value) for value in values]


def choose(number: int, *choices: Sequence[Any]) -> list[Any]:
    """One of each of the ``choices``, as the number says."""
    chosen = []
    for options in choices:
        number, index = divmod(number, len(options))
        chosen.append(options[index])
    return chosen


@pytest.mark.parametrize("sender", sender_ids())
@settings(max_examples=EXAMPLES, database=None, phases=[Phase.generate, Phase.shrink])
@given(first=NUMBERS, second=NUMBERS, rest=NUMBERS, random=st.binary(max_size=16))
def test_any_delivery_is_proven_or_refused(sender: str, first: int, second: int, rest: int, random: bytes) -> None:
    aim = target(sender)
    headers = list(aim.request.headers)
    for number in (first, second):
        name, edit, text = choose(number, aim.names, EDITS, (*TEXTS, random.decode(errors="surrogateescape")))
        headers = edited(headers, name, edit, text)
    body, query, clock = choose(rest, (*[aim.request.body] * 8, *BODIES, random, random), QUERIES, CLOCKS)
    request = replace(
        aim.request,
        headers=tuple(headers),
        body=body,
        query=aim.request.query if query is None else query,
    )
    for check in aim.checks:
        try:
            proof = check(request, aim.now if clock is None else clock)
        except SignatureError:
            continue
        except SecretsUnavailable:
            # Keys that stand on the network may be out of reach; pinned ones are always at hand.
            assert check is not aim.checks[0]
            continue
        assert proof.verified_by in ("current", "previous")


def test_the_edits_begin_at_a_genuine_delivery() -> None:
    # If nothing ever verified, everything would be refused at the first look and nothing deep be tried.
    for sender in sender_ids():
        aim = target(sender)
        assert "current" == aim.checks[0](aim.request, aim.now).verified_by, sender


@cache
def signed(sender: str) -> tuple[Verify, Request, frozenset[str]]:
    """A check, a delivery that it takes, of our own signing but for PROVING_HEADERS, and the headers that prove it."""
    aim = target(sender)
    if sender in PROVING_HEADERS:
        return aim.checks[0], aim.request, PROVING_HEADERS[sender]
    url, query = (_BODY_HASH.sub("", text) for text in (aim.setting.public_url, aim.request.query))
    kept = tuple(pair for pair in aim.request.headers if pair[0] == "content-type")
    bare, setting = replace(aim.request, headers=kept, query=query), replace(aim.setting, public_url=url)
    private, verify = aim.secrets[0], aim.checks[0]
    if sender in OWN_KEYS:
        private, public = pems(OWN_KEYS[sender]())
        setting = Setting(url)
        verify = aim.scheme.bind((public,), setting)
    made = aim.scheme.sign(private, bare, setting, message_id="msg_1", now=aim.now)
    names = frozenset(name for name, _ in made.headers)
    return verify, made, names - {"content-type", *UNSIGNED_HEADERS.get(sender, ())}


def pems(key: Any) -> tuple[str, str]:
    """A private key and its public one."""
    pem, public = serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    private = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return private.decode(), key.public_key().public_bytes(pem, public).decode()


def one_byte_changed(request: Request, names: frozenset[str], spans: list[tuple[int, int]]) -> Iterator[Change]:
    """Every byte of the proving headers and of the signed spans of the body, changed once."""
    for number, (name, value) in enumerate(request.headers):
        for at, character in enumerate(value if name in names else ""):
            # Not the other case of a letter: hex digits of either case are the same bytes.
            other = "0" if character != "0" else "1"
            pair = (name, value[:at] + other + value[at + 1 :])
            headers = (*request.headers[:number], pair, *request.headers[number + 1 :])
            yield f"{name}[{at}] {character!r} to {other!r}", replace(request, headers=headers)
    for start, end in spans:
        for at in range(start, end):
            body = request.body[:at] + bytes([request.body[at] ^ 1]) + request.body[at + 1 :]
            yield f"body[{at}]", replace(request, body=body)


def signed_spans(sender: str, body: bytes) -> list[tuple[int, int]]:
    """Where the body is signed: the whole of it but for the senders of SIGNED_MEMBERS."""
    if sender not in SIGNED_MEMBERS:
        return [(0, len(body))]
    members = SIGNED_MEMBERS[sender].encode()
    found = list(re.finditer(rb'"(?:' + members + rb')"\s*:\s*"?([^",}]+)', body)) if members else []
    return [match.span(1) for match in found]


@pytest.mark.parametrize("sender", sender_ids())
def test_one_changed_byte_is_refused(sender: str) -> None:
    verify, request, names = signed(sender)
    now = target(sender).now
    assert Proof("current") == verify(request, now)
    accepted = []
    tried = 0
    for what, changed in one_byte_changed(request, names, signed_spans(sender, request.body)):
        tried += 1
        try:
            verify(changed, now)
        except SignatureError:
            continue
        accepted.append(what)
    assert [] == accepted
    assert tried > 0


def test_only_keys_that_we_do_not_have_are_not_signed_with() -> None:
    # Official libraries sign for Plaid, Discord and RFC 9421 in tests/signers.
    assert {*PROVING_HEADERS, *OWN_KEYS} == {sender for sender in sender_ids() if target(sender).public_key}
