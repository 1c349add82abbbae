"""The FastAPI app: hooks at ``/`` and ``/hooks/{source}``, the API under ``/v1``, and the dialects."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi import Request as HttpRequest
from fastapi.routing import APIRoute
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Receive, Scope, Send

from verihook.api.access import Access
from verihook.api.body import read_body
from verihook.api.documents import describe
from verihook.api.events import events
from verihook.api.instances import instances
from verihook.api.keys import keys
from verihook.api.lifecycle import lifecycle
from verihook.api.operation import operation
from verihook.api.problems import install, request_id, respond
from verihook.api.sources import sources
from verihook.api.starting import starting
from verihook.api.threads import Threads
from verihook.api.waiting import LONGEST_IN_AWS_S, LONGEST_S
from verihook.api.workflows import workflows
from verihook.ports import Services
from verihook.receive import receive
from verihook.request import Request

#: So many deliveries and reads are under way at once. Measured with 64 connections: 40 threads double the latency of
#: the slowest hundredth, with 8 too few deliveries share an fsync.
THREADS = 24

_UNDOCUMENTED = ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def create_app(services: Services, access: Access, *, local: bool) -> FastAPI:
    """The app over these services; ``access`` guards what is not a webhook or a status.

    ``local``: on one machine, where waits may be longer and ``/metrics`` is served.
    """
    app = FastAPI(
        title="Verihook",
        version="1",
        summary="A signed webhook starts a durable workflow exactly once.",
        openapi_url="/v1/openapi.json",
        # A redirect would make a sender post again without the body, or not at all.
        redirect_slashes=False,
    )
    install(app, services)
    longest_wait_s = LONGEST_S if local else LONGEST_IN_AWS_S
    # First of all, because they come by the thousand; nobody else has a path of theirs.
    app.router.routes.extend(_hooks(services))
    # Ours first: a dialect's path never takes one of them.
    for router in (
        operation(services, access, local=local),
        workflows(services, access),
        starting(services, access, longest_wait_s),
        instances(services, access, longest_wait_s),
        lifecycle(services, access),
        events(services, access),
        sources(services, access),
        keys(services, access),
        *_dialects(services, access),
    ):
        app.include_router(router)
    describe(app)
    return app


def _dialects(services: Services, access: Access) -> list[APIRouter]:
    from verihook import dialects

    return dialects.routers(services, access)


class _Plain(APIRoute):
    """A route as OpenAPI knows it whose app answers by itself: there is nothing for FastAPI to gather or to check."""

    def __init__(self, path: str, app: ASGIApp, methods: list[str], **shown: Any) -> None:
        async def hook() -> None:  # FastAPI wants one, and names the operation after it
            raise NotImplementedError

        super().__init__(path, hook, methods=methods, tags=["hooks"], **shown)
        self.app = app


def _hooks(services: Services) -> list[BaseRoute]:
    """Deliveries and reads of a status. They have no key: deliveries are signed, and an id cannot be guessed."""
    threads = Threads(THREADS)

    async def app(scope: Scope, receive_: Receive, send: Send) -> None:
        http = HttpRequest(scope, receive_)
        body = await read_body(http, _most(services, scope["path"]) + 1)
        # In a thread: ledger and engine block, and the loop must go on reading.
        reply = await threads.run(lambda: receive(_request(scope, body), services))
        await respond(reply)(scope, receive_, send)

    routes: list[BaseRoute] = []
    for path in ("/hooks/{source}", "/"):
        routes.append(_Plain(path, app, ["POST"], status_code=202, summary="Deliver a webhook"))
        routes.append(_Plain(path, app, ["GET"], summary="Status of ?instanceId="))
        routes.append(_Plain(path, app, _UNDOCUMENTED, include_in_schema=False))
    return routes


def _most(services: Services, path: str) -> int:
    """How much body the source at this path takes, in bytes; 0 where there is none."""
    name = services.default_source if path == "/" else path.removeprefix("/hooks/")
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
