"""The CPU of verifying a delivery against official Python libraries and bare hmac, as ratios from one run.

    make benchmark

2 KB of JSON. Both begin with a delivery as a framework brings it: ours with the request, of which the index of its
headers is made once, theirs with a dict of headers. Pairs in turn in the same process, so that a drift of the machine
meets both; the median over the rounds of each round's ratio. Exit code 1 if a limit is passed.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "handler"))

import discord_interactions
import slack_sdk.signature
import standardwebhooks
import stripe
import svix.webhooks
import twilio.request_validator
from gidgethub.sansio import validate_event
from nacl.signing import SigningKey

from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.schemes import Setting

ROUNDS, CALLS = 201, 100
SECRET = "It's a Secret to Everybody"
STANDARD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
URL = "https://hooks.example.com/hooks/orders"
NOW = int(time.time())
#: What the function URL brings besides the headers of the sender.
FORWARDED = tuple((f"x-forwarded-header-{number}", "some value") for number in range(12))

Check = Callable[[], object]


def body(size: int = 2048) -> bytes:
    """An order as JSON."""
    items = [{"productId": f"product-{number:04}", "quantity": number, "price": 9.99} for number in range(34)]
    return json.dumps({"id": "evt_1", "type": "order.created", "orderId": "ord_1", "items": items}).ljust(size).encode()


def signed(
    sender: str, secret: str, content: bytes, key: str = "", headers: tuple[tuple[str, str], ...] = ()
) -> Request:
    """A delivery of 2 KB as its sender sends it. ``key``: what it is verified with, if that is not the secret."""
    request = Request("POST", "/hooks/orders", "", (*FORWARDED, *headers), content, "")
    return load_sender(sender).scheme.sign(secret, request, Setting(URL), message_id="msg_1", now=NOW)


def ours(sender: str, secret: str, request: Request) -> Check:
    """Verihook's check, bound once as at load."""
    verify = load_sender(sender).scheme.bind((secret,), Setting(URL))
    return lambda: verify(request, NOW)


def svix_pair() -> tuple[Check, Check]:
    """Svix."""
    request = signed("svix", STANDARD, body())
    headers, theirs = dict(request.headers), svix.webhooks.Webhook(STANDARD)
    return ours("svix", STANDARD, request), lambda: theirs.verify(request.body, headers)


def standard_pair() -> tuple[Check, Check]:
    """Standard Webhooks; the library's parsing of the JSON is left out."""
    request = signed("standard-webhooks", STANDARD, body())
    headers, theirs = dict(request.headers), standardwebhooks.Webhook(STANDARD)
    return ours("standard-webhooks", STANDARD, request), lambda: theirs.verify(request.body, headers, json_parse=False)


def twilio_pair() -> tuple[Check, Check]:
    """Twilio: a form of 8 fields. Both get bytes, so parsing the form counts for both."""
    fields = {name: name * 20 for name in ("MessageSid", "AccountSid", "From", "To", "Body", "NumMedia", "FromCity")}
    content = urlencode({**fields, "Text": "x" * 1000}).encode()
    form = (("content-type", "application/x-www-form-urlencoded"),)
    request = signed("twilio", SECRET, content, headers=form)
    headers, theirs = dict(request.headers), twilio.request_validator.RequestValidator(SECRET)

    def check() -> object:
        fields = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
        return theirs.validate(URL, fields, headers["x-twilio-signature"])

    return ours("twilio", SECRET, request), check


def discord_pair() -> tuple[Check, Check]:
    """Discord: ed25519."""
    key = SigningKey.generate()
    public, stamp, content = key.verify_key.encode().hex(), str(NOW), body()
    signature = key.sign(stamp.encode() + content).signature.hex()
    headers = (*FORWARDED, ("x-signature-ed25519", signature), ("x-signature-timestamp", stamp))
    request, found = Request("POST", "/hooks/orders", "", headers, content, ""), dict(headers)
    return ours("discord", public, request), lambda: discord_interactions.verify_key(
        content, found["x-signature-ed25519"], found["x-signature-timestamp"], public
    )


