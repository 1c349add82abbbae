"""JSON that is read before verification, where the signature stands in it or signs its members.

Strict, because nothing is proven yet: RFC 8259 alone (no NaN, no Infinity), no member twice, no lone surrogate. Two
readers would choose differently between two members of one name: https://www.rfc-editor.org/rfc/rfc8259#section-4
"""

from __future__ import annotations

import json
from typing import Any

from verihook.errors import SignatureError

#: Longer texts are not parsed, in bytes. No sender's comes near it.
MAX_JSON = 1_048_576


def read_object(text: bytes, reason: str = "body-is-not-json") -> dict[str, Any]:
    """The JSON object in UTF-8 ``text``. Raises SignatureError ``reason``, for any bytes."""
    if len(text) > MAX_JSON:
        raise SignatureError("body-too-long-for-its-scheme")
    try:
        content = _DECODER.decode(text.decode())
        if not isinstance(content, dict):
            raise SignatureError(reason)
        # A lone surrogate is spelled with an escape and has no bytes to verify.
        if b"\\u" in text:
            json.dumps(content, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        # ValueError: not UTF-8, not JSON, a number with thousands of digits, or one of ours below.
        raise SignatureError(reason) from None
    return content


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _no_member_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a member stands twice")
    return content


_DECODER = json.JSONDecoder(parse_constant=_no_constant, object_pairs_hook=_no_member_twice)
