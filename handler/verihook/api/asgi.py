"""A request and a reply of the core in the terms of ASGI, without a framework.

https://asgi.readthedocs.io/en/latest/specs/www.html
"""

from __future__ import annotations

import uuid

from starlette.types import Scope, Send

from verihook.request import Reply, Request


def request_id() -> str:
    """Return a new request id."""
    return str(uuid.uuid4())


def request_of(scope: Scope) -> Request:
    """Return the request of an ASGI scope, without its body."""
    return Request(
        scope["method"],
        scope["raw_path"].decode("latin-1") if scope.get("raw_path") else scope["path"],
        scope["query_string"].decode("latin-1"),
        tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]),
        b"",
        request_id(),
    )


async def respond(reply: Reply, send: Send) -> None:
    """Send the reply."""
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
    if reply.status != 204:  # RFC 9110 section 8.6
        headers.append((b"content-length", b"%d" % len(reply.body)))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
