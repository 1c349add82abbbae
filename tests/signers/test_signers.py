"""Official libraries sign and Verihook verifies; then both see the same altered deliveries.

``make signers`` tries those that are installed in seconds, ``make signers ALL=1`` all of them (libraries.py).

Verihook never accepts what a library refuses; what a library accepts and Verihook refuses stands in THEIRS_ALONE with
the reason. An entry that no longer tells the truth fails.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from Adyen.util import generate_notification_sig, is_valid_hmac_notification

from tests.signers.libraries import LIBRARIES
from tests.signers.library import Delivery, Library
from tests.signers.symmetric import ADYEN
from verihook.errors import SignatureError
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.schemes import Proof


def _genuine(library: Library, at: int, secret: str = "") -> Delivery:
    return library.signed(library.body(at), at, secret)


def _signature(change: Callable[[str], str]) -> Callable[[Library, int], Delivery]:
    """The signature header changed."""

    def altered(library: Library, at: int) -> Delivery:
        headers, body = _genuine(library, at)
        return {**headers, library.signature: change(headers[library.signature])}, body

    return altered


def _body(change: Callable[[bytes], bytes]) -> Callable[[Library, int], Delivery]:
    """The body changed."""

    def altered(library: Library, at: int) -> Delivery:
        headers, body = _genuine(library, at)
        return headers, change(body)

    return altered


def _without_signature(library: Library, at: int) -> Delivery:
    headers, body = _genuine(library, at)
    return {name: value for name, value in headers.items() if name != library.signature}, body


def _last_flipped(signature: str) -> str:
    """A character in the middle of the signature's last 20 changed: no padding, no separator."""
    at = len(signature) - 12
    # Not the other case of a letter: hex digits of either case are the same bytes.
    return signature[:at] + ("0" if signature[at] != "0" else "1") + signature[at + 1 :]


