"""What no route of a dialect takes, answered in the dialect of the path: an unknown path, another method."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Request, Response
from starlette.routing import BaseRoute, Match

from verihook.api.access import Access
from verihook.api.routes import Guarded, Routes
from verihook.dialects.dialect import Dialect
from verihook.dialects.grammar import route_class
from verihook.errors import MethodNotAllowed, PathNotFound
from verihook.model.ports import Services

METHODS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


def fallback(
    dialects: Sequence[Dialect], routers: Sequence[APIRouter], services: Services, access: Access
) -> APIRouter:
    """A router for the places of these dialects, to be included after their own ``routers``."""
    known = [route for router in routers for route in router.routes]
    everything = APIRouter()

    async def unknown(request: Request) -> Response:
        allowed = sorted(set().union(*(_methods(route, request) for route in known)))
        if allowed:
            raise MethodNotAllowed("This path does not take the method.", allow=", ".join(allowed))
        raise PathNotFound("Nothing is served at this path.")

    places = [(place, dialect) for dialect in dialects for place in dialect.places]
    # The longer ones first: /api/v1 is not the place of the dialect that has /api.
    for place, dialect in sorted(places, key=lambda each: -len(each[0])):
        spoken = route_class(dialect.render, services)
        routes = Guarded(access, fallback_routes(dialect), route_class=spoken, include_in_schema=False)
        routes.add_api_route(_below(place), unknown, methods=list(METHODS))
        everything.include_router(routes)
    return everything


def fallback_routes(dialect: Dialect) -> Routes:
    """The rows of its places in the table of scopes: they are open, as the answer is that nothing is there."""
    return {f"{method} {_below(place)}": None for place in dialect.places for method in METHODS}


def _below(place: str) -> str:
    return f"{place}/{{rest:path}}"


def _methods(route: BaseRoute, request: Request) -> set[str]:
    """The methods of a route that has the path, but not the method."""
    match, _ = route.matches(request.scope)
    return set(getattr(route, "methods", None) or ()) if match is Match.PARTIAL else set()
