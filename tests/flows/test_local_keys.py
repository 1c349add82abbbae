"""API keys on one machine, whose API is closed by default, and ``verihook keys`` beside the running server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.flows.commands import verihook
from tests.flows.signing import order, x_signature
from tests.flows.waiting import wait_until
from tests.flows.workshop import Api, workshop

#: Well formed, and of no key.
NOBODYS = "vhk_" + "0" * 49

#: A request of each dialect.
DIALECTS = [
    ("POST", "/workflows/order-log/trigger"),
    ("GET", "/workflows/history"),
    ("GET", "/admin/workflows/history"),
    ("POST", "/workflows/order-log"),
    ("POST", "/workflows/order-log/async"),
    ("GET", "/workflows/any/status"),
    ("POST", "/api/v1/workflows/order-log/run"),
    ("GET", "/api/v1/runs"),
    ("POST", "/v1.0/workflows/dapr/order-log/start"),
    ("GET", "/v1.0/workflows/dapr/any"),
    ("POST", "/v1.0-alpha1/workflows/order-log/any/start"),
    ("POST", "/api/workflows/order-log/trigger"),
    ("GET", "/api/runs"),
    ("POST", "/w/order-log"),
    ("GET", "/w/order-log"),
]


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A caller without a key, of a server as it is by default."""
    with workshop(tmp_path_factory.mktemp("closed")) as api:
        without = Api(api.url, api.data)
        with without.http:
            yield without


def command(api: Api, *arguments: str, code: int = 0) -> str:
    """What ``verihook keys`` prints."""
    done = verihook("keys", *arguments, "--data", str(api.data))
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout.strip() if code == 0 else done.stderr


def made(api: Api, *options: str, name: str = "ci") -> tuple[str, str]:
    """The id and the secret of a new key."""
    content = json.loads(command(api, "create", "--name", name, "--json", *options))
    return content["key"]["id"], content["secret"]


def listed(api: Api) -> dict[str, dict[str, Any]]:
    return {key["id"]: key for key in json.loads(command(api, "list", "--json"))["keys"]}


def status(api: Api, secret: str, path: str = "/v1/instances") -> int:
    return api.http.get(path, headers={"authorization": f"Bearer {secret}"}).status_code


@pytest.fixture(scope="module", autouse=True)
def revoked(closed: Api) -> tuple[str, float]:
    """A key that the server has just believed, and when it was revoked: it may go on for 30 seconds."""
    id, secret = made(closed, "--scope", "instances:read", name="revoked")
    assert status(closed, secret) == 200
    assert "is revoked since" in command(closed, "revoke", id)
    return secret, time.monotonic()


def test_no_entry_without_a_key(closed: Api) -> None:
    described = closed.http.get("/v1/openapi.json").json()["paths"]
    calls = [
        (method.upper(), path.replace("{", "").replace("}", ""))
        for path, operations in described.items()
        if path.startswith("/v1/")
        for method in operations
    ]
    assert len(calls) >= 25
    for method, path in calls:
        for key in (None, NOBODYS):
            reply = closed.http.request(method, path, headers={} if key is None else {"x-api-key": key})
            assert (method, path, reply.status_code) == (method, path, 401)
            assert reply.json()["code"] == "unauthenticated"
            assert reply.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path"), DIALECTS)
def test_nor_by_a_dialect(closed: Api, method: str, path: str) -> None:
    assert closed.http.request(method, path).status_code == 401
    assert closed.http.request(method, path, headers={"dapr-api-token": NOBODYS}).status_code == 401


def test_webhooks_and_health_stay_open(closed: Api) -> None:
    body = order()
    answer = closed.face.send("POST", "/", x_signature(body), body)
    assert answer.status == 200
    assert closed.face.send("GET", f"/?instanceId={answer.json['instanceId']}", []).status == 200
    assert closed.http.get("/health").json()["status"] == "ok"
    # Their signature is asked for as ever, and a key is none.
    _, secret = made(closed, "--scope", "workflows:execute")
    reply = closed.http.post("/", content=body, headers={"authorization": f"Bearer {secret}"})
    assert (reply.status_code, reply.json()["code"]) == (401, "signature")


def test_a_key_opens_what_its_scopes_say(closed: Api) -> None:
    id, secret = made(closed, "--scope", "workflows:execute", "--scope", "instances:read", "--workflow", "order-*")
    with httpx.Client(base_url=closed.url, headers={"x-api-key": secret}, trust_env=False) as http:
        started = http.post("/v1/workflows/order-log/instances", json={"input": {"orderId": "A1"}})
        assert started.status_code == 202
        instance = f"/v1/instances/{started.json()['instanceId']}"
        assert http.get(instance).status_code == 200
        other = http.post("/v1/workflows/tax/instances", json={"input": {}})
        assert (other.status_code, other.json()["code"]) == (403, "forbidden")
        lacking = http.post(f"{instance}/terminate")
        assert (lacking.status_code, "instances:manage" in lacking.json()["detail"]) == (403, True)
    key = listed(closed)[id]
    assert (key["status"], key["workflows"], key["lastUsedAt"] is not None) == ("active", ["order-*"], True)
    assert secret not in json.dumps(listed(closed))


def test_the_secret_alone_is_printed_to_be_kept(closed: Api) -> None:
    secret = command(closed, "create", "--name", "shell", "--scope", "sources:read")
    assert status(closed, secret, "/v1/sources") == 200
    assert "shell" in command(closed, "list")
    assert secret not in command(closed, "list")


def test_a_rotated_key_and_the_new_one(closed: Api) -> None:
    id, old = made(closed, "--scope", "instances:read", name="rotated")
    new = json.loads(command(closed, "rotate", id, "--overlap", "2s", "--json"))
    assert new["key"]["scopes"] == ["instances:read"]
    assert status(closed, new["secret"]) == 200
    wait_until(lambda: status(closed, old) == 401)
    assert status(closed, new["secret"]) == 200
    assert listed(closed)[id]["status"] == "expired"


def test_a_key_that_has_expired(closed: Api) -> None:
    id, secret = made(closed, "--scope", "instances:read", "--expires", "1s")
    wait_until(lambda: status(closed, secret) == 401)
    assert listed(closed)[id]["status"] == "expired"


def test_a_key_revoked_before_its_first_use_never_works(closed: Api) -> None:
    id, secret = made(closed, "--scope", "instances:read")
    command(closed, "revoke", id)
    assert (status(closed, secret), listed(closed)[id]["status"]) == (401, "revoked")


def test_an_id_that_is_none(closed: Api) -> None:
    assert "verihook: " in command(closed, "revoke", "0" * 16, code=2)


def test_a_revocation_holds_within_30_seconds(closed: Api, revoked: tuple[str, float]) -> None:
    """The last one, so that most of the time has passed already."""
    secret, since = revoked

    def refused() -> bool:
        asked = time.monotonic()
        believed = status(closed, secret) != 401
        assert not believed or asked - since < 32, "a request of 32 seconds later was let in"
        return not believed

    wait_until(refused)
