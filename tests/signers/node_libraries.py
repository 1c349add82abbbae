"""The libraries of Node of ``make signers``."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any

from tests.signers.library import Headers, Library, Sign
from tests.signers.node_process import NodeLibraries, NodeRefusal

_QUICK = NodeLibraries("quick.mjs", "signers")


def _library(name: str, sender: str, secret: str, header: str, *, sign: Sign | None = None, **rest: Any) -> Library:
    def accepts(headers: Headers, body: bytes) -> bool:
        return bool(_QUICK.ask(name, "verify", secret, {**rest.get("with_headers", {}), **headers}, body))

    takes, timed = rest.get("takes", "some"), bool(rest.get("timed"))
    return Library(name, sender, secret, header, sign, accepts, refusals=(NodeRefusal,), timed=timed, takes=takes)


def _octokit_sign(body: bytes, at: int, secret: str) -> Headers:
    return {"x-hub-signature-256": _QUICK.ask("octokit", "sign", secret, {}, body)}


def _linear_sign(body: bytes, at: int, secret: str) -> Headers:
    # The library only verifies; ours would put its own time into the body.
    return {"linear-signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


#: What Shopify's library wants to see besides the signature.
_SHOPIFY = {
    "x-shopify-topic": "orders/create",
    "x-shopify-shop-domain": "shop.myshopify.com",
    "x-shopify-api-version": "2025-10",
    "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
}

NODE = [
    _library("octokit", "github", "It's a Secret to Everybody", "x-hub-signature-256", sign=_octokit_sign),
    _library("shopify", "shopify", "shpss_hush", "x-shopify-hmac-sha256", with_headers=_SHOPIFY),
    _library("square", "square", "asdf1234", "x-square-hmacsha256-signature", takes="text"),
    _library("linear", "linear", "lin_wh_1", "linear-signature", sign=_linear_sign, timed=True, takes="own"),
]
