"""The end of a page of deliveries, as a text that tells its reader nothing and that no reader can make.

A page ends at the last row that it looked at, which may be one that the caller may not see. Its id must not be told,
and must not be found out by cursors that are made up either: an id is the right to look at its instance.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets

from verihook.errors import RequestInvalid
from verihook.model.listing import Position

_PURPOSE = b"verihook cursors of deliveries"

#: The lengths of the number that is used once and of the MAC, in bytes.
_NONCE, _MAC = 8, 16


def seal_cursor(place: Position, instance_key: bytes) -> str:
    """Return the cursor of a place: base64url of a nonce, the encrypted place, and a MAC of both."""
    key, nonce = _key(instance_key), secrets.token_bytes(_NONCE)
    hidden = nonce + _xor(f"{place.created_at} {place.id}".encode(), key + nonce)
    return base64.urlsafe_b64encode(hidden + _mac(hidden, key)).decode().rstrip("=")


def open_cursor(cursor: str, instance_key: bytes) -> Position:
    """Return the place of a cursor that :func:`seal_cursor` made with this key. Raises RequestInvalid for any other."""
    key = _key(instance_key)
    try:
        sealed = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except ValueError:
        sealed = b""
    hidden, mac = sealed[:-_MAC], sealed[-_MAC:]
    if not hmac.compare_digest(mac, _mac(hidden, key)):
        raise RequestInvalid("cursor: invalid or from another list; omit it to start over.")
    at, _, entry_id = _xor(hidden[_NONCE:], key + hidden[:_NONCE]).decode().partition(" ")
    return Position(int(at), entry_id)


def _key(instance_key: bytes) -> bytes:
    return hmac.digest(instance_key, _PURPOSE, "sha256")


def _mac(hidden: bytes, key: bytes) -> bytes:
    return hmac.digest(key, hidden, "sha256")[:_MAC]


def _xor(text: bytes, seed: bytes) -> bytes:
    """The text with the stream of the seed put over it; the same again gives the text back.

    SHAKE256 of a secret key and what follows it is a pseudo-random function (NIST SP 800-185, 4.1 for KMAC).
    """
    stream = hashlib.shake_256(seed).digest(len(text))
    return bytes(one ^ other for one, other in zip(text, stream, strict=True))
