"""Reads URL-encoded forms in bounded memory.

The standard library's ``parse_qsl`` takes 500 MB for 6 MB of escapes, each of which it makes an object of. Some senders
sign the fields of a form, so a stranger can have one read.
"""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

#: How much is decoded at a time, in bytes: it takes some hundred times as much memory.
_PIECE = 16_384


def percent_decoded(text: bytes) -> bytes:
    """Return ``text`` with its escapes (``%41``) decoded. What is no escape stays as it is."""
    if b"%" not in text:
        return text
    decoded = bytearray()
    start = 0
    while start < len(text):
        end = start + _PIECE
        if end < len(text):
            # Not in the middle of an escape.
            escape = text.rfind(b"%", end - 2, end)
            end = end if escape < 0 else escape
        decoded += unquote_to_bytes(text[start:end])
        start = end
    return bytes(decoded)


def form_fields(text: str, most: int, *, strict: bool = False) -> list[tuple[str, str]]:
    """Return the names and values of a form or a query, blank values too, as ``parse_qsl`` does.

    Raises UnicodeDecodeError for escapes that are not UTF-8, ValueError for more than ``most`` fields and, if
    ``strict``, for a field without a ``=``.
    """
    if text.count("&") >= most:
        raise ValueError(f"more than {most} fields")
    fields: list[tuple[str, str]] = []
    for field in text.split("&") if text else ():
        name, equals, value = field.partition("=")
        if strict and not equals:
            raise ValueError("a field without =")
        if field:
            fields.append((_decoded(name), _decoded(value)))
    return fields


def _decoded(text: str) -> str:
    text = text.replace("+", " ")
    return percent_decoded(text.encode("utf-8", "surrogatepass")).decode() if "%" in text else text
