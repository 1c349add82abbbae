"""Unknown paths are answered in the words of the dialect whose place they are in."""

from __future__ import annotations

from fastapi import FastAPI, Request, Response

from tests.flows.api.parts import Client
from tests.unit.bare import bare_services
from verihook.api.access import Access
from verihook.dialects.dialect import Dialect
from verihook.dialects.fallback import fallback
from verihook.dialects.grammar import answer
from verihook.errors import VerihookError
from verihook.model.ports import Services


def dialect(name: str, place: str) -> Dialect:
    def render(_request: Request, error: VerihookError, _services: Services) -> Response:
        return answer({name: str(error)}, error.status)

    return Dialect(name, (place,), {}, lambda *_: None, render, {})


def test_of_two_places_that_overlap_the_longer_one_counts() -> None:
    services = bare_services()
    app = FastAPI()
    # The shorter one stands first in the table.
    app.include_router(fallback([dialect("short", "/a"), dialect("long", "/a/b")], [], services, Access(services)))
    client = Client(app, {})
    assert [*client.get("/a/b/c").json()] == ["long"]
    assert [*client.get("/a/c").json()] == ["short"]
