"""The table of scopes has a row for each route, and each route a row."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI
from fastapi.routing import APIRoute

from tests.unit.bare import bare_services
from verihook import dialects
from verihook.api.access import Access


def test_every_route_has_a_row_and_every_row_a_route(tmp_path: Path) -> None:
    services = bare_services()
    app = FastAPI()
    routes = set()
    for router in dialects.routers(services, Access(services), 1.0):
        app.include_router(router)
        routes |= {f"{method} {route.path}" for route in _routes(router.routes) for method in route.methods or ()}
    assert routes == set(dialects.ROUTES)
    assert app.openapi()["paths"] == {}


def _routes(routes: Sequence[object]) -> list[APIRoute]:
    found: list[APIRoute] = []
    for route in routes:
        if isinstance(route, APIRoute):
            found.append(route)
        else:
            found += _routes(route.original_router.routes)  # type: ignore[attr-defined]
    return found
