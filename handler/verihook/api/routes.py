"""Which scope each route needs, in one table: a route that has no row there fails when the app is made.

:class:`Guarded` is an APIRouter with such a table. Its routes are declared as usual, and each gets the check of its
row, which runs before any of the body is read::

    ROUTES: Routes = {"POST /workflows/{name}/trigger": "workflows:execute", "GET /": None}    # None: no key

    router = Guarded(access, ROUTES, route_class=MooseRoute)

    @router.post("/workflows/{name}/trigger")
    async def trigger(name: str, request: Request, caller: Caller) -> Response: ...

``caller`` is the identity that the check let through. What the check raises (Unauthenticated, Forbidden,
LedgerUnavailable) passes through ``route_class.get_route_handler``, which renders it in the grammar of a dialect.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Request, params
from starlette.concurrency import run_in_threadpool

from verihook.api.access import Access, Identity, Scope

#: What a route needs that every API key may call, whatever its scopes.
ANY_KEY: Final = "any"

#: The scope that a route needs; :data:`ANY_KEY` if any key will do; None if it needs no API key.
Need = Scope | Literal["any"] | None

#: What each route (``"METHOD /path"``) needs.
Routes = Mapping[str, Need]


class Guarded(APIRouter):
    """A router that adds only routes that have a row in a table. Raises LookupError for another, when it is added."""

    def __init__(self, access: Access, routes: Routes, **options: Any) -> None:
        super().__init__(**options)
        self._access = access
        self._rows = routes

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """Add a route as APIRouter does. Raises LookupError without a row, or if its methods need different scopes."""
        methods = options.get("methods") or ["GET"]
        scopes = {scope_of(self._rows, method, self.prefix + path) for method in methods}
        if len(scopes) > 1:
            raise LookupError(f"{self.prefix + path}: its methods need different scopes; give each a route of its own")
        first = _scope_check(self._access, scopes.pop())
        options["dependencies"] = [first, *(options.get("dependencies") or ())]
        super().add_api_route(path, endpoint, **options)


def scope_of(routes: Routes, method: str, path: str) -> Need:
    """Return what a route needs. Raises LookupError if the table has no row for it."""
    row = f"{method.upper()} {path}"
    if row not in routes:
        raise LookupError(f"{row}: no row says which scope it needs; write one")
    return routes[row]


def _scope_check(access: Access, scope: Need) -> params.Depends:
    """Return the dependency that checks a caller for this scope, and keeps the identity for :data:`Caller`."""

    async def let_through(request: Request) -> None:
        # In a thread: the key is read from the ledger.
        if scope == ANY_KEY:
            request.state.identity = await run_in_threadpool(access.identify, request)
        elif scope is not None:
            request.state.identity = await run_in_threadpool(access.require, request, scope)

    check: params.Depends = Depends(let_through)
    return check


def _caller(request: Request) -> Identity:
    identity: Identity = request.state.identity
    return identity


#: The identity that the check of the scope let through, as a parameter of a route.
Caller = Annotated[Identity, Depends(_caller)]
