"""Adyen's notification items: each carries its own HMAC inside the JSON, and each is checked.

To check the first item alone, as an official library does, lets any caller append forged ones.
https://docs.adyen.com/development-resources/webhooks/verify-hmac-signatures/
"""

from __future__ import annotations

import base64
import hmac
import json
from dataclasses import dataclass
from typing import Any, ClassVar

from verihook.errors import SignatureError
from verihook.records import replace
from verihook.request import Request
from verihook.senders.schemes import PLAIN, Proof, Setting, Verify, no_secret, proof_by
from verihook.senders.schemes.candidates import signature_text
from verihook.senders.schemes.encoding import decode_base64, key_of
from verihook.strict_json import parse_unverified

#: More items than this in one delivery are refused; Adyen sends up to six.
MAX_ITEMS = 100

#: What is signed, in this order, joined by ":" without escapes. All else in an item is not signed.
_SIGNED = (
    ("pspReference",),
    ("originalReference",),
    ("merchantAccountCode",),
    ("merchantReference",),
    ("amount", "value"),
    ("amount", "currency"),
    ("eventCode",),
    ("success",),
)


@dataclass(frozen=True, slots=True)
class AdyenScheme:
    """HMAC-SHA256 in base64 over eight members of each item; the secret is the key in hex."""

    keyless: ClassVar[bool] = False
    timed: ClassVar[bool] = False
    binds_body: ClassVar[bool] = False  # items are signed one by one, so a part of a delivery is a delivery, too

    def covers(self, header: str, path: tuple[str, ...]) -> bool:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        return not header

    def bind(self, secrets: tuple[str, ...], setting: Setting = PLAIN) -> Verify:
        """See :class:`~verihook.senders.schemes.Scheme`."""
        # One of Adyen's libraries cuts a key off at the first character that is no hex digit; here it is refused.
        keys = tuple(key_of(secret, "hex") for secret in secrets)
        if not keys:
            return no_secret

        def verify(request: Request, _now: int) -> Proof:
            oldest = 0
            for item in _items(parse_unverified(request.body)):
                signature, signed = _signature(item), _signed_bytes(item)
                matches = [hmac.compare_digest(hmac.digest(key, signed, "sha256"), signature) for key in keys]
                if not any(matches):
                    raise SignatureError("signature-mismatch")
                oldest = max(oldest, matches.index(True))
            return proof_by(oldest)

        return verify

    def sign(self, secret: str, request: Request, setting: Setting = PLAIN, *, message_id: str, now: int) -> Request:
        """See :class:`~verihook.senders.schemes.Scheme`.

        The body must hold notification items; each gets its signature.
        """
        key = key_of(secret, "hex")
        try:
            content = parse_unverified(request.body)
            for item in _items(content):
                mac = hmac.digest(key, _signed_bytes(item), "sha256")
                if not isinstance(item.setdefault("additionalData", {}), dict):
                    raise SignatureError("malformed-item")
                item["additionalData"]["hmacSignature"] = base64.b64encode(mac).decode()
        except SignatureError as error:
            raise ValueError(f"the body is not a notification of Adyen's to sign: {error.reason}") from None
        body = json.dumps(content, ensure_ascii=False).encode()
        return replace(request, body=body)


def _items(content: dict[str, Any]) -> list[dict[str, Any]]:
    wrapped = content.get("notificationItems")
    if not isinstance(wrapped, list) or not wrapped:
        raise SignatureError("no-items")
    if len(wrapped) > MAX_ITEMS:
        raise SignatureError("too-many-items")
    items = [item.get("NotificationRequestItem") if isinstance(item, dict) else None for item in wrapped]
    found = [item for item in items if isinstance(item, dict)]
    if len(found) != len(wrapped):
        raise SignatureError("malformed-item")
    return found


def _signature(item: dict[str, Any]) -> bytes:
    additional = item.get("additionalData")
    text = additional.get("hmacSignature") if isinstance(additional, dict) else None
    return decode_base64(signature_text(text), 32)


def _signed_bytes(item: dict[str, Any]) -> bytes:
    amount = item.get("amount")
    if amount is not None and not isinstance(amount, dict):
        raise SignatureError("malformed-item")
    members = {"amount": amount or {}}
    return ":".join([_text(members.get(path[0], item).get(path[-1])) for path in _SIGNED]).encode()


def _text(value: object) -> str:
    """A member as Adyen writes it in what it signs: an absent one is empty."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int):
        return str(value)
    raise SignatureError("malformed-item")