MUTATIONS: dict[str, Callable[[Library, int], Delivery]] = {
    "body byte changed": _body(lambda body: body.replace(b"1", b"2", 1)),
    "body byte added": _body(lambda body: body + b"1"),
    "body empty": _body(lambda _: b""),
    "body not UTF-8": _body(lambda body: body + b"\xff"),
    "signature changed": _signature(_last_flipped),
    "signature cut": _signature(lambda text: text[: len(text) // 2]),
    "signature empty": _signature(lambda _: ""),
    "signature absent": _without_signature,
    "signature not ASCII": _signature(lambda text: text[:-2] + "é"),
    "signature and junk": _signature(lambda text: text + "!"),
    "signature of another secret": lambda library, at: _genuine(library, at, library.other),
    "signed an hour ago": lambda library, at: _genuine(library, at - 3600),
    "signed in an hour": lambda library, at: _genuine(library, at + 3600),
}

NO_TIME = ("signed an hour ago", "signed in an hour")

_FUTURE = "the library's window is one-sided; ours reaches both ways, or a stolen key could sign for later"
_JUNK = "the library's base64 decoder skips characters that are none; one signature has one spelling here"
_NO_AGE = (
    "the library bounds no age; ours bounds it to 300 seconds, or a recorded delivery could be sent again at any time"
)

#: Libraries of Node that bound no age, or bound it one way, or skip what is no base64 or hex.
AGELESS = ("@sendgrid/eventwebhook", "@sanity/webhook", "@hygraph/utils", "replicate", "cashfree-pg", "webflow-api")
ONE_SIDED = (
    "@paddle/paddle-node-sdk",
    "@workos-inc/node",
    "@contentful/node-apps-toolkit",
    "@mux/mux-node",
    "atlassian-jwt",
)
LENIENT = (
    "@sendgrid/eventwebhook",
    "@line/bot-sdk",
    "openai",
    "gocardless-nodejs",
    "@onfido/api",
    "truelayer-signing",
)

#: What a library accepts and Verihook refuses, and why: the policy of docs/threat-model.md.
THEIRS_ALONE = {
    ("stripe", "signed in an hour"): _FUTURE,
    ("hubspot-v3", "signed in an hour"): _FUTURE,
    ("standardwebhooks", "signature and junk"): _JUNK,
    ("svix", "signature and junk"): _JUNK,
    ("@hygraph/utils", "signature and junk"): "the library reads the digits at the beginning of the time alone",
    ("PyJWT", "signed an hour ago"): _NO_AGE,
    ("discord-interactions", "signed an hour ago"): _NO_AGE,
    ("discord-interactions", "signed in an hour"): _NO_AGE,
    **{(name, f"signed {when}"): _NO_AGE for name in AGELESS for when in ("an hour ago", "in an hour")},
    **{(name, "signed in an hour"): _FUTURE for name in ONE_SIDED},
    **{(name, "signature and junk"): _JUNK for name in LENIENT},
}

_RETRIES = (
    "Linear repeats a delivery for six hours with its first time; the library refuses these, ours takes eight hours"
)

#: What a library accepts or not as it happens: whether junk stands in the place of padding depends on the length.
UNDECIDED = {("@sendgrid/eventwebhook", "signature not ASCII")}

#: What Verihook accepts and a library refuses, and why.
OURS_ALONE = {("linear", "signed an hour ago"): _RETRIES, ("linear", "signed in an hour"): _RETRIES}

#: Where a library raises what it does not document, or takes text, so that the decoding before it raises: its user
#: answers 500. Verihook refuses.
CRASHES = {
    *((name, "body not UTF-8") for name in ("stripe", "slack_sdk", "standardwebhooks", "svix", "twilio", "boxsdk")),
    *((name, "body not UTF-8") for name in ("hubspot-v1", "hubspot-v2", "hubspot-v3", "qstash", "plivo")),
    *((name, "signature not ASCII") for name in ("stripe", "slack_sdk", "standardwebhooks", "svix", "adyen")),
    *((name, "signature not ASCII") for name in ("hubspot-v1", "hubspot-v2", "hubspot-v3", "gidgethub")),
}


@pytest.mark.parametrize("name", LIBRARIES)
def test_verihook_accepts_what_the_library_signs(name: str) -> None:
    library = LIBRARIES[name]
    headers, body = _genuine(library, int(time.time()) - 1)
    assert ("accepts", "accepts") == (library.verdict(headers, body), library.ours(headers, body))


@pytest.mark.parametrize("mutation", MUTATIONS)
@pytest.mark.parametrize("name", LIBRARIES)
def test_both_see_the_same_altered_delivery(name: str, mutation: str) -> None:
    library = LIBRARIES[name]
    headers, body = MUTATIONS[mutation](library, int(time.time()) - 1)
    theirs, ours = library.verdict(headers, body), library.ours(headers, body)
    if not library.timed and mutation in NO_TIME:
        # The sender signs no time: an old delivery is as genuine as a new one. The event's id tells a repetition.
        assert ("accepts", "accepts") == (theirs, ours)
    elif not library.binds_body and mutation.startswith("body"):
        # A token that shows who sends, whatever it is.
        assert ("accepts", "accepts") == (theirs, ours)
    elif (name, mutation) in UNDECIDED:
        assert ours == "refuses"
    elif (name, mutation) in THEIRS_ALONE:
        assert ("accepts", "refuses") == (theirs, ours), THEIRS_ALONE[name, mutation]
    elif (name, mutation) in OURS_ALONE:
        assert ("refuses", "accepts") == (theirs, ours), OURS_ALONE[name, mutation]
    else:
        crashes = (name, mutation) in CRASHES
        assert ("crashes" if crashes else "refuses", "refuses") == (theirs, ours)


def test_adyen_every_item_is_checked() -> None:
    items = [{"NotificationRequestItem": _adyen_item(number)} for number in (1, 2)]
    genuine = json.dumps({"notificationItems": items}).encode()
    items[1]["NotificationRequestItem"]["amount"]["value"] = 1_000_000
    forged = json.dumps({"notificationItems": items}).encode()
    verify = load_sender("adyen").scheme.bind((ADYEN,))
    assert Proof("current") == verify(Request("POST", "/", "", (), genuine, ""), 0)
    with pytest.raises(SignatureError, match="could not be verified"):
        verify(Request("POST", "/", "", (), forged, ""), 0)
    # The library looks at the first item alone.
    assert [True, True] == [is_valid_hmac_notification(json.loads(body), ADYEN) for body in (genuine, forged)]


def _adyen_item(number: int) -> dict[str, Any]:
    item: dict[str, Any] = {
        "pspReference": f"psp{number}",
        "originalReference": "",
        "merchantAccountCode": "TestMerchant",
        "merchantReference": "Zoë:1",
        "amount": {"value": 1000 + number, "currency": "EUR"},
        "eventCode": "AUTHORISATION",
        "success": "true",
    }
    return {**item, "additionalData": {"hmacSignature": generate_notification_sig(item, ADYEN).decode()}}
