"""One table: which route needs which scope. A route without a row does not come up.

A router is made by :class:`Guarded`, with the table that has its rows; it declares its routes as any APIRouter, and
each gets the check of its row, which runs before anything of the body is read::

    ROUTES: Routes = {"POST /workflows/{name}/trigger": "workflows:execute", "GET /": None}    # None: open

    router = Guarded(access, ROUTES, route_class=MooseRoute)

    @router.post("/workflows/{name}/trigger")
    async def trigger(name: str, request: Request, caller: Caller) -> Response: ...

``caller`` is who was let through. Whatever the check raises (Unauthenticated, Forbidden, LedgerUnavailable) passes
through ``route_class.get_route_handler``, where a dialect renders it in its own grammar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, params
from starlette.concurrency import run_in_threadpool

from verihook.api.access import Access, Identity, Scope

#: ``"METHOD /path"`` to the scope that it needs; None for a route that is open to everybody.
Routes = Mapping[str, Scope | None]


class Guarded(APIRouter):
    """A router whose routes are all rows of a table. Raises LookupError for a route that is not, at the start."""

    def __init__(self, access: Access, routes: Routes, **options: Any) -> None:
        super().__init__(**options)
        self._access = access
        self._rows = routes

    def add_api_route(self, path: str, endpoint: Callable[..., Any], **options: Any) -> None:
        """As in APIRouter; methods of one route need the same scope."""
        methods = options.get("methods") or ["GET"]
        scopes = {scope_of(self._rows, method, self.prefix + path) for method in methods}
        if len(scopes) > 1:
            raise LookupError(f"{self.prefix + path}: its methods need different scopes; give each a route of its own")
        first = needs(self._access, scopes.pop())
        options["dependencies"] = [first, *(options.get("dependencies") or ())]
        super().add_api_route(path, endpoint, **options)


def scope_of(routes: Routes, method: str, path: str) -> Scope | None:
    """The scope that a route needs. Raises LookupError if the table has no row for it."""
    row = f"{method.upper()} {path}"
    if row not in routes:
        raise LookupError(f"{row}: no row says which scope it needs; write one")
    return routes[row]


def needs(access: Access, scope: Scope | None) -> params.Depends:
    """A dependency that lets callers with this scope through, and says who they are (:data:`Caller`)."""

    async def let_through(request: Request) -> None:
        if scope is not None:
            # In a thread: the ledger is asked for the key.
            request.state.identity = await run_in_threadpool(access.require, request, scope)

    check: params.Depends = Depends(let_through)
    return check


def _caller(request: Request) -> Identity:
    identity: Identity = request.state.identity
    return identity


#: Who was let through; of a route that needs a scope.
Caller = Annotated[Identity, Depends(_caller)]
