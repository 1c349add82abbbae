"""How a delivery goes to the process that runs an entry, and how the decision comes back: both as JSON.

The call: ``{"entry", "requestId", "request": {"method", "path", "query", "headers", "body" in base64, "event":
{"text", "source", "id", "type"}}}``; ``text`` is null if the body is the event's JSON.

The answer is one of ``{"start": {"input", "reply"?}}``, ``{"ignore": REASON}``, ``{"failure": WORDS}`` and ``{"reply":
{"status", "headers", "body" in base64}}``. It comes from the operator's code: :func:`read_decision` believes nothing.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verihook.errors import BodyTooLarge
from verihook.model.entry import EntryEvent, EntryRequest, Ignore, Reply, Start
from verihook.strict_json import check_size, parse

#: The longest answer of an entry, in bytes of JSON.
MAX_ANSWER = 1_048_576

#: How deep an input may be nested.
MAX_DEPTH = 500

#: The headers that a reply may have.
REPLY_HEADERS = ("cache-control", "content-language", "content-type", "retry-after")

#: The longest value of a header, and the longest reason, in characters.
MAX_VALUE, MAX_REASON = 1024, 300


@dataclass(frozen=True, slots=True)
class Failure:
    """The entry did not decide: it raised, or returned what it may not. ``words``: why, for the operator."""

    words: str


def call_of(entry: str, request: EntryRequest, text: str, request_id: str) -> bytes:
    """Return a call. ``text``: the JSON of the event's content."""
    event = request.event
    is_body = text.encode("utf-8", "surrogatepass") == request.body
    content = {
        "entry": entry,
        "requestId": request_id,
        "request": {
            "method": request.method,
            "path": request.path,
            "query": request.query,
            "headers": dict(request.headers),
            "body": base64.b64encode(request.body).decode(),
            "event": {"text": None if is_body else text, "source": event.source, "id": event.id, "type": event.type},
        },
    }
    return json.dumps(content, separators=(",", ":")).encode()


def read_call(content: Mapping[str, Any]) -> tuple[str, EntryRequest, str]:
    """Return entry, request and request id of a parsed call."""
    given = content["request"]
    body = base64.b64decode(given["body"])
    event = given["event"]
    text = body.decode("utf-8", "surrogatepass") if event["text"] is None else event["text"]
    request = EntryRequest(
        given["method"],
        given["path"],
        given["query"],
        given["headers"],
        body,
        EntryEvent(parse(text), event["source"], event["id"], event["type"]),
    )
    return content["entry"], request, content["requestId"]


def answer_of(decision: object) -> bytes:
    """Return the answer for what an entry returned, at most :data:`MAX_ANSWER` long.

    Raises TypeError or ValueError, in words, if it is not among what an entry may return, or no JSON.
    """
    if decision is None:
        decision = Ignore("the entry returned None")
    elif isinstance(decision, dict):
        decision = Start(decision)
    match decision:
        case Start(input, None):
            content: dict[str, Any] = {"start": {"input": input}}
        case Start(input, Reply() as reply):
            content = {"start": {"input": input, "reply": _reply(reply)}}
        case Ignore(str(reason)):
            content = {"ignore": reason[:MAX_REASON]}
        case Reply():
            content = {"reply": _reply(decision)}
        case _:
            raise TypeError(f"an entry returns Start, Ignore, Reply, a dict or None (got {type(decision).__name__})")
    answer = json.dumps(content, separators=(",", ":"), allow_nan=False).encode()
    if len(answer) > MAX_ANSWER:
        raise ValueError(f"an entry returns at most {MAX_ANSWER} bytes of JSON (got {len(answer)})")
    # Read here as well, so that the operator sees the mistake beside the code that made it.
    read_decision(answer)
    return answer


def failure_of(words: str) -> bytes:
    """Return the answer that says why there is no decision."""
    return json.dumps({"failure": words[: 2 * MAX_REASON]}).encode()


def read_decision(answer: bytes) -> Start | Ignore | Reply | Failure:
    """Return what an answer says; the body of a reply as bytes. Raises ValueError, in words, for any other bytes."""
    if len(answer) > MAX_ANSWER:
        raise ValueError(f"the answer has more than {MAX_ANSWER} bytes")
    try:
        text = answer.decode()
        check_size(text, "The answer")
    except (UnicodeDecodeError, BodyTooLarge) as error:
        raise ValueError(str(error)) from None
    match parse(text):
        case {"start": {"input": input, **more}}:
            _check_depth(input)
            reply = _read_reply(more["reply"]) if "reply" in more else None
            if reply is not None and reply.status >= 300:
                raise ValueError(f"the reply of a Start has a status of 200 to 299 (got {reply.status})")
            return Start(input, reply)
        case {"ignore": str(reason)}:
            return Ignore(reason[:MAX_REASON])
        case {"reply": reply}:
            return _read_reply(reply)
        case {"failure": str(words)}:
            return Failure(words[: 2 * MAX_REASON])
    raise ValueError("the answer is none of an entry's")


def _reply(reply: Reply) -> dict[str, Any]:
    body, headers = reply.body, {str(name).lower(): value for name, value in reply.headers.items()}
    match body:
        case None:
            sent, kind = b"", ""
        case bytes():
            sent, kind = body, "application/octet-stream"
        case str():
            sent, kind = body.encode("utf-8", "backslashreplace"), "text/plain; charset=utf-8"
        case _:
            sent, kind = json.dumps(body, separators=(",", ":"), allow_nan=False).encode(), "application/json"
    if kind:
        headers.setdefault("content-type", kind)
    return {"status": reply.status, "headers": headers, "body": base64.b64encode(sent).decode()}


def _read_reply(content: object) -> Reply:
    match content:
        case {"status": int(status), "headers": dict(headers), "body": str(body)}:
            pass
        case _:
            raise ValueError("a reply has a status, which is a whole number, headers and a body")
    if isinstance(status, bool) or not (200 <= status < 300 or 400 <= status < 600):
        raise ValueError(f"the status of a reply is 200 to 299 or 400 to 599 (got {status})")
    for name, value in headers.items():
        if name not in REPLY_HEADERS:
            raise ValueError(f"a reply has no header {name[:64]!r}; it may have {', '.join(REPLY_HEADERS)}")
        if not isinstance(value, str) or len(value) > MAX_VALUE or not (value.isascii() and value.isprintable()):
            raise ValueError(f"the header {name} of a reply is printable ASCII of at most {MAX_VALUE} characters")
    try:
        sent = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("the body of a reply is not base64") from None
    if sent and status == 204:
        raise ValueError("a reply with the status 204 has no body")
    return Reply(status, sent, headers)


def _check_depth(content: object) -> None:
    left = [(content, 1)]
    while left:
        value, depth = left.pop()
        if depth > MAX_DEPTH:
            raise ValueError(f"an input is nested at most {MAX_DEPTH} levels")
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
        left.extend((each, depth + 1) for each in inner)
