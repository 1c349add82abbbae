"""What no route of a dialect takes, answered in the dialect of the path: an unknown path, another method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request, Response
from starlette.routing import BaseRoute, Match

from verihook.api.access import Access
from verihook.api.routes import Guarded, Routes
from verihook.dialects.grammar import Render, speaking
from verihook.errors import MethodNotAllowed, PathNotFound
from verihook.model.ports import Services

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def fallback(
    places: Mapping[str, Render], routers: Sequence[APIRouter], services: Services, access: Access
) -> APIRouter:
    """A router to be included after those of the dialects.

    ``places``: paths, with ``{rest:path}`` at their end, and how their dialect renders, the longer ones first.
    """
    taken = [route for router in routers for route in router.routes]
    everything = APIRouter()

    async def unknown(request: Request) -> Response:
        allowed = sorted(set().union(*(_methods(route, request) for route in taken)))
        if allowed:
            raise MethodNotAllowed("This path does not take the method.", allow=", ".join(allowed))
        raise PathNotFound("Nothing is served at this path.")

    for place, render in places.items():
        routes = Guarded(access, rows(place), route_class=speaking(render, services), include_in_schema=False)
        routes.add_api_route(place, unknown, methods=list(METHODS))
        everything.include_router(routes)
    return everything


def rows(place: str) -> Routes:
    """The rows of a place in the table of scopes: whoever asks for nothing is let through to hear so."""
    return {f"{method} {place}": None for method in METHODS}


def _methods(route: BaseRoute, request: Request) -> set[str]:
    """The methods of a route that has the path, but not the method."""
    match, _ = route.matches(request.scope)
    return set(getattr(route, "methods", None) or ()) if match is Match.PARTIAL else set()
