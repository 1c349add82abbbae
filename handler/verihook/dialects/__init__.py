"""The HTTP grammars of five other products over our operations: translations, without a rule of their own.

    moose.py       Moose: trigger, terminate, history
    temporal.py    the guide "trigger Temporal workflows via HTTP API"
    loopfour.py    LoopFour, "API triggers"
    dapr.py        Dapr's Workflow API, its first draft and what was built
    awaitstep.py   AwaitStep: its API and its worker
    statuses.py    the one table of their status words

docs/dialects.md tells which client can be pointed here, and what differs.
"""

from __future__ import annotations

from fastapi import APIRouter

from verihook.api.access import Access
from verihook.api.routes import Routes
from verihook.dialects import awaitstep, dapr, loopfour, moose, temporal
from verihook.dialects.dapr_errors import rendering as dapr_rendering
from verihook.dialects.fallback import fallback, rows
from verihook.dialects.grammar import Render
from verihook.model.ports import Services

#: What is theirs alone: unknown paths and other methods there are answered in their words. The longer ones first.
_PLACES = (
    "/admin/workflows/{rest:path}",
    "/workflows/{rest:path}",
    "/api/v1/{rest:path}",
    "/api/{rest:path}",
    *(f"{prefix}/{{rest:path}}" for prefix in dapr.PREFIXES),
    "/w/{rest:path}",
)

#: Which route needs which scope.
ROUTES: Routes = {
    **moose.ROUTES,
    **temporal.ROUTES,
    **loopfour.ROUTES,
    **dapr.ROUTES,
    **awaitstep.ROUTES,
    **{row: scope for place in _PLACES for row, scope in rows(place).items()},
}


def routers(services: Services, access: Access, longest_wait_s: float) -> list[APIRouter]:
    """The routers of all of them, to be included in this order.

    ``longest_wait_s``: how long an answer may wait for an instance's end.
    """
    # Moose's /workflows/history before the guide's /workflows/{...}.
    dialects: list[APIRouter] = [
        moose.router(services, access),
        temporal.router(services, access, longest_wait_s),
        *(each.router(services, access) for each in (loopfour, dapr, awaitstep)),
    ]
    renders: list[Render] = [
        moose.render,
        temporal.render,
        loopfour.rendering(services),
        awaitstep.render,
        *(dapr_rendering(services) for _ in dapr.PREFIXES),
        awaitstep.render,
    ]
    return [*dialects, fallback(dict(zip(_PLACES, renders, strict=True)), dialects, services, access)]
