"""A deployment for tests whose sources have handshakes, and signing as their senders do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tests.flows.deployment import VARIABLES, write
from tests.flows.faces import Answer, Face, Headers
from tests.flows.signing import JSON, new_id

SECRET = "the secret of a sender"
VERIFY_TOKEN = "the verify token"
SPELLED_URL = "https://hooks.example.com/hooks/calls?n=a%20b&at=12:30&flag&a=2&b=1&a=3"
PUBLIC_URL = "https://hooks.example.com/hooks/trello"
DISCORD_KEY = Ed25519PrivateKey.from_private_bytes(b"d" * 32)
VARIABLES_HERE = {
    **VARIABLES,
    "SENDER_SECRET": SECRET,
    "META_VERIFY_TOKEN": VERIFY_TOKEN,
    "DISCORD_KEY": DISCORD_KEY.public_key().public_bytes_raw().hex(),
}

_SOURCE = """
[sources.{name}]
sender = "{sender}"
secrets = ["{secret}"]
workflow = "any"
{more}
"""
_WORKFLOW = """
[workflows.any]
engine = "stepfunctions"
definition = "order-created"
"""


def deploy(folder: Path) -> Path:
    """Lay the deployment out in ``folder``; returns the path of its hooks.toml."""
    hooks = write(folder)
    text = hooks.read_text() + _WORKFLOW
    for name in ("dropbox", "okta", "x-twitter", "twitch", "zoom", "xero", "mailgun"):
        text += _source(name)
    text += _source("modals", "slack") + _source("microsoft-graph") + _source("figma")
    text += _source("woocommerce") + _source("hub", "github") + _source("linear")
    text += _source("pinged", "github", more='types = ["ping"]')
    for name in ("shopify", "intercom", "auth0-log-stream", "jira", "bitbucket"):
        text += _source(name)
    text += _source("asked", "generic", more='reply = { status = 202 }\nduplicates = "reject"')
    text += _source("told", "generic", more='reply = { body = "[accepted]", forged = 498 }')
    text += _source("calls", "twilio", more=f'public_url = "{SPELLED_URL}"')
    text += _source("trello", more=f'public_url = "{PUBLIC_URL}"')
    text += _source("discord", secret="env:DISCORD_KEY")
    # Webhook events have no id, and their type elsewhere.
    event = '[sources.discord-events.event]\ntype = { json = "event.type" }'
    text += _source("discord-events", "discord", secret="env:DISCORD_KEY", more=event)
    text += _source("monday") + _source("azure-event-grid") + _source("azure-event-grid-cloudevents")
    text += _source("strava", more='parameters = { verify_token = "env:META_VERIFY_TOKEN" }')
    text += _source("meta", more='parameters = { verify_token = "env:META_VERIFY_TOKEN" }')
    text += _source("asana-closed", "asana")
    for name, sender in (("asana", "asana"), ("asana-unpaired", "asana"), ("notion", "notion")):
        reference = f"file:{name}.secret"
        text += _source(name, sender, secret=reference, more=f'parameters = {{ pairing = "{reference}" }}')
    hooks.write_text(text)
    return hooks


def _source(name: str, sender: str = "", *, secret: str = "env:SENDER_SECRET", more: str = "") -> str:
    return _SOURCE.format(name=name, sender=sender or name, secret=secret, more=more)


def mac(message: bytes, secret: str = SECRET) -> bytes:
    """HMAC-SHA256, as all of these senders make it."""
    return hmac.new(secret.encode(), message, hashlib.sha256).digest()


def zoom(body: bytes, secret: str = SECRET) -> Headers:
    """Zoom."""
    stamp = str(int(time.time()))
    signature = mac(f"v0:{stamp}:".encode() + body, secret).hex()
    return [JSON, ("x-zm-request-timestamp", stamp), ("x-zm-signature", f"v0={signature}")]


def twitch(body: bytes, kind: str, secret: str = SECRET) -> Headers:
    """Twitch EventSub; ``kind`` goes unsigned."""
    message_id, stamp = new_id(), datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    return [
        JSON,
        ("Twitch-Eventsub-Message-Id", message_id),
        ("Twitch-Eventsub-Message-Timestamp", stamp),
        ("Twitch-Eventsub-Message-Signature", "sha256=" + mac(f"{message_id}{stamp}".encode() + body, secret).hex()),
        ("Twitch-Eventsub-Message-Type", kind),
        ("Twitch-Eventsub-Subscription-Type", "stream.online"),
    ]


def discord(body: bytes, key: Ed25519PrivateKey = DISCORD_KEY) -> Headers:
    """Discord."""
    stamp = str(int(time.time()))
    signature = key.sign(stamp.encode() + body).hex()
    return [JSON, ("X-Signature-Timestamp", stamp), ("X-Signature-Ed25519", signature)]


def x_twitter(body: bytes, signature: str = "") -> Headers:
    """X; ``signature`` in place of the right one."""
    right = base64.b64encode(mac(body)).decode()
    return [JSON, ("x-twitter-webhooks-signature", signature or f"sha256={right}")]


def xero(body: bytes, secret: str = SECRET) -> Headers:
    """Xero."""
    return [JSON, ("x-xero-signature", base64.b64encode(mac(body, secret)).decode())]


def trello(body: bytes) -> Headers:
    """Trello."""
    signature = hmac.new(SECRET.encode(), body + PUBLIC_URL.encode(), hashlib.sha1).digest()
    return [JSON, ("X-Trello-Webhook", base64.b64encode(signature).decode())]


def post(face: Face, source: str, body: bytes, headers: Headers) -> Answer:
    return face.send("POST", f"/hooks/{source}", headers, body)


def get(face: Face, source: str, query: str = "", headers: Headers | None = None) -> Answer:
    return face.send("GET", f"/hooks/{source}?{query}" if query else f"/hooks/{source}", headers or [])


def is_text(answer: Answer, text: bytes) -> bool:
    headers = answer.headers
    return (200, text, "text/plain; charset=utf-8", "nosniff") == (
        answer.status,
        answer.body,
        headers["content-type"],
        headers["x-content-type-options"],
    )
