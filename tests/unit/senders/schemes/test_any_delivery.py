"""Whatever arrives at whatever sender: Proof or SignatureError, nothing else; and one changed byte is refused.

The senders are discovered. What a genuine delivery of each looks like stands in tests/vectors: its first valid case is
where the edits begin. VERIHOOK_EXAMPLES is how many deliveries each sender is tried with; ``make fuzz`` sets it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.unit.senders.schemes.edits import AT_ONCE, BODIES, CLOCKS, EDITS, QUERIES, TEXTS, choose, edited, spread
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
            *("okta", "auth0-log-stream", "chargebee", "postmark", "google-pubsub", "monday"),
            "atlassian-connect",
            *("azure-event-grid", "azure-event-grid-cloudevents", "strava", "mercado-pago"),
            *("vapi", "mailchimp", "pipedrive", "google-channels", "phonepe"),
        ),
        "",
    ),
    **dict.fromkeys(("mailgun", "mailgun-routes"), "timestamp|token|signature"),
    "dropbox-sign": "event_time|event_type|event_hash",
    "lever": "token|triggeredAt|signature",
    "figma": "passcode",
    **dict.fromkeys(("lark", "mattermost", "zulip"), "token"),
    "microsoft-graph": "value|clientState",
    "adyen": "pspReference|merchantAccountCode|merchantReference|value|currency|eventCode|success|hmacSignature",
    "apple-app-store": "signedPayload",
    "midtrans": "order_id|status_code|gross_amount|signature_key",
    "aws-sns": "Message|MessageId|Subject|Timestamp|TopicArn|Type|Signature",
}

#: Headers that belong to a signature and are not covered by it: the name of Twilio's key, of which we know one.
UNSIGNED_HEADERS = {"twilio-sharedkey": {"x-twilio-webhooks-signature-settings"}}

#: Senders whose private keys are not ours, with the headers that prove a delivery: a case of tests/vectors stands in.
PROVING_HEADERS = {
    "aws-sns": frozenset[str](),
    "apple-app-store": frozenset[str](),
    "discord": frozenset({"x-signature-ed25519", "x-signature-timestamp"}),
    "telnyx": frozenset({"telnyx-signature-ed25519", "telnyx-timestamp"}),
    "paypal": frozenset({"paypal-transmission-id", "paypal-transmission-time", "paypal-transmission-sig"}),
    "plaid": frozenset({"plaid-verification"}),
    "sendgrid": frozenset({"x-twilio-email-event-webhook-signature", "x-twilio-email-event-webhook-timestamp"}),
    "standard-webhooks-v1a": frozenset({"webhook-id", "webhook-timestamp", "webhook-signature"}),
}

#: Senders for whose private key any pair does.
OWN_KEYS: dict[str, Callable[[], Any]] = {
    "rfc9421-ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
    "rfc9421-ecdsa-p384": lambda: ec.generate_private_key(ec.SECP384R1()),
    "rfc9421-ed25519": ed25519.Ed25519PrivateKey.generate,
    **dict.fromkeys(("ebay", "circle"), lambda: ec.generate_private_key(ec.SECP256R1())),
    "truelayer": lambda: ec.generate_private_key(ec.SECP521R1()),
    "fal-ai": ed25519.Ed25519PrivateKey.generate,
    **dict.fromkeys(
        ("rfc9421-rsa-pss", "google-pubsub", "wix", "kinde", "shipstation", "wechat-pay", "gong", "saleor"),
        lambda: rsa.generate_private_key(65537, 2048),
    ),
}

_BODY_HASH = re.compile("[?&]bodySHA256=[0-9a-f]*")

Change = tuple[str, Request]

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


@pytest.mark.parametrize("sender", sender_ids())
@settings(max_examples=-(-EXAMPLES // AT_ONCE), database=None, phases=[Phase.generate, Phase.shrink])
@given(first=NUMBERS, second=NUMBERS, rest=NUMBERS, random=st.binary(max_size=16))
def test_any_delivery_is_proven_or_refused(sender: str, first: int, second: int, rest: int, random: bytes) -> None:
    aim = target(sender)
    texts = (*TEXTS, random.decode(errors="surrogateescape"))
    bodies = (*[aim.request.body] * 8, *BODIES, random, random)
    for *edits, last in spread(first, second, rest):
        headers = list(aim.request.headers)
        for number in edits:
            name, edit, text = choose(number, aim.names, EDITS, texts)
            headers = edited(headers, name, edit, text)
        body, query, clock = choose(last, bodies, QUERIES, CLOCKS)
        query = aim.request.query if query is None else query
        request = replace(aim.request, headers=tuple(headers), body=body, query=query)
        prove_or_refuse(aim, request, aim.now if clock is None else clock)


def prove_or_refuse(aim: Target, request: Request, now: int) -> None:
    """Show a delivery to every check. Fail if one answers with anything but a Proof or an error that it may raise."""
    for check in aim.checks:
        try:
            proof = check(request, now)
        except SignatureError:
            continue
        except SecretsUnavailable:
            # Keys that stand on the network may be out of reach; pinned ones are always at hand.
            assert check is not aim.checks[0]
            continue
        except Exception as error:
            error.add_note(f"{request!r} at {now}")
            raise
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
    if getattr(aim.scheme, "event_in_token", ""):
        bare = replace(bare, body=b'{"id":"1"}')
    private, verify = aim.secrets[0], aim.checks[0]
    if sender in OWN_KEYS:
        private, public = pems(OWN_KEYS[sender]())
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


def one_character_of_the_query_changed(request: Request) -> Iterator[Change]:
    """Every character of a query that proves the delivery, changed once."""
    for at, character in enumerate(request.query):
        other = "0" if character != "0" else "1"
        query = request.query[:at] + other + request.query[at + 1 :]
        yield f"query[{at}]", replace(request, query=query)


def signed_spans(sender: str, body: bytes) -> list[tuple[int, int]]:
    """Where the body is signed: the whole of it but for the senders of SIGNED_MEMBERS."""
    if sender not in SIGNED_MEMBERS:
        return [(0, len(body))]
    members = SIGNED_MEMBERS[sender].encode()
    shapes = (rb'"(?:%s)"\s*:\s*"?([^",}]+)', rb"(?:^|&)(?:%s)=([^&]+)", rb"%%22(?:%s)%%22%%3A%%22([^%%]+)")
    found = chain(*(re.finditer(shape % members, body) for shape in shapes)) if members else ()
    return [match.span(1) for match in found]


def proven_by_query(sender: str) -> bool:
    """Whether its token or its signature is in the query, and nothing else is there."""
    scheme = target(sender).scheme
    return bool(getattr(scheme, "query", "") or getattr(scheme, "signature_query", ""))


@pytest.mark.parametrize("sender", sender_ids())
def test_one_changed_byte_is_refused(sender: str) -> None:
    verify, request, names = signed(sender)
    now = target(sender).now
    assert Proof("current") == verify(request, now)
    accepted = []
    tried = 0
    changes = one_byte_changed(request, names, signed_spans(sender, request.body))
    in_query = one_character_of_the_query_changed(request) if proven_by_query(sender) else ()
    for what, changed in chain(changes, in_query):
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
