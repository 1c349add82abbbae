"""Keys over HTTP: what a key may do to keys, itself among them."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.contracts.instances import HOUR
from tests.flows.api.parts import Client, Deployment, deployment
from verihook.api.access import Access
from verihook.app import create_app
from verihook.client import AsyncClient, Forbidden, Key, NotFound
from verihook.instances import api_keys
from verihook.model.policy import Policy
from verihook.model.scopes import SCOPES, ApiKey

DAY = 24 * HOUR


def made(deployed: Deployment, *scopes: str, **options: object) -> tuple[ApiKey, Client]:
    """A key and a client that has it."""
    documents, now = deployed.services.documents, deployed.services.clock.now_ms()
    key, secret = api_keys.create("test", scopes or ["keys:manage"], documents, now, **options)  # type: ignore[arg-type]
    return key, deployed.client(secret)


@pytest.mark.parametrize("by", ["itself", "another", "another process"])
def test_a_key_that_is_revoked_makes_no_other(deployed: Deployment, client: Client, by: str) -> None:
    key, own = made(deployed)
    assert 200 == own.get("/v1/keys").status_code
    if by == "another process":
        api_keys.revoke(key.id, deployed.services.documents, deployed.services.clock.now_ms())
    else:
        assert 200 == (own if by == "itself" else client).delete(f"/v1/keys/{key.id}").status_code
    again = own.post("/v1/keys", json={"name": "more", "scopes": ["keys:manage"]})
    assert (401, "unauthenticated") == (again.status_code, again.json()["code"])
    assert 401 == own.get("/v1/keys").status_code


def test_a_revocation_holds_at_once_where_it_was_made(deployed: Deployment, client: Client) -> None:
    key, own = made(deployed, "workflows:read")
    assert 200 == own.get("/v1/workflows").status_code
    assert 200 == client.delete(f"/v1/keys/{key.id}").status_code
    assert 401 == own.get("/v1/workflows").status_code


def test_a_rotation_without_overlap_holds_at_once_where_it_was_made(deployed: Deployment, client: Client) -> None:
    key, own = made(deployed, "workflows:read")
    assert 200 == own.get("/v1/workflows").status_code
    assert 201 == client.post(f"/v1/keys/{key.id}/rotate", json={"overlap": 0}).status_code
    assert 401 == own.get("/v1/workflows").status_code


def test_a_key_that_ends_makes_none_that_lasts_longer(deployed: Deployment) -> None:
    now = deployed.services.clock.now_ms()
    _, own = made(deployed, expires_at=now + DAY)
    body = {"name": "more", "scopes": ["keys:manage"]}
    for expires in (None, "2d", "2999-01-01T00:00:00Z"):
        refused = own.post("/v1/keys", json={**body, "expires": expires})
        assert 403 == refused.status_code
        assert "lasts longer: expires must be at most 20" in refused.json()["detail"]
    assert 201 == own.post("/v1/keys", json={**body, "expires": "23h"}).status_code


def test_a_key_that_ends_replaces_others_by_none_that_lasts_longer(deployed: Deployment) -> None:
    now = deployed.services.clock.now_ms()
    _, own = made(deployed, expires_at=now + DAY)
    forever, _ = made(deployed)
    week, _ = made(deployed, expires_at=now + 7 * DAY)
    for key in (forever, week):
        assert 403 == own.post(f"/v1/keys/{key.id}/rotate").status_code
        fresh = own.post(f"/v1/keys/{key.id}/rotate", json={"expires": "12h"})
        assert (201, key.id) == (fresh.status_code, fresh.json()["replaces"])


def test_a_key_replaces_itself_for_as_long_as_it_was_made_for(deployed: Deployment) -> None:
    now = deployed.services.clock.now_ms()
    key, own = made(deployed, expires_at=now + DAY)
    assert 403 == own.post(f"/v1/keys/{key.id}/rotate", json={"expires": "2d"}).status_code
    fresh = own.post(f"/v1/keys/{key.id}/rotate")
    assert 201 == fresh.status_code
    assert abs(datetime.fromisoformat(fresh.json()["expiresAt"]) - datetime.now(UTC) - timedelta(days=1)) < timedelta(
        minutes=1
    )


def test_a_key_neither_sees_nor_changes_one_that_may_do_more(deployed: Deployment) -> None:
    bound, own = made(deployed, "keys:manage", "workflows:execute", workflows=["order-*"])
    less, _ = made(deployed, "workflows:execute", workflows=["order-a"])
    for mighty, why in (
        (made(deployed)[0], "bound to the workflows order-*"),
        (made(deployed, "workflows:execute", workflows=["payment"])[0], "bound to the workflows"),
        (made(deployed, "instances:manage", workflows=["order-a"])[0], "lacks the scope instances:manage"),
    ):
        for method, path in (("DELETE", f"/v1/keys/{mighty.id}"), ("POST", f"/v1/keys/{mighty.id}/rotate")):
            answer = own.request(method, path)
            assert 403 == answer.status_code
            assert why in answer.json()["detail"]
        kept = api_keys.load(mighty.id, deployed.services.documents, deployed.services.clock.now_ms())
        assert kept is not None
        assert (None, None) == (kept.key.revoked_at, kept.key.expires_at)
    assert {bound.id, less.id} == {key["id"] for key in own.get("/v1/keys").json()["keys"]}
    assert 200 == own.delete(f"/v1/keys/{less.id}").status_code


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"expires": "soon"}, "expires: write"),
        ({"expires": "2027-01-31T12:00:00"}, "expires: write"),
        ({"expires": "1999-01-31"}, "must be in the future"),
        ({"overlap": "400d"}, "overlap: must be at most a year"),
        ({"overlap": "soon"}, "overlap: write"),
    ],
)
def test_times_that_are_none(deployed: Deployment, client: Client, body: dict[str, str], words: str) -> None:
    key, _ = made(deployed)
    answer = client.post(f"/v1/keys/{key.id}/rotate", json=body)
    assert 400 == answer.status_code
    assert words in answer.json()["detail"]


def test_by_the_client(deployed: Deployment) -> None:
    async def story() -> tuple[Key, Key]:
        transport = httpx.ASGITransport(deployed.app)
        async with AsyncClient("http://test", deployed.key, transport=transport) as verihook:
            new = await verihook.create_key("ci", ["workflows:execute"], workflows=["order-*"], expires="90d")
            fresh = await verihook.rotate_key(new.key.id, overlap=timedelta(0), expires=timedelta(days=1))
            listed = {key.id: key for key in await verihook.list_keys()}
            assert {new.key.id, fresh.key.id} <= listed.keys()
            assert "expired" == listed[new.key.id].status
            with pytest.raises(NotFound):
                await verihook.revoke_key("0" * 16)
            return fresh.key, await verihook.revoke_key(fresh.key.id)

    fresh, revoked = asyncio.run(story())
    assert ("active", "revoked", ("order-*",)) == (fresh.status, revoked.status, revoked.workflows)
    assert fresh.expires_at is not None
    assert fresh.expires_at - fresh.created_at == timedelta(days=1)

    async def refused() -> None:
        small = deployed.make_key("keys:manage")
        async with AsyncClient("http://test", small, transport=httpx.ASGITransport(deployed.app)) as verihook:
            await verihook.create_key("more", ["instances:manage"])

    with pytest.raises(Forbidden, match="lacks the scope"):
        asyncio.run(refused())


def test_a_retry_after_a_rotation_starts_nothing_twice(deployed: Deployment, client: Client) -> None:
    """Twice rotated: every key of the chain is the same caller, and no other is."""
    key, own = made(deployed, "workflows:execute")
    start = {"url": "/v1/workflows/free/instances", "headers": {"idempotency-key": "order-1"}}
    begun = own.post(**start).json()["instanceId"]  # type: ignore[arg-type]
    for _ in range(2):
        fresh = client.post(f"/v1/keys/{key.id}/rotate", json={"overlap": "1h"}).json()
        again = deployed.client(fresh["secret"]).post(**start)  # type: ignore[arg-type]
        assert (202, "true", begun) == (
            again.status_code,
            again.headers["idempotent-replayed"],
            again.json()["instanceId"],
        )
        key = dataclasses.replace(key, id=fresh["id"])
    _, other = made(deployed, "workflows:execute")
    assert begun != other.post(**start).json()["instanceId"]  # type: ignore[arg-type]
    assert 2 == deployed.engine.starts


def test_any_key_reads_what_it_may_do(deployed: Deployment) -> None:
    key, own = made(deployed, "instances:read", "events:send", workflows=["order-*"])
    told = own.get("/v1/keys/self")
    assert 200 == told.status_code
    content = told.json()
    assert ("key", ["instances:read", "events:send"], ["order-*"]) == (
        content["entry"],
        content["scopes"],
        content["workflows"],
    )
    assert (key.id, "test", "active") == tuple(content["key"][name] for name in ("id", "name", "status"))
    assert 403 == own.get("/v1/keys").status_code


@pytest.mark.parametrize(("access", "entry"), [({"run_key": "the run's"}, "run"), ({"loopback": True}, "open")])
def test_without_a_key_of_the_ledger_everything_is_allowed(
    deployed: Deployment, access: dict[str, object], entry: str
) -> None:
    services = dataclasses.replace(deployed.services, policy=Policy(auth="open"))
    app = create_app(services, Access(services, **access), local=True)  # type: ignore[arg-type]
    headers = {"authorization": "Bearer the run's", "host": "127.0.0.1"}
    told = Client(app, headers).get("/v1/keys/self").json()
    assert {"entry": entry, "scopes": [*SCOPES], "workflows": [], "key": None} == told


def test_a_rotation_is_no_way_round_the_limit(tmp_path: Path) -> None:
    with deployment(tmp_path, Policy(starts_per_minute=1)) as scarce:
        key, own = made(scarce, "workflows:execute")
        url = "/v1/workflows/free/instances"
        assert [202, 429] == [own.post(url).status_code for _ in range(2)]
        fresh = scarce.client().post(f"/v1/keys/{key.id}/rotate").json()["secret"]
        assert 429 == scarce.client(fresh).post(url).status_code
