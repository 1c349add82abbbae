from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.unit.client.scripted import AT, Script, problem
from verihook.client import Forbidden, Unavailable

KEY = {
    "id": "0f2a9c41b7d35e68",
    "name": "ci",
    "status": "active",
    "scopes": ["workflows:execute"],
    "workflows": [],
    "createdAt": AT,
    "expiresAt": None,
    "lastUsedAt": AT,
    "revokedAt": None,
    "replaces": None,
}
MADE = {**KEY, "secret": "vhk_secret"}


def test_a_list(script: Callable[..., Script]) -> None:
    told = script((200, {"keys": [KEY, {**KEY, "workflows": ["order-*"], "status": "revoked", "revokedAt": AT}]}))
    first, second = told.call("list_keys")
    assert ("ci", ("workflows:execute",), (), None) == (first.name, first.scopes, first.workflows, first.expires_at)
    assert ("revoked", ("order-*",)) == (second.status, second.workflows)
    assert second.revoked_at == second.created_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert KEY == first.raw
    (request,) = told.requests
    assert ("GET", "/prod/v1/keys") == (request.method, request.url.path)


@pytest.mark.parametrize("key", [KEY, None])
def test_its_own(script: Callable[..., Script], key: Any) -> None:
    told = script((200, {"entry": "key", "scopes": ["keys:manage"], "workflows": ["order-*"], "key": key}))
    own = told.call("own_key")
    assert ("key", ("keys:manage",), ("order-*",)) == (own.entry, own.scopes, own.workflows)
    assert (own.key.id if own.key else None) == (key["id"] if key else None)
    assert "/prod/v1/keys/self" == told.requests[0].url.path


@pytest.mark.parametrize(
    ("expires", "sent"),
    [
        (None, None),
        ("90d", "90d"),
        (timedelta(hours=1), "3600s"),
        (datetime(2027, 1, 31, tzinfo=UTC), "2027-01-31T00:00:00+00:00"),
    ],
)
def test_a_key_is_made(script: Callable[..., Script], expires: Any, sent: str | None) -> None:
    told = script((201, MADE))
    made = told.call("create_key", "ci", ("workflows:execute",), workflows=["order-*"], expires=expires)
    body = {"name": "ci", "scopes": ["workflows:execute"], "workflows": ["order-*"], "expires": sent}
    assert [body] == told.bodies()
    assert ("vhk_secret", "0f2a9c41b7d35e68") == (made.secret, made.key.id)
    assert "vhk_secret" not in repr(made)
    assert "secret" not in made.key.raw


@pytest.mark.parametrize(("overlap", "sent"), [("1h", "1h"), (0, 0), (timedelta(days=1), 86_400)])
def test_a_key_is_replaced(script: Callable[..., Script], overlap: Any, sent: Any) -> None:
    told = script((201, {**MADE, "replaces": "old"}))
    assert "old" == told.call("rotate_key", "old", overlap=overlap).key.replaces
    assert [{"overlap": sent, "expires": None}] == told.bodies()
    assert "/prod/v1/keys/old/rotate" == told.requests[0].url.path


def test_a_key_is_revoked(script: Callable[..., Script]) -> None:
    told = script(httpx.Response(503), (200, {**KEY, "status": "revoked", "revokedAt": AT}))
    assert "revoked" == told.call("revoke_key", "0f2a9c41b7d35e68").status
    assert ["DELETE"] * 2 == [request.method for request in told.requests]


@pytest.mark.parametrize(("operation", "arguments"), [("create_key", ("ci", ["keys:manage"])), ("rotate_key", ("a",))])
def test_what_would_make_two_is_not_sent_again(
    script: Callable[..., Script], operation: str, arguments: tuple[Any, ...]
) -> None:
    told = script(httpx.ReadError("cut off"))
    with pytest.raises(Unavailable):
        told.call(operation, *arguments)
    assert 1 == len(told.requests)


def test_refusals(script: Callable[..., Script]) -> None:
    with pytest.raises(Forbidden):
        script(problem(403, "forbidden")).call("create_key", "ci", ["keys:manage"])
    naive = datetime(2027, 1, 31)  # noqa: DTZ001  # the case
    with pytest.raises(ValueError, match="aware"):
        script((201, MADE)).call("create_key", "ci", ["keys:manage"], expires=naive)
