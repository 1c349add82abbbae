"""The libraries of Node of ``make signers ALL=1``: they verify what we sign, and three of them sign themselves.

Too many to be installed for each change: minutes, and some 300 MB.
"""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from tests.signers.asymmetric import private_pem, public_pem
from tests.signers.library import URL, Headers, Library, order
from tests.signers.node_process import NodeLibraries, NodeRefusal
from tests.signers.symmetric import OTHER_STANDARD, STANDARD

_ALL = NodeLibraries("all.mjs", "signers-all")


def _library(name: str, sender: str, secret: str, header: str, *, signs: bool = False, **rest: Any) -> Library:
    key, url = rest.get("key", ""), rest.get("url", URL)

    def accepts(headers: Headers, body: bytes) -> bool:
        if header not in headers:
            return False
        return bool(_ALL.ask(name, "verify", secret, headers, body, key=key, url=url))

    def sign(body: bytes, at: int, secret: str) -> Headers:
        return {header: _ALL.ask(name, "sign", secret, {}, body, at=at, url=url)}

    return Library(name, sender, secret, header, sign if signs else None, accepts, refusals=(NodeRefusal,), **rest)


def _standard(name: str, sender: str, header: str = "webhook-signature", takes: str = "json") -> Library:
    return _library(name, sender, STANDARD, header, other=OTHER_STANDARD, takes=takes)


def _sendgrid() -> Library:
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    public = "".join(public_pem(key).splitlines()[1:-1])
    header = "x-twilio-email-event-webhook-signature"
    return _library(
        "@sendgrid/eventwebhook", "sendgrid", private_pem(key), header, key=public, other=private_pem(other)
    )


def _telnyx() -> Library:
    key, other = (ed25519.Ed25519PrivateKey.generate() for _ in range(2))
    raw = serialization.Encoding.Raw, serialization.PublicFormat.Raw
    public = b64(key.public_key().public_bytes(*raw))
    header = "telnyx-signature-ed25519"
    return _library(
        "telnyx", "telnyx", b64(key.private_bytes_raw()), header, key=public, other=b64(other.private_bytes_raw())
    )


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _compact(at: int) -> bytes:
    """A body as JavaScript writes it: WorkOS's library is given the parsed one, and writes it again."""
    return json.dumps(json.loads(order(at)), ensure_ascii=False, separators=(",", ":")).encode()


#: The URL that Mercado Pago's notifications have.
_PAYMENT = "https://hooks.example.com/hooks/orders?data.id=123&type=payment"

#: Contentful's library encodes a query twice.
_NO_QUERY = URL.partition("?")[0]

NODE_ALL = [
    _sendgrid(),
    _telnyx(),
    _standard("resend", "resend", "svix-signature"),
    _standard("@clerk/backend", "clerk", "svix-signature"),
    _standard("openai", "openai", takes="text"),
    _standard("@anthropic-ai/sdk", "anthropic"),
    _standard("lithic", "lithic"),
    _standard("dodopayments", "dodo-payments"),
    _standard("replicate", "replicate", takes="some"),
    _library("@tryfinch/finch-api", "finch", STANDARD[6:], "finch-signature", other=OTHER_STANDARD[6:]),
    _library("@paddle/paddle-node-sdk", "paddle", "pdl_ntfset_1", "paddle-signature"),
    _library("@line/bot-sdk", "line", "channel secret", "x-line-signature", timed=False, takes="bytes"),
    _library("@workos-inc/node", "workos", "wos_secret", "workos-signature", takes="compact", body=_compact),
    _library("@contentful/node-apps-toolkit", "contentful", "s" * 64, "x-contentful-signature", url=_NO_QUERY),
    _library("@sanity/webhook", "sanity", "sanity secret", "sanity-webhook-signature", takes="some"),
    _library("gocardless-nodejs", "gocardless", "gc_secret", "webhook-signature", timed=False),
    _library("coinbase-commerce-node", "coinbase-commerce", "cc secret", "x-cc-webhook-signature", timed=False),
    _library("razorpay", "razorpay", "rzp secret", "x-razorpay-signature", timed=False),
    _library("cashfree-pg", "cashfree", "cf secret", "x-webhook-signature", takes="json"),
    _library("@mux/mux-node", "mux", "mux secret", "mux-signature"),
    _library("modern-treasury", "modern-treasury", "mt secret", "x-signature", timed=False),
    _library("@easypost/api", "easypost", "easypost secret", "x-hmac-signature", timed=False, takes="json"),
    _library("retell-sdk", "retell", "key_retell", "x-retell-signature", signs=True),
    # Mercado Pago repeats a delivery for days, and Vonage for one: an hour is no age.
    _library("mercadopago", "mercado-pago", "mp secret", "x-signature", binds_body=False, timed=False, url=_PAYMENT),
    _library("@onfido/api", "onfido", "onfido token", "x-sha2-signature", timed=False, takes="json"),
    _library("webflow-api", "webflow", "webflow secret", "x-webflow-signature"),
    _library("@vonage/jwt", "vonage", "a signing secret of 32 characters", "authorization", timed=False, takes="bytes"),
    _library("@metronome/sdk", "metronome", "metronome secret", "metronome-webhook-signature"),
    _library("orb-billing", "orb", "orb secret", "x-orb-signature"),
    _library(
        "atlassian-jwt",
        "atlassian-connect",
        "a shared secret of an installation",
        "authorization",
        signs=True,
        parameters={"client_key": "client-key"},
        binds_body=False,
        # Its tokens last for three minutes.
        timed=True,
        url="https://hooks.example.com/hooks/orders?user_id=z%20o%C3%AB&b=2&a=x&a=1&flag",
    ),
    _library("@notionhq/client", "notion", "secret_notion", "x-notion-signature", signs=True, timed=False),
]
