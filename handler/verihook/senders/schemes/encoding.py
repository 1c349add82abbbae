"""Strict decoding: one signature can be written in one way only. A lenient decoder would accept many spellings."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable

from verihook.errors import SignatureError

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+", re.ASCII)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", re.ASCII)

Decode = Callable[[str, int], bytes]


def decode_hex(text: str, size: int) -> bytes:
    """``size`` bytes from hex digits of either case. Raises SignatureError."""
    value = hex_bytes(text)
    if len(value) != size:
        raise SignatureError("wrong-signature-length")
    return value


def decode_base64(text: str, size: int) -> bytes:
    """``size`` bytes from standard, padded, canonical base64 (RFC 4648 section 3.5). Raises SignatureError."""
    value = base64_bytes(text)
    if len(value) != size:
        raise SignatureError("wrong-signature-length")
    return value


def hex_bytes(text: str) -> bytes:
    """One or more bytes from hex digits of either case. Raises SignatureError."""
    try:
        # Not bytes.fromhex, which skips whitespace.
        value = binascii.unhexlify(text)
    except ValueError:
        value = b""
    if not value:
        raise SignatureError("not-hex")
    return value


def base64_bytes(text: str) -> bytes:
    """One or more bytes from standard, padded, canonical base64 (RFC 4648 section 3.5). Raises SignatureError."""
    try:
        value = binascii.a2b_base64(text)
    except ValueError:
        value = b""
    # The decoder is lenient. Only the text that encoding the bytes gives is accepted.
    if not value or binascii.b2a_base64(value, newline=False).decode() != text:
        raise SignatureError("non-canonical-base64" if _BASE64.fullmatch(text) else "not-base64")
    return value


def decode_base64url(text: str, size: int) -> bytes:
    """``size`` bytes from unpadded, canonical base64url (RFC 7515 section 2). Raises SignatureError."""
    value = base64url_bytes(text)
    if len(value) != size:
        raise SignatureError("wrong-signature-length")
    return value


_BASE64URL = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


def base64url_bytes(text: str) -> bytes:
    """One or more bytes from unpadded, canonical base64url (RFC 7515 section 2). Raises SignatureError."""
    if not _BASE64URL.fullmatch(text):
        raise SignatureError("not-base64url")
    # One character over a multiple of four makes no byte.
    value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)) if len(text) % 4 != 1 else b""
    if not value or base64url_text(value) != text:
        raise SignatureError("non-canonical-base64url")
    return value


def base64url_text(value: bytes) -> str:
    """Unpadded base64url."""
    return base64.urlsafe_b64encode(value).decode().rstrip("=")


DECODERS: dict[str, Decode] = {"hex": decode_hex, "base64": decode_base64, "base64url": decode_base64url}

#: As DECODERS, for signatures whose length is not checked here: a wrong length fails the verification.
UNSIZED: dict[str, Callable[[str], bytes]] = {
    "hex": hex_bytes,
    "base64": base64_bytes,
    "base64url": base64url_bytes,
}


def encode_signature(signature: bytes, encoding: str) -> str:
    """A signature in an encoding of DECODERS, as a sender writes it."""
    if encoding == "base64url":
        return base64url_text(signature)
    return signature.hex() if encoding == "hex" else base64.b64encode(signature).decode()


def decode_key(secret: str, prefix: str) -> bytes:
    """A key in base64, with or without its prefix; missing padding is tolerated, as the libraries do.

    ``v1,`` before the prefix is how Supabase writes it: https://supabase.com/docs/guides/auth/auth-hooks
    Raise ValueError in words.
    """
    text = _unversioned(secret, prefix).removeprefix(prefix)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"the secret is not base64 (after {prefix!r}){_hint(secret)}") from error


def _unversioned(secret: str, prefix: str) -> str:
    return secret.removeprefix("v1,") if prefix and secret.startswith(f"v1,{prefix}") else secret


def _hint(secret: str) -> str:
    """What to do about a secret that is known to be written in another way."""
    if secret.startswith("polar_whs_"):
        # https://polar.sh/docs/integrate/webhooks/delivery
        return "; Polar's is the key itself: give the base64 of all of it (printf %s polar_whs_... | base64 -w0)"
    return ""


def _utf8_key(secret: str, _prefix: str) -> bytes:
    try:
        return secret.encode()
    except UnicodeEncodeError as error:
        raise ValueError("the secret is not valid Unicode") from error


def _hex_key(secret: str, prefix: str) -> bytes:
    text = secret.removeprefix(prefix)
    if text and not _HEX.fullmatch(text):
        raise ValueError("the secret is not hex")
    return bytes.fromhex(text)


def _prefixed_key(secret: str, prefix: str) -> bytes:
    return decode_key(secret, prefix) if _unversioned(secret, prefix).startswith(prefix) else _utf8_key(secret, "")


def _hashed_key(secret: str, algorithm: str) -> bytes:
    key = _utf8_key(secret, "")
    return hashlib.new(algorithm, key).digest() if key else b""


#: How a secret becomes a key: ``utf8`` its bytes, ``hex`` and ``base64`` decoded (without the prefix, if it has it),
#: ``base64-if-prefixed`` decoded if it has the prefix, else its bytes; ``sha1`` and ``sha256`` the digest of its bytes.
KEYS: dict[str, Callable[[str, str], bytes]] = {
    "utf8": _utf8_key,
    "sha1": lambda secret, _: _hashed_key(secret, "sha1"),
    "sha256": lambda secret, _: _hashed_key(secret, "sha256"),
    "hex": _hex_key,
    "base64": decode_key,
    "base64-if-prefixed": _prefixed_key,
}


def key_of(secret: str, kind: str, prefix: str = "") -> bytes:
    """The key that a secret stands for; ``kind`` of :data:`KEYS`. Raises ValueError in words, also for an empty one."""
    key = KEYS[kind](secret, prefix)
    refuse_empty(key)
    return key


def refuse_empty(*secrets: str | bytes) -> None:
    """Raise ValueError in words if one is empty: any caller could sign with that."""
    if not all(secrets):
        raise ValueError("the secret is empty")
