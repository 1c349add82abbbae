"""Strict decoding. One signature has one spelling: lenient decoders let a caller make many of one."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable

from verihook.errors import SignatureError

_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+", re.ASCII)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,13}", re.ASCII)

Decode = Callable[[str, int], bytes]


def decode_hex(text: str, size: int) -> bytes:
    """``size`` bytes from hex digits of either case. Raises SignatureError."""
    if not _HEX.fullmatch(text):
        raise SignatureError("not-hex")
    if len(text) != 2 * size:
        raise SignatureError("wrong-signature-length")
    return bytes.fromhex(text)


def decode_base64(text: str, size: int) -> bytes:
    """``size`` bytes from standard, padded, canonical base64 (RFC 4648 section 3.5). Raises SignatureError."""
    if not _BASE64.fullmatch(text):
        raise SignatureError("not-base64")
    value = base64.b64decode(text)
    if not value or base64.b64encode(value).decode() != text:
        raise SignatureError("non-canonical-base64")
    if len(value) != size:
        raise SignatureError("wrong-signature-length")
    return value


def decode_seconds(text: str) -> int:
    """Seconds since the epoch from ASCII digits alone: no sign, space, fraction, underscore. Raises SignatureError."""
    if not _DIGITS.fullmatch(text):
        raise SignatureError("bad-timestamp")
    return int(text)


def decode_key(secret: str, prefix: str) -> bytes:
    """A key in base64, with or without its prefix; missing padding is tolerated, as the libraries do.

    Raises ValueError in words.
    """
    text = secret.removeprefix(prefix)
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"the secret is not base64 (after {prefix!r})") from error


DECODERS: dict[str, Decode] = {"hex": decode_hex, "base64": decode_base64}
