"""Deliveries and reads of a status: straight from the server to ``receive``, past the framework's layers.

They come by the thousand, and nothing of what those layers do is for them: no error leaves ``receive``, no caller is
redirected, no parameter is gathered. OpenAPI knows them by the routes that :mod:`verihook.app` shows.
"""

from __future__ import annotations

from fastapi import Request as HttpRequest
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from verihook.api.body import read_body
from verihook.api.problems import request_id
from verihook.api.threads import Threads
from verihook.model.ports import Services
from verihook.request import Reply, Request
from verihook.webhooks import receive as receiver
from verihook.webhooks.receive import PREFIX, receive
from verihook.webhooks.welcome import Beside

#: How many deliveries and reads are under way at once. Measured with 64 connections: 40 threads double the latency of
#: the slowest hundredth, with 8 too few deliveries share an fsync.
THREADS = 24


def is_hook(scope: Scope) -> bool:
    """Whether the path is one of a source."""
    return scope["type"] == "http" and receiver.is_hook(scope.get("path", ""))


def hooks(services: Services, *, console: bool) -> ASGIApp:
    """Return the ASGI application for them; ``console``: the page is served beside them.

    No key is needed: deliveries are signed, and an id cannot be guessed.
    """
    threads = Threads(THREADS)
    beside: Beside = "console" if console else "api"

    async def app(scope: Scope, receive_: Receive, send: Send) -> None:
        try:
            body = await read_body(HttpRequest(scope, receive_), _max_body(services, scope["path"]) + 1)
        except ClientDisconnect:
            # The client is gone; a sender delivers again.
            return
        # In a thread: ledger and engine block, and the loop must go on reading.
        reply = await threads.run(lambda: receive(_request(scope, body), services, beside=beside))
        await _answer(reply, send)

    return app


def _max_body(services: Services, path: str) -> int:
    """Return the largest body that the source at this path takes, in bytes; 0 if there is no such source."""
    name = services.default_source if path == "/" else path.removeprefix(PREFIX)
    source = services.sources.get(name or "")
    return source.max_body if source else 0


def _request(scope: Scope, body: bytes) -> Request:
    return Request(
        scope["method"],
        scope["raw_path"].decode("latin-1") if scope.get("raw_path") else scope["path"],
        scope["query_string"].decode("latin-1"),
        tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]),
        body,
        request_id(),
    )


async def _answer(reply: Reply, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in reply.headers.items()]
    if reply.status != 204:  # RFC 9110 section 8.6
        headers.append((b"content-length", b"%d" % len(reply.body)))
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    await send({"type": "http.response.body", "body": reply.body})
