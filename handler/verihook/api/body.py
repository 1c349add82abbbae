"""The body of a request: its exact bytes, within bounds, and the JSON in it."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from verihook.errors import BodyTooLarge, UnsupportedMediaType
from verihook.model.source import MAX_BODY
from verihook.request import media_type
from verihook.strict_json import parse_request

#: A longer body is read no further; up to here what is above the limit is read and thrown away, so that the client
#: reads the 413 and not a reset.
DRAIN = 16 * 1024 * 1024


async def read_body(request: Request, keep: int) -> bytes:
    """Return the first ``keep`` of the exact bytes; the others are not held in memory."""
    parts: list[bytes] = []
    held = read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if held < keep:
            parts.append(chunk[: keep - held])
            held += len(parts[-1])
        if read > DRAIN:
            break
    return b"".join(parts)


async def plain_body(request: Request, limit: int = MAX_BODY) -> bytes:
    """The body, which is not compressed. Raises BodyTooLarge above ``limit`` bytes, UnsupportedMediaType."""
    body = await read_body(request, limit + 1)
    if len(body) > limit:
        raise BodyTooLarge(f"The body is larger than {limit} bytes.")
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise UnsupportedMediaType("Content-Encoding: send the body as it is, not compressed.")
    return body


async def json_body(request: Request, empty: object = None, limit: int = MAX_BODY) -> Any:
    """The JSON that the body is; ``empty`` for a body of nothing. ``limit`` in bytes.

    It is read by :func:`~verihook.strict_json.parse_request`.
    Raises BodyTooLarge, UnsupportedMediaType, RequestInvalid.
    """
    body = await plain_body(request, limit)
    if not body.strip():
        return empty
    kind = media_type(request.headers.get("content-type"))
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedMediaType(f"Content-Type {kind[:60]!r}: send application/json.")
    return parse_request(body)
