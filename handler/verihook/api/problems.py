"""Every error of the API as problem+json (RFC 9457), and how OpenAPI tells of it.

https://www.rfc-editor.org/rfc/rfc9457
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from verihook import limits
from verihook.api.access import challenge
from verihook.errors import (
    Conflict,
    InputInvalid,
    MethodNotAllowed,
    RateLimited,
    RequestInvalid,
    SourceNotFound,
    VerihookError,
)
from verihook.event import parse_json
from verihook.ports import Services
from verihook.receive import refuse
from verihook.request import Reply, json_reply, problem

#: What each status means, for OpenAPI.
_MEANINGS = {
    400: "The request cannot be understood, or this engine or workflow will not start it",
    401: "No API key, or one that is not valid",
    403: "The API key may not do this, or not with this workflow",
    404: "There is no such thing, or it is none that the API key may see",
    409: "The id is taken, or the status does not allow it",
    413: "The body is too large",
    415: "The body is not JSON",
    422: "The content is not valid, with every violation; or the idempotency key was used for another request",
    429: "Too many starts; Retry-After says when to come again",
    500: "A defect of Verihook",
    501: "The engine of this workflow cannot do this",
    503: "Ledger, engine or store cannot be reached; try again",
}

_EXAMPLE = {
    "type": "urn:verihook:error:not-found",
    "title": "Instance not found",
    "status": 404,
    "detail": "There is no instance with this id.",
    "code": "not-found",
    "requestId": "5b2f6f3e-4f0c-4f57-9a43-2f6a3a9b8a10",
}

_VIOLATION = {
    "type": "object",
    "required": ["path", "pointer", "message"],
    "properties": {
        "path": {"type": "array", "items": {"type": ["string", "integer"]}},
        "pointer": {"type": "string", "description": "a JSON Pointer, RFC 6901"},
        "message": {"type": "string"},
    },
}

#: The schema of a problem; ``components.schemas.Problem`` of the OpenAPI document.
PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail", "code", "requestId"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string", "description": "what programs go by"},
        "requestId": {"type": "string"},
        "violations": {"type": "array", "items": _VIOLATION},
        "instanceId": {"type": "string", "description": "of a conflict: whose"},
    },
    "examples": [_EXAMPLE],
}

Responses = dict[int | str, dict[str, Any]]

_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}

#: What any guarded route can answer.
_ALWAYS = (400, 401, 403, 422, 503)


def problems(*statuses: int) -> Responses:
    """The ``responses`` of a guarded route that can also answer these."""
    return {status: {"description": _MEANINGS[status], "content": _CONTENT} for status in sorted({*_ALWAYS, *statuses})}


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
    """A reply of the core as the framework's."""
    return Response(reply.body, reply.status, reply.headers)


def request_id() -> str:
    """A new one."""
    return str(uuid.uuid4())


def invalid(error: ValidationError | RequestValidationError, skip: int = 0) -> InputInvalid:
    """Pydantic's findings in our words; ``skip``: so many parts of a path are the framework's."""
    violations = [_violation(found, skip) for found in error.errors()]
    return InputInvalid("The request is not valid.", violations=violations)


def install(app: FastAPI, services: Services) -> None:
    """Answer everything that goes wrong in the app with a problem."""

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        known = _known(error)
        if request.url.path.startswith("/hooks"):
            # A delivery that went astray: operators want to see it.
            return respond(refuse(known, request_id(), services))
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


def _known(error: HTTPException) -> VerihookError:
    """The framework's own refusals in our words."""
    if error.status_code == 405:
        return MethodNotAllowed("This path does not take the method.", allow=(error.headers or {}).get("Allow", "GET"))
    if error.status_code == 404:
        return SourceNotFound("Nothing is served at this path.")
    return RequestInvalid("The request cannot be read.")


def _violation(found: Mapping[str, Any], skip: int) -> dict[str, object]:
    path = list(found["loc"])[skip:]
    pointer = "".join("/" + str(part).replace("~", "~0").replace("/", "~1") for part in path)
    return {"path": path, "pointer": pointer, "message": found["msg"]}
