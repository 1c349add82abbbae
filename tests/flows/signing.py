"""Signing as senders do, with nothing of ours: what a plain client knows."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from typing import Any

from tests.flows.deployment import SECRET, STANDARD_SECRET
from tests.flows.faces import Headers

JSON = ("Content-Type", "application/json")


def x_signature(body: bytes, secret: str = SECRET, prefix: str = "") -> Headers:
    """The generic ``X-Signature``."""
    return [JSON, ("X-Signature", prefix + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest())]


def standard(body: bytes, message_id: str, at: int | None = None, secret: str = STANDARD_SECRET) -> Headers:
    """Standard Webhooks."""
    stamp = str(int(time.time()) if at is None else at)
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.new(key, f"{message_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    signature = f"v1,{base64.b64encode(mac).decode()}"
    return [JSON, ("webhook-id", message_id), ("webhook-timestamp", stamp), ("webhook-signature", signature)]


def stripe(body: bytes, at: int | None = None, secret: str = "whsec_stripe") -> Headers:
    """Stripe."""
    stamp = str(int(time.time()) if at is None else at)
    mac = hmac.new(secret.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
    return [JSON, ("Stripe-Signature", f"t={stamp},v1={mac}")]


def slack(body: bytes, at: int | None = None, secret: str = "slack secret") -> Headers:
    """Slack."""
    stamp = str(int(time.time()) if at is None else at)
    mac = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + body, hashlib.sha256).hexdigest()
    return [JSON, ("X-Slack-Request-Timestamp", stamp), ("X-Slack-Signature", f"v0={mac}")]


def github(body: bytes, delivery: str, event: str = "push", secret: str = "github secret") -> Headers:
    """GitHub."""
    mac = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return [
        JSON,
        ("X-Hub-Signature-256", f"sha256={mac}"),
        ("X-GitHub-Delivery", delivery),
        ("X-GitHub-Event", event),
    ]


def new_id() -> str:
    """An event id that no other test uses."""
    return f"evt_{uuid.uuid4().hex}"


def order(**changes: Any) -> bytes:
    """An order as its sender posts it; ``changes`` replace members."""
    content = {
        "id": new_id(),
        "type": "order.created",
        "orderId": "ord_1",
        "items": [{"productId": "a", "quantity": 2, "price": 10}, {"productId": "b", "quantity": 1, "price": 5}],
        **changes,
    }
    return json.dumps(content).encode()


def base64_mac(body: bytes, secret: str = SECRET) -> str:
    """The base64 HMAC-SHA256 of the body, as Shopify and WooCommerce write it."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
