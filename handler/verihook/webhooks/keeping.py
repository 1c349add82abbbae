"""What is kept of a delivery, as its source says by ``keep``: nothing, its facts, or its facts and its very bytes.

Headers are kept by name alone: a short list, what the sender's event is read from, and what the source adds. A header
that is not known is never kept, because one that a sender adds tomorrow may hold a secret.
"""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import TYPE_CHECKING

from verihook.instances import payload
from verihook.instances.inputs import RAW_ROOM
from verihook.model.delivery import Delivery, Facts, OtherBytes
from verihook.model.instance import Instance
from verihook.model.source import Source
from verihook.request import Request

if TYPE_CHECKING:
    from verihook.model.ports import Trace

#: The most that is kept of a header's value, of a path and of a request id, in characters.
MOST_VALUE, MOST_PATH, MOST_ID = 256, 256, 128

#: The longest header that is passed on to a workflow, in characters: it stays in the row.
MOST_PASSED = 1024

#: The most headers that are kept of a delivery: a header may come a thousand times.
MOST_HEADERS = 32


def delivery_of(source: Source, request: Request, text: str, trace: Trace) -> Delivery | None:
    """Return what is kept of the request that brings an event; None if that is nothing.

    ``text``: the input of the instance that it starts.
    """
    passed = passed_headers(source, request)
    if trace.carried is not None:
        return Delivery(None, passed, carrier=trace.carried.carrier)
    if source.keep == "none":
        return Delivery(None, passed) if passed else None
    return Delivery(
        Facts(
            printable(trace.request_id, MOST_ID),
            trace.received_at,
            source.keep_days,
            "" if request.path == f"/hooks/{source.name}" else printable(request.path, MOST_PATH),
            trace.verified_by or "",
            kept_headers(source, request),
            # Compared as bytes: a form, a byte order mark or a default of the schema makes another text.
            None if text.encode("utf-8", "surrogatepass") == request.body else _other_bytes(source, request.body),
            test=trace.test,
        ),
        passed,
    )


def passed_headers(source: Source, request: Request) -> dict[str, str]:
    """Return the headers that the workflow gets, names in lower case. Of a repeated one the first, and no long one.

    ``traceparent`` only if it is exact (:mod:`verihook.model.trace_context`).
    """
    passed: dict[str, str] = {}
    for name in source.passed_headers:
        value = request.header(name)
        if value is not None and len(value) <= MOST_PASSED:
            passed[name] = value
    if "traceparent" in passed:
        # Imported here: few deliveries have one.
        from verihook.model import trace_context

        # One that came twice has two values, and neither counts.
        if (exact := trace_context.valid(request.lone("traceparent"))) is None:
            del passed["traceparent"]
        else:
            passed["traceparent"] = exact
    return passed


def kept_headers(source: Source, request: Request) -> tuple[tuple[str, str], ...]:
    """Return the headers that the source keeps, in their order; of the signature's, the beginning of its SHA-256."""
    names = source.kept_headers
    kept = [
        (name, mark_of(value) if names[name] else printable(value, MOST_VALUE))
        for name, value in request.headers
        if name in names
    ]
    return tuple(kept[:MOST_HEADERS])


def sent_length(request: Request) -> int:
    """Return how many bytes the body had: one that is too large, or for no source, was not read to its end."""
    announced = request.header("content-length") or ""
    known = len(announced) <= 12 and announced.isascii() and announced.isdigit()
    return max(len(request.body), int(announced)) if known else len(request.body)


def raw_of(body: bytes) -> str:
    """Return a body as text: base64 of its bytes, compressed."""
    return base64.b64encode(zlib.compress(body)).decode()


def raw_in_row(body: bytes) -> str | None:
    """Return a body as text if a row has room for it, else None."""
    raw = raw_of(body)
    return raw if len(raw) <= RAW_ROOM else None


def body_of(raw: str) -> bytes:
    """Return the body of a text of :func:`raw_of`. Raises ValueError or zlib.error for any other."""
    return zlib.decompress(base64.b64decode(raw, validate=True))


def payload_keys(instance: Instance) -> list[str]:
    """Return the keys of the payloads that a row to claim refers to: of its input, and of the body that it keeps."""
    facts = instance.facts
    raw = facts.body.raw if facts is not None and facts.body is not None else None
    return [key for text in (instance.input, raw) if (key := payload.key_of(text)) is not None]


def printable(text: str, most: int) -> str:
    """Return at most so many characters of a text that a stranger may have made: it is shown on terminals."""
    if len(text) <= most and text.isascii() and text.isprintable():
        return text
    return "".join(one if one.isascii() and one.isprintable() else "?" for one in text[:most])


def _other_bytes(source: Source, body: bytes) -> OtherBytes:
    raw = raw_of(body) if source.keep == "full" else None
    return OtherBytes(len(body), hashlib.sha256(body).hexdigest(), raw)


def mark_of(value: str) -> str:
    """Return what a signature can be recognised by, and not be sent again."""
    return f"sha256:{hashlib.sha256(value.encode('utf-8', 'surrogatepass')).hexdigest()[:16]}"