def stripe_pair() -> tuple[Check, Check]:
    """Stripe; the library's parsing of the JSON is left out."""
    request = signed("stripe", SECRET, body())
    headers, verify = dict(request.headers), stripe.WebhookSignature.verify_header
    return ours("stripe", SECRET, request), lambda: verify(request.body, headers["stripe-signature"], SECRET, 300)


def gidgethub_pair() -> tuple[Check, Check]:
    """GitHub."""
    request = signed("github", SECRET, body())
    headers = dict(request.headers)
    return ours("github", SECRET, request), lambda: validate_event(
        request.body, signature=headers["x-hub-signature-256"], secret=SECRET
    )


def slack_pair() -> tuple[Check, Check]:
    """Slack: the library is one bare hmac."""
    request = signed("slack", SECRET, body())
    headers, theirs = dict(request.headers), slack_sdk.signature.SignatureVerifier(SECRET)
    return ours("slack", SECRET, request), lambda: theirs.is_valid(
        request.body, headers["x-slack-request-timestamp"], headers["x-slack-signature"]
    )


def raw_pair(sender: str, secret: str, content: bytes) -> tuple[Check, Check]:
    """Bare hmac: digest and compare."""
    request = signed(sender, secret, content)
    key = base64.b64decode(secret[6:]) if secret == STANDARD else secret.encode()
    expected = hmac.digest(key, content, "sha256")
    return ours(sender, secret, request), lambda: hmac.compare_digest(
        hmac.digest(key, content, hashlib.sha256), expected
    )


def measure(pair: tuple[Check, Check], calls: int = CALLS) -> tuple[float, float, float]:
    """(our CPU microseconds a call, theirs, the median of the rounds' ratios)."""
    times: tuple[list[float], list[float]] = ([], [])
    for check in pair:
        for _ in range(max(3, calls // 10)):
            assert check() is not False
    for _ in range(ROUNDS):
        for check, found in zip(pair, times, strict=True):
            start = time.process_time_ns()
            for _ in range(calls):
                check()
            found.append((time.process_time_ns() - start) / calls / 1000)
    ratio = statistics.median(mine / other for mine, other in zip(*times, strict=True))
    return statistics.median(times[0]), statistics.median(times[1]), ratio


def report() -> int:
    """Measure and print; 1 if a limit is passed."""
    libraries: list[tuple[str, Callable[[], tuple[Check, Check]], float]] = [
        ("svix", svix_pair, 1.0),
        ("standardwebhooks", standard_pair, 1.0),
        ("twilio", twilio_pair, 1.0),
        ("discord-interactions", discord_pair, 1.0),
        ("stripe", stripe_pair, 1.5),
        ("gidgethub", gidgethub_pair, 1.5),
        ("slack_sdk", slack_pair, 3.0),
    ]
    passed = True

    def line(name: str, mine: float, other: float, value: str, limit: str, *, good: bool) -> None:
        nonlocal passed
        passed &= good
        print(f"{name:<34} {mine:9.1f} {other:9.1f} {value:>10} {limit:>12}  {'ok' if good else 'PASSED OVER'}")

    print(f"{'CPU, microseconds a call':<34} {'ours':>9} {'theirs':>9} {'':>10} {'at most':>12}")
    for name, make, most in libraries:
        mine, other, ratio = measure(make())
        line(name, mine, other, f"{ratio:.2f}x", f"{most:.1f}x", good=ratio <= most)
    for sender, secret in (("generic", SECRET), ("github", SECRET), ("slack", SECRET), ("standard-webhooks", STANDARD)):
        mine, other, _ = measure(raw_pair(sender, secret, body()))
        line(f"{sender} over bare hmac", mine, other, f"+{mine - other:.1f}", "+15.0", good=mine - other <= 15)
    mine, other, ratio = measure(raw_pair("generic", SECRET, body(1 << 20)), calls=5)
    line("generic, 1 MB, against bare hmac", mine, other, f"{ratio:.3f}x", "1.05x", good=ratio <= 1.05)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(report())
