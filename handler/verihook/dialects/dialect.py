"""What a dialect is made of: a row of :data:`verihook.dialects.DIALECTS`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from verihook.api.access import Access
from verihook.api.routes import Guarded, Routes
from verihook.dialects.grammar import Render, route_class
from verihook.dialects.statuses import Words
from verihook.model.ports import Services

#: Adds the routes of a dialect to its router. The last argument: how long an answer may wait for an end, in seconds.
AddRoutes = Callable[[Guarded, Services, float], None]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One product's grammar.

    ``places``: the paths below which everything is the dialect's, so that it answers an unknown path or another method
    there in its own words; of two that overlap the longer one counts. ``routes``: the scope that each route needs.
    ``render``: an error in its words. ``words``: what it calls each status.
    """

    name: str
    places: tuple[str, ...]
    routes: Routes
    add_routes: AddRoutes
    render: Render
    words: Words

    def router(self, services: Services, access: Access, longest_wait_s: float) -> Guarded:
        """Return the dialect's routes; each answers an error that is raised in it with ``render``."""
        router = Guarded(access, self.routes, route_class=route_class(self.render, services), include_in_schema=False)
        self.add_routes(router, services, longest_wait_s)
        return router
