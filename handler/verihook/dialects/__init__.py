"""The HTTP grammars of other products over our operations: translations, without a rule of their own.

    moose.py       Moose: trigger, terminate, history
    temporal.py    the guide "trigger Temporal workflows via HTTP API"
    loopfour.py    LoopFour, "API triggers"
    dapr.py        Dapr's Workflow API, its first draft and what was built
    awaitstep.py   AwaitStep: its API and its worker

Each is a row of :data:`DIALECTS`. docs/dialects.md tells which client can be pointed here, and what differs.
"""

from __future__ import annotations

from fastapi import APIRouter

from verihook.api.access import Access
from verihook.api.routes import Routes
from verihook.dialects import awaitstep, dapr, dapr_errors, loopfour, moose, temporal
from verihook.dialects.dialect import Dialect
from verihook.dialects.fallback import fallback, fallback_routes
from verihook.model.ports import Services

#: A new dialect is a file and a row here. Moose stands before the guide: its /workflows/history is one of the guide's
#: /workflows/{...} otherwise.
DIALECTS = (
    Dialect("moose", ("/admin/workflows",), moose.ROUTES, moose.add_routes, moose.render, moose.WORDS),
    Dialect("temporal", ("/workflows",), temporal.ROUTES, temporal.add_routes, temporal.render, temporal.WORDS),
    Dialect("loopfour", ("/api/v1",), loopfour.ROUTES, loopfour.add_routes, loopfour.render, loopfour.WORDS),
    Dialect("dapr", dapr.PREFIXES, dapr.ROUTES, dapr.add_routes, dapr_errors.render, dapr.WORDS),
    Dialect("awaitstep", ("/api", "/w"), awaitstep.ROUTES, awaitstep.add_routes, awaitstep.render, awaitstep.WORDS),
)

#: Which route needs which scope.
ROUTES: Routes = {row: scope for each in DIALECTS for row, scope in {**each.routes, **fallback_routes(each)}.items()}


def routers(services: Services, access: Access, longest_wait_s: float) -> list[APIRouter]:
    """Return the routers of all dialects, to be included in this order.

    ``longest_wait_s``: how long an answer may wait for an instance's end, in seconds.
    """
    own: list[APIRouter] = [each.router(services, access, longest_wait_s) for each in DIALECTS]
    return [*own, fallback(DIALECTS, own, services, access)]
