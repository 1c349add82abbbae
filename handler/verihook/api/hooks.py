"""Deliveries and reads of a status: straight from the server to ``receive``, past the framework's layers.

They come by the thousand, and nothing of what those layers do is for them: no error leaves ``receive``, no caller is
redirected, no parameter is gathered. OpenAPI knows them by the routes that :mod:`verihook.app` shows.
"""

from __future__ import annotations

from starlette.requests import ClientDisconnect
from starlette.requests import Request as HttpRequest
from starlette.types import ASGIApp, Receive, Scope, Send

from verihook.api.asgi import request_of, respond
from verihook.api.body import read_body
from verihook.api.fronted import ARRIVAL, ROUTED
from verihook.api.threads import Threads
from verihook.model.ports import Services
from verihook.webhooks import receive as receiver
from verihook.webhooks.receive import receive, source_of
from verihook.webhooks.welcome import Beside

#: How many deliveries and reads are under way at once. Measured with 64 connections: 40 threads double the latency of
#: the slowest hundredth, with 8 too few deliveries share an fsync.
THREADS = 24


def is_hook(scope: Scope) -> bool:
    """Whether the path, or the public URL, is one of a source."""
    return scope["type"] == "http" and (receiver.is_hook(scope.get("path", "")) or scope.get(ROUTED, False))


def hooks(services: Services, *, console: bool) -> ASGIApp:
    """Return the ASGI application for them; ``console``: the page is served beside them.

    No key is needed: deliveries are signed, and an id cannot be guessed.
    """
    threads = Threads(THREADS)
    beside: Beside = "console" if console else "api"

    async def app(scope: Scope, receive_: Receive, send: Send) -> None:
        request, arrival = request_of(scope), scope.get(ARRIVAL)
        source = source_of(request, services, arrival)
        try:
            request.body = await read_body(HttpRequest(scope, receive_), (source.max_body if source else 0) + 1)
        except ClientDisconnect:
            # The client is gone; a sender delivers again.
            return
        # In a thread: ledger and engine block, and the loop must go on reading.
        reply = await threads.run(lambda: receive(request, services, beside=beside, arrival=arrival))
        await respond(reply, send)

    return app
