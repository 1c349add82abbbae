"""Every error of the API as problem+json (RFC 9457). ``verihook.api.openapi_problems`` tells OpenAPI of them.

https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute, Match

from verihook.api.access import challenge
from verihook.api.asgi import request_id
from verihook.api.head import HeadAsGet
from verihook.errors import (
    Conflict,
    InputInvalid,
    MethodNotAllowed,
    PathNotFound,
    RateLimited,
    RequestInvalid,
    SourceNotFound,
    VerihookError,
)
from verihook.instances import limits
from verihook.model.ports import Services
from verihook.request import Reply, json_reply, problem
from verihook.strict_json import parse_json
from verihook.webhooks.receive import refuse_request


def answer(error: VerihookError) -> Response:
    """The error as a response, with the headers that go with it."""
    reply = rendered(error)
    if isinstance(error, RateLimited):
        quota = limits.Quota.spent(error)
        reply.headers.update({"retry-after": str(error.retry_after), **limits.headers(quota)})
    reply.headers.update(challenge(error))
    return respond(reply)


def rendered(error: VerihookError) -> Reply:
    """The error as problem+json; a conflict says whose it is."""
    reply = problem(error, request_id())
    if isinstance(error, Conflict) and error.instance_id is not None:
        content = {**parse_json(reply.body.decode(), "The problem"), "instanceId": error.instance_id}
        return json_reply(reply.status, content, reply.headers)
    return reply


def respond(reply: Reply) -> Response:
    """Return a reply of the core as a response of the framework."""
    return Response(reply.body, reply.status, reply.headers)


def invalid(error: ValidationError | RequestValidationError, skip: int = 0) -> InputInvalid:
    """Return pydantic's findings as our error; ``skip``: how many leading parts of each path are the framework's."""
    violations = [_violation(found, skip) for found in error.errors()]
    return InputInvalid("The request is not valid.", violations=violations)


def install(app: FastAPI, services: Services) -> None:
    """Answer everything that goes wrong in the app with a problem, and HEAD as GET."""
    app.add_middleware(HeadAsGet)

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        known = _known(request, error)
        if request.url.path.startswith("/hooks"):
            # A delivery that went astray: operators want to see it.
            return respond(refuse_request(known, request_id(), services))
        return answer(known)

    @app.exception_handler(RequestValidationError)
    async def not_valid(_: Request, error: RequestValidationError) -> Response:
        return answer(invalid(error, skip=1))

    @app.exception_handler(VerihookError)
    async def refused(_: Request, error: VerihookError) -> Response:
        return answer(error)

    @app.exception_handler(Exception)
    async def defect(request: Request, error: Exception) -> Response:
        services.telemetry.failure(f"{request.method} {request.url.path[:100]}", error)
        return answer(VerihookError("Something went wrong on our side."))


def _known(request: Request, error: HTTPException) -> VerihookError:
    """The framework's own refusals in our words."""
    if error.status_code == 405:
        return MethodNotAllowed("This path does not take the method.", allow=", ".join(sorted(_methods(request))))
    if error.status_code == 404:
        astray = request.url.path.startswith("/hooks")
        return (SourceNotFound if astray else PathNotFound)("Nothing is served at this path.")
    return RequestInvalid("The request cannot be read.")


def _methods(request: Request) -> set[str]:
    """What the path takes, of all its routes: the framework tells of the first alone."""
    found: set[str] = set()
    for route in _flat(request.app.routes):
        if route.matches(request.scope)[0] is Match.PARTIAL:
            found |= getattr(route, "methods", None) or set()
    return found | ({"HEAD"} if "GET" in found else set())


def _flat(routes: Iterable[BaseRoute]) -> Iterator[BaseRoute]:
    """With those of included routers, which stand as one."""
    for route in routes:
        router = getattr(route, "original_router", None)
        yield from [route] if router is None else _flat(router.routes)


def _violation(found: Mapping[str, Any], skip: int) -> dict[str, object]:
    path = list(found["loc"])[skip:]
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return {"path": path, "pointer": pointer, "message": found["msg"]}
