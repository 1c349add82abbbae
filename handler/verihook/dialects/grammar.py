"""How a dialect answers: its JSON, and every error of a route in its own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from verihook.api.access import challenge
from verihook.errors import (
    InputInvalid,
    MethodNotAllowed,
    PathNotFound,
    RateLimited,
    RequestInvalid,
    Unavailable,
    VerihookError,
)
from verihook.model.ports import Services
from verihook.request import json_text

_REQUIRED = re.compile(r"['\"](.*)['\"] is a required property", re.DOTALL)

#: Renders an error in the words of a dialect.
Render = Callable[[Request, VerihookError, Services], Response]


def answer(content: object, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return compact JSON, as an answer that no cache keeps."""
    everything = {"cache-control": "no-store", **(headers or {})}
    return Response(json_text(content).encode(), status, everything, "application/json")


def headers_of(error: VerihookError) -> dict[str, str]:
    """The headers that go with an error in every grammar: Retry-After, Allow, WWW-Authenticate."""
    if isinstance(error, RateLimited | Unavailable):
        return {"retry-after": str(error.retry_after)}
    if isinstance(error, MethodNotAllowed):
        return {"allow": error.allow}
    return challenge(error)


class ShapeInvalid(InputInvalid):
    """The request itself is wrong, a parameter or a member of its body, not the input in it."""


def invalid_at(path: list[object], message: str) -> ShapeInvalid:
    """One place of the request that is wrong."""
    pointer = "".join(f"/{part}" for part in path)
    violation: dict[str, object] = {"path": path, "pointer": pointer, "message": message}
    return ShapeInvalid("The request is not valid.", violations=[violation])


def place_of(violation: Mapping[str, object]) -> tuple[list[object], str | None]:
    """Where a violation is, and the member that is missing there; None if it is another violation.

    A member that is missing is at no place of its own in JSON Schema; the dialects name it as the place.
    """
    path = violation["path"]
    where = list(path) if isinstance(path, list) else []
    missing = _REQUIRED.fullmatch(str(violation["message"]))
    return ([*where, missing[1]], missing[1]) if missing else (where, None)


def in_one(error: InputInvalid) -> str:
    """Return all violations in one sentence, each with its place, if it is not of the input as a whole."""
    found = [(each["pointer"], each["message"]) for each in error.violations]
    said = "; ".join(f"{pointer}: {message}" if pointer else str(message) for pointer, message in found)
    return f"{str(error).removesuffix('.')}: {said}" if said else str(error)


def field_of(error: RequestInvalid) -> str:
    """Return the field of the request that is wrong: the words of the error before the colon."""
    return str(error).partition(":")[0]


def from_framework(error: HTTPException | RequestValidationError) -> VerihookError:
    """The framework's own refusals as errors of ours."""
    if isinstance(error, RequestValidationError):
        found = [invalid_at(list(each["loc"])[1:], each["msg"]) for each in error.errors()]
        violations = [violation for each in found for violation in each.violations]
        return ShapeInvalid("The request is not valid.", violations=violations)
    if error.status_code == 405:
        return MethodNotAllowed("This path does not take the method.", allow=(error.headers or {}).get("allow", ""))
    if error.status_code == 404:
        return PathNotFound("Nothing is served at this path.")
    return RequestInvalid(str(error.detail))


def route_class(render: Render, services: Services) -> type[APIRoute]:
    """A class of routes that answer whatever is raised in them with ``render``."""

    class Spoken(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            handle = super().get_route_handler()

            async def spoken(request: Request) -> Response:
                try:
                    return await handle(request)
                except VerihookError as error:
                    return render(request, error, services)
                except (HTTPException, RequestValidationError) as error:
                    return render(request, from_framework(error), services)
                except Exception as error:  # noqa: BLE001  # a fault of ours is answered in the dialect too
                    await run_in_threadpool(services.telemetry.failure, f"{request.method} {self.path}", error)
                    return render(request, VerihookError("Internal server error"), services)

            return spoken

    return Spoken
