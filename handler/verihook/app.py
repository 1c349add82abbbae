"""The FastAPI app: the same receive function at ``/`` and ``/hooks/{source}``, with ``/health`` and ``/docs``."""

from __future__ import annotations

import uuid
from typing import Any

from fastapi import FastAPI, Response
from fastapi import Request as HttpRequest
from fastapi.exceptions import RequestValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from verihook.api import Access
from verihook.api.rejections import rejections
from verihook.errors import InputInvalid, MethodNotAllowed, SourceNotFound, VerihookError
from verihook.ports import Services
from verihook.receive import receive, refuse
from verihook.request import Reply, Request, problem

#: A longer body is read no further; up to here it is drained, so that the client reads the 413 and not a reset.
DRAIN = 16 * 1024 * 1024

_UNDOCUMENTED = ["PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]


def create_app(services: Services, access: Access) -> FastAPI:
    """The app over these services; ``access`` guards what is not a webhook or a status."""
    app = FastAPI(
        title="Verihook",
        summary="A signed webhook starts a durable workflow exactly once.",
        redoc_url=None,
        # A redirect would make a sender post again without the body, or not at all.
        redirect_slashes=False,
    )
    keep = max((source.max_body for source in services.sources.values()), default=0) + 1

    async def hook(http: HttpRequest) -> Response:
        body = await _body(http, keep)
        request = _request(http, body)
        # In a thread: ledger and engine block, and the loop must go on reading.
        return _response(await run_in_threadpool(receive, request, services))

    for path in ("/", "/hooks/{source}"):
        app.add_api_route(path, hook, methods=["POST"], status_code=202, summary="Deliver a webhook", tags=["hooks"])
        app.add_api_route(path, hook, methods=["GET"], summary="Status of ?instanceId=", tags=["hooks"])
        app.add_api_route(path, hook, methods=_UNDOCUMENTED, include_in_schema=False)

    @app.get("/health", tags=["operation"])
    async def health() -> dict[str, str]:
        """200 once the receiver takes deliveries."""
        return {"status": "ok"}

    app.include_router(rejections(services, access))

    @app.exception_handler(HTTPException)
    async def http_error(_: HttpRequest, error: HTTPException) -> Response:
        return _response(refuse(_known(error), _request_id(), services))

    @app.exception_handler(RequestValidationError)
    async def invalid(_: HttpRequest, error: RequestValidationError) -> Response:
        violations = [_violation(violation) for violation in error.errors()]
        return _response(problem(InputInvalid("The request is not valid.", violations=violations), _request_id()))

    @app.exception_handler(VerihookError)
    async def refused(_: HttpRequest, error: VerihookError) -> Response:
        return _response(problem(error, _request_id()))

    return app


def _known(error: HTTPException) -> VerihookError:
    """The framework's own refusals in our words."""
    if error.status_code == 405:
        return MethodNotAllowed("This path does not take the method.", allow=(error.headers or {}).get("allow", "GET"))
    return SourceNotFound("Nothing is served at this path.")


def _violation(violation: Any) -> dict[str, object]:
    path = list(violation["loc"])
    return {"path": path, "pointer": "".join(f"/{part}" for part in path), "message": violation["msg"]}


async def _body(http: HttpRequest, keep: int) -> bytes:
    """The exact bytes, of which no more than ``keep`` are held in memory."""
    parts: list[bytes] = []
    held = read = 0
    async for chunk in http.stream():
        read += len(chunk)
        if held < keep:
            parts.append(chunk[: keep - held])
            held += len(parts[-1])
        if read > DRAIN:
            break
    return b"".join(parts)


def _request(http: HttpRequest, body: bytes) -> Request:
    scope = http.scope
    return Request(
        http.method,
        scope["raw_path"].decode("latin-1") if scope.get("raw_path") else scope["path"],
        scope["query_string"].decode("latin-1"),
        tuple((name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in scope["headers"]),
        body,
        _request_id(),
    )


def _request_id() -> str:
    return str(uuid.uuid4())


def _response(reply: Reply) -> Response:
    return Response(reply.body, reply.status, reply.headers)
