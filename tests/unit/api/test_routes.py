"""The table of scopes."""

from __future__ import annotations

import pytest

from tests.unit.bare import bare_services
from verihook.api.access import Access
from verihook.api.operations import ROUTES as NATIVE
from verihook.api.routes import ANY_KEY, Guarded, scope_of
from verihook.model.scopes import SCOPES


async def endpoint() -> None: ...


def test_a_route_without_a_row_does_not_come_up() -> None:
    router = Guarded(Access(bare_services()), {"GET /a": None}, prefix="")
    router.get("/a")(endpoint)
    with pytest.raises(LookupError, match="POST /a: no row"):
        router.post("/a")(endpoint)


def test_methods_of_one_route_need_the_same() -> None:
    router = Guarded(Access(bare_services()), {"GET /a": None, "POST /a": "instances:read"})
    with pytest.raises(LookupError, match="different scopes"):
        router.add_api_route("/a", endpoint, methods=["GET", "POST"])


def test_every_scope_opens_something() -> None:
    assert set(SCOPES) == {scope for scope in NATIVE.values() if scope not in (None, ANY_KEY)}
    assert "keys:manage" == scope_of(NATIVE, "get", "/v1/keys")
