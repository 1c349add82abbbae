"""The libraries of Node that ``make signers ALL=1`` adds.

Too many to be installed for each change: minutes, and some 300 MB.
"""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519

from tests.signers.library import COMPARES, URL, Library
from tests.signers.node_process import NodeLibraries

_ALL = NodeLibraries("all.mjs", "signers-all")
_library, _standard = _ALL.library, _ALL.standard


def _telnyx() -> Library:
    key, other = (ed25519.Ed25519PrivateKey.generate() for _ in range(2))
    public = _b64(key.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw))
    return _library(
        "telnyx",
        "telnyx",
        _b64(key.private_bytes_raw()),
        "telnyx-signature-ed25519",
        key=public,
        other=_b64(other.private_bytes_raw()),
        only_verifies="it knows the public key alone",
    )


def _b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


#: The URL that Mercado Pago's notifications have.
_PAYMENT = "https://hooks.example.com/hooks/orders?data.id=123&type=payment"

#: Contentful's library encodes a query twice.
_NO_QUERY = URL.partition("?")[0]


def _verifies(name: str, sender: str, secret: str, header: str, **rest: Any) -> Library:
    return _library(name, sender, secret, header, only_verifies=COMPARES, **rest)


NODE_ALL = [
    _telnyx(),
    _standard("@clerk/backend", "clerk", "svix-signature", signs=True),
    _standard("openai", "openai", takes="text", only_verifies=COMPARES),
    _standard("@anthropic-ai/sdk", "anthropic", signs=True),
    _verifies("square", "square", "asdf1234", "x-square-hmacsha256-signature", timed=False),
    _verifies("@paddle/paddle-node-sdk", "paddle", "pdl_ntfset_1", "paddle-signature"),
    _verifies("@line/bot-sdk", "line", "channel secret", "x-line-signature", timed=False, takes="bytes"),
    _library(
        "@contentful/node-apps-toolkit",
        "contentful",
        "s" * 64,
        "x-contentful-signature",
        signs=True,
        other="o" * 64,
        url=_NO_QUERY,
    ),
    _verifies("cashfree-pg", "cashfree", "cf secret", "x-webhook-signature", takes="json"),
    _verifies("@easypost/api", "easypost", "easypost secret", "x-hmac-signature", timed=False, takes="json"),
    # Mercado Pago repeats a delivery for days, and Vonage for one: an hour is no age.
    _verifies("mercadopago", "mercado-pago", "mp secret", "x-signature", binds_body=False, timed=False, url=_PAYMENT),
    _verifies("@onfido/api", "onfido", "onfido token", "x-sha2-signature", timed=False, takes="json"),
    _verifies("webflow-api", "webflow", "webflow secret", "x-webflow-signature"),
    _library(
        "@vonage/jwt",
        "vonage",
        "a signing secret of 32 characters",
        "authorization",
        signs=True,
        timed=False,
        takes="bytes",
    ),
    _library("@metronome/sdk", "metronome", "metronome secret", "metronome-webhook-signature", signs=True),
    _library("orb-billing", "orb", "orb secret", "x-orb-signature", signs=True),
]
