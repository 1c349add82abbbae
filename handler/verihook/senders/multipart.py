"""Reads multipart/form-data (RFC 7578): fields become texts, files their name, type, size, digest and content.

By hand: the email package of the standard library takes line ends for its own, and a file's bytes have to stay.
"""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Any

from verihook.errors import BodyTooLarge, EventMalformed

#: The media type of such a form.
MULTIPART = "multipart/form-data"

#: The most parts, and the most bytes of one part's headers.
MAX_PARTS = 1000
MAX_PART_HEADERS = 8192

_NAME, _FILE_NAME = (
    re.compile(rf';\s*{key}=(?:"((?:\\"|[^"])*)"|([^;\s]+))', re.IGNORECASE) for key in ("name", "filename")
)


def header_parameter(header: str | None, name: str) -> str:
    """A parameter of a header such as ``Content-Type: text/plain; charset="utf-8"``; "" if there is none."""
    for part in (header or "").split(";")[1:]:
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"')
    return ""


def read_parts(body: bytes, boundary: str) -> list[tuple[str, Any]]:
    """The name and the content of each part, in their order. Raises EventMalformed, BodyTooLarge."""
    return [(part.name, part.content) for part in _parts(body, boundary, files=True)]


def read_texts(body: bytes, boundary: str) -> list[tuple[str, str]]:
    """As :func:`read_parts`, without the files: nothing is made of their content."""
    return [(part.name, part.content) for part in _parts(body, boundary, files=False) if not part.is_file]


@dataclass(frozen=True, slots=True)
class _Part:
    name: str
    content: Any
    is_file: bool


def _parts(body: bytes, boundary: str, *, files: bool) -> list[_Part]:
    if not 0 < len(boundary) <= 70:
        raise EventMalformed("The multipart body needs a boundary of 1 to 70 characters in Content-Type.")
    # The first boundary may be at the very beginning; what comes before it and after the last one is no part.
    _, *pieces = (b"\r\n" + body).split(b"\r\n--" + boundary.encode("latin-1", "replace"), MAX_PARTS + 1)
    parts: list[_Part] = []
    for piece in pieces:
        if piece.startswith(b"--"):
            return parts
        if len(parts) == MAX_PARTS:
            raise BodyTooLarge(f"The multipart body has more than {MAX_PARTS} parts.")
        parts.append(_part(piece.lstrip(b" \t"), len(parts) + 1, files))
    raise EventMalformed("The multipart body does not end with its boundary.")


def _part(piece: bytes, number: int, files: bool) -> _Part:
    # A part without headers begins with the empty line.
    head, found, content = piece.partition(b"\r\n\r\n")
    if not found or len(head) > MAX_PART_HEADERS:
        raise EventMalformed(f"Part {number} of the multipart body has no headers that end.")
    headers = _headers(head)
    disposition = headers.get("content-disposition", "")
    name = _parameter(_NAME, disposition)
    if name is None:
        raise EventMalformed(f"Part {number} of the multipart body has no name.")
    file_name = _parameter(_FILE_NAME, disposition)
    if file_name is None:
        try:
            return _Part(name, content.decode(), is_file=False)
        except UnicodeDecodeError:
            raise EventMalformed(f"The field {name[:63]!r} of the multipart body is not UTF-8.") from None
    kind = headers.get("content-type", "application/octet-stream")
    return _Part(name, _file(file_name, kind, content) if files else None, is_file=True)


def _file(name: str, kind: str, content: bytes) -> dict[str, Any]:
    return {
        "filename": name,
        "content_type": kind,
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "base64": base64.b64encode(content).decode(),
    }


def _headers(head: bytes) -> dict[str, str]:
    lines = head.decode("utf-8", "replace").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, colon, value in pairs if colon}


def _parameter(pattern: re.Pattern[str], disposition: str) -> str | None:
    found = pattern.search(disposition)
    if found is None:
        return None
    quoted, bare = found.groups()
    # Browsers percent-encode these three alone: https://html.spec.whatwg.org/multipage/#multipart-form-data
    text = bare if quoted is None else quoted.replace('\\"', '"')
    return text.replace("%22", '"').replace("%0D", "\r").replace("%0A", "\n")
