"""The body of a request: its exact bytes, within bounds, and the JSON in it."""

from __future__ import annotations

import json
from typing import Any

from fastapi import Request

from verihook.errors import BodyTooLarge, RequestInvalid, UnsupportedMediaType
from verihook.model.source import MAX_BODY
from verihook.request import media_type
from verihook.strict_json import check_size, finite

#: A longer body is read no further; up to here what is above the limit is read and thrown away, so that the client
#: reads the 413 and not a reset.
DRAIN = 16 * 1024 * 1024


async def read_body(request: Request, keep: int) -> bytes:
    """The exact bytes, of which no more than ``keep`` are held in memory."""
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


async def json_body(request: Request, empty: object = None, limit: int = MAX_BODY) -> Any:
    """The JSON that the body is; ``empty`` for a body of nothing. ``limit`` in bytes.

    Strict (RFC 8259): no NaN, no Infinity, and no member twice, as two readers would choose differently between them.
    Raises BodyTooLarge, UnsupportedMediaType, RequestInvalid.
    """
    body = await read_body(request, limit + 1)
    if len(body) > limit:
        raise BodyTooLarge(f"The body is larger than {limit} bytes.")
    if request.headers.get("content-encoding", "identity").strip().lower() not in ("identity", ""):
        raise UnsupportedMediaType("Content-Encoding: send the body as it is, not compressed.")
    if not body.strip():
        return empty
    kind = media_type(request.headers.get("content-type"))
    if kind and kind != "application/json" and not kind.endswith("+json"):
        raise UnsupportedMediaType(f"Content-Type {kind[:60]!r}: send application/json.")
    return parse(body)


def parse(body: bytes) -> Any:
    """Strict JSON in UTF-8. Raises RequestInvalid, BodyTooLarge."""
    try:
        # A byte order mark may be ignored rather than refused: RFC 8259 section 8.1.
        text = body.decode().removeprefix("\ufeff")
        check_size(text, "The body")
        return _DECODER.decode(text)
    except UnicodeDecodeError as error:
        raise RequestInvalid(f"The body is not UTF-8: byte {error.start}.") from None
    except json.JSONDecodeError as error:
        raise RequestInvalid(f"The body is not JSON: {error.msg} at character {error.pos}.") from None
    except ValueError as error:
        raise RequestInvalid(f"The body is not JSON: {str(error)[:100]}.") from None
    except RecursionError:
        raise RequestInvalid("The body is nested too deep.") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")


def _no_member_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise ValueError(f"the member {twice[:60]!r} stands twice")
    return content


_DECODER = json.JSONDecoder(parse_constant=_no_constant, parse_float=finite, object_pairs_hook=_no_member_twice)
