"""The libraries of Node of ``make signers``."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec

from tests.signers.asymmetric import private_pem, public_pem
from tests.signers.library import COMPARES, OTHER_STANDARD, STANDARD, Headers, Library, order
from tests.signers.node_process import NodeLibraries

_QUICK = NodeLibraries("quick.mjs", "signers")
_library, _standard = _QUICK.library, _QUICK.standard


def _linear() -> Library:
    """Its library wants the time in the body, and takes that of one minute alone."""

    def sign(body: bytes, at: int, secret: str) -> Headers:
        return {"linear-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}

    def dated(body: bytes, at: int) -> bytes:
        return body if b"webhookTimestamp" in body else body.replace(b"{", b'{"webhookTimestamp": %d,' % (at * 1000), 1)

    why = "it only verifies; an HMAC made by hand signs bodies as they are, and ours those that it writes itself"
    library = _library("linear", "linear", "lin_wh_1", "linear-signature", takes="json", dated=dated, only_verifies=why)
    return dataclasses.replace(library, sign=sign)


def _sendgrid() -> Library:
    key, other = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    public = "".join(public_pem(key).splitlines()[1:-1])
    header = "x-twilio-email-event-webhook-signature"
    private = private_pem(key)
    return _library(
        "@sendgrid/eventwebhook", "sendgrid", private, header, signs=True, key=public, other=private_pem(other)
    )


def _truelayer() -> Library:
    key, other = (ec.generate_private_key(ec.SECP521R1()) for _ in range(2))
    pem, others = private_pem(key), private_pem(other)
    return _library(
        "truelayer-signing",
        "truelayer",
        pem,
        "tl-signature",
        signs=True,
        key=public_pem(key),
        other=others,
        timed=False,
    )


def _compact(at: int) -> bytes:
    """A body as JavaScript writes it: WorkOS's library is given the parsed one, and writes it again."""
    return json.dumps(json.loads(order(at)), ensure_ascii=False, separators=(",", ":")).encode()


#: What Shopify's library wants to see besides the signature.
_SHOPIFY = {
    "x-shopify-topic": "orders/create",
    "x-shopify-shop-domain": "shop.myshopify.com",
    "x-shopify-api-version": "2025-10",
    "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
}

#: Many of them sign nothing but the body, with a secret that is a text.
_PLAIN: dict[str, Any] = {"signs": True, "timed": False}

NODE = [
    _library("octokit", "github", "It's a Secret to Everybody", "x-hub-signature-256", **_PLAIN, takes="some"),
    _library(
        "shopify", "shopify", "shpss_hush", "x-shopify-hmac-sha256", **_PLAIN, takes="some", with_headers=_SHOPIFY
    ),
    _linear(),
    _standard("standardwebhooks (Node)", "standard-webhooks", signs=True),
    _standard("svix (Node)", "svix", "svix-signature", signs=True),
    _standard("resend", "resend", "svix-signature", signs=True),
    _standard("lithic", "lithic", signs=True),
    _standard("dodopayments", "dodo-payments", signs=True),
    _library("@tryfinch/finch-api", "finch", STANDARD[6:], "finch-signature", signs=True, other=OTHER_STANDARD[6:]),
    _library("@mux/mux-node", "mux", "mux secret", "mux-signature", signs=True),
    _library("modern-treasury", "modern-treasury", "mt secret", "x-signature", **_PLAIN),
    _library("coinbase-commerce-node", "coinbase-commerce", "cc secret", "x-cc-webhook-signature", **_PLAIN),
    _library(
        "@workos-inc/node", "workos", "wos_secret", "workos-signature", signs=True, takes="compact", body=_compact
    ),
    _library("@sanity/webhook", "sanity", "sanity secret", "sanity-webhook-signature", signs=True, takes="some"),
    _library("@hygraph/utils", "hygraph", "hygraph secret", "gcms-signature", signs=True, takes="some"),
    _library("@notionhq/client", "notion", "secret_notion", "x-notion-signature", **_PLAIN),
    _library("retell-sdk", "retell", "key_retell", "x-retell-signature", signs=True),
    _library(
        "atlassian-jwt",
        "atlassian-connect",
        "a shared secret of an installation",
        "authorization",
        signs=True,
        parameters={"client_key": "client-key"},
        binds_body=False,
        # Its tokens last for three minutes.
        url="https://hooks.example.com/hooks/orders?user_id=z%20o%C3%AB&b=2&a=x&a=1&flag",
    ),
    _truelayer(),
    _sendgrid(),
    _library("razorpay", "razorpay", "rzp secret", "x-razorpay-signature", timed=False, only_verifies=COMPARES),
    _standard("replicate", "replicate", takes="some", only_verifies=COMPARES),
    _library("gocardless-nodejs", "gocardless", "gc_secret", "webhook-signature", timed=False, only_verifies=COMPARES),
]
