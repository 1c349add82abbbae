"""Who may call what: every row of the table against every kind of caller."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.flows.api.parts import Client, Deployment, deployment
from verihook import dialects, keys
from verihook.api.routes import NATIVE
from verihook.scopes import SCOPES

GUARDED = sorted(row for row, scope in NATIVE.items() if scope is not None)
OPEN = sorted(row for row, scope in NATIVE.items() if scope is None)
DIALECTS = sorted(row for row, scope in dialects.ROUTES.items() if scope is not None)

#: Rows that have to do with one workflow: a key that is bound to others is refused.
BOUND = [row for row in GUARDED if "{workflow}" in row or "{instanceId}" in row]

#: Bodies without which a request is refused for what it says.
BODIES = {
    "POST /v1/workflows/{workflow}/instances:batch": {"instances": [{}]},
    "POST /v1/keys": {"name": "made", "scopes": ["keys:manage"]},
}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    with deployment(tmp_path_factory.mktemp("authorization")) as made:
        yield made


@pytest.fixture
def instance_id(deployed: Deployment) -> str:
    return str(deployed.client().post("/v1/workflows/free/instances").json()["instanceId"])


def call(client: Client, row: str, instance_id: str, key_id: str = "unknown") -> tuple[int, str]:
    """Status and code of a call of this row."""
    method, path = row.split(" ")
    names = {"workflow": "free", "instanceId": instance_id, "name": "free", "keyId": key_id}
    path = re.sub(r"\{(\w+)(:path)?\}", lambda found: names.get(found[1], instance_id), path)
    answer = client.request(method, path, **({"json": BODIES[row]} if row in BODIES else {}))
    if not answer.headers.get("content-type", "").startswith("application/problem+json"):
        return answer.status_code, ""
    return answer.status_code, str(answer.json()["code"])


@pytest.mark.parametrize("row", GUARDED)
def test_without_a_key_and_with_a_wrong_one(deployed: Deployment, instance_id: str, row: str) -> None:
    wrong = deployed.make_key()[:-6] + "000000"
    unknown = keys.create("elsewhere", SCOPES, _Nowhere(), deployed.services.clock.now_ms())[1]  # type: ignore[arg-type]
    for key in ("", wrong, "nonsense", unknown):
        assert (401, "unauthenticated") == call(deployed.client(key), row, instance_id)


@pytest.mark.parametrize("row", GUARDED)
def test_with_an_expired_and_a_revoked_one(deployed: Deployment, instance_id: str, row: str) -> None:
    documents, now = deployed.services.documents, deployed.services.clock.now_ms()
    expired = keys.create("expired", SCOPES, documents, now - 10_000, expires_at=now - 5_000)[1]
    key, revoked = keys.create("revoked", SCOPES, documents, now)
    keys.revoke(key.id, documents, now)
    for secret in (expired, revoked):
        assert (401, "unauthenticated") == call(deployed.client(secret), row, instance_id)


@pytest.mark.parametrize("row", GUARDED)
def test_with_every_scope_but_the_one(deployed: Deployment, instance_id: str, row: str) -> None:
    key = deployed.make_key(*(scope for scope in SCOPES if scope != NATIVE[row]))
    assert (403, "forbidden") == call(deployed.client(key), row, instance_id)


@pytest.mark.parametrize("row", BOUND)
def test_with_a_key_for_another_workflow(deployed: Deployment, instance_id: str, row: str) -> None:
    """A workflow is forbidden; an instance is one that is not there."""
    client = deployed.client(deployed.make_key(workflows=["order-*"]))
    forbidden = (403, "forbidden") if "{workflow}" in row else (404, "not-found")
    assert forbidden == call(client, row, instance_id)


@pytest.mark.parametrize("row", GUARDED)
def test_with_the_one_scope_for_the_one_workflow(deployed: Deployment, instance_id: str, row: str) -> None:
    scope = NATIVE[row]
    assert scope is not None
    key = deployed.make_key(scope)
    status, code = call(deployed.client(key), row, instance_id)
    assert (status, code) in {(200, ""), (201, ""), (202, ""), (204, ""), (404, "key-not-found"), (409, "conflict")}
    if row in BOUND:
        bound = deployed.client(deployed.make_key(scope, workflows=["f*"]))
        fresh = str(deployed.client().post("/v1/workflows/free/instances").json()["instanceId"])
        assert (status, code) == call(bound, row, fresh)


def test_what_a_bound_key_sees(deployed: Deployment, instance_id: str) -> None:
    client = deployed.client(deployed.make_key(workflows=["order*"]))
    assert {"order", "order-created", "order-approval", "order-log"} == {
        it["name"] for it in client.get("/v1/workflows").json()["workflows"]
    }
    assert 403 == client.get("/v1/instances").status_code
    assert 403 == client.get("/v1/instances?workflow=free").status_code
    assert 403 == client.get("/v1/instances?tag=vip").status_code
    assert [] == client.get("/v1/instances?workflow=order").json()["instances"]


@pytest.mark.parametrize("row", DIALECTS)
def test_the_dialects_let_no_stranger_in(deployed: Deployment, instance_id: str, row: str) -> None:
    scope = dialects.ROUTES[row]
    others = deployed.make_key(*(each for each in SCOPES if each != scope))
    assert 401 == call(deployed.client(""), row, instance_id)[0]
    assert 403 == call(deployed.client(others), row, instance_id)[0]
    assert call(deployed.client(), row, instance_id)[0] not in (401, 403)


@pytest.mark.parametrize("row", [row for row in OPEN if row != "GET /metrics"])
def test_what_is_open(deployed: Deployment, row: str) -> None:
    assert 200 == call(deployed.client(""), row, "none")[0]


def test_every_documented_operation_has_a_row(deployed: Deployment) -> None:
    rows = {**NATIVE, **dialects.ROUTES}
    documented = {
        f"{method.upper()} {path}"
        for path, operations in deployed.app.openapi()["paths"].items()
        for method in operations
        if path not in ("/", "/hooks/{source}")
    }
    assert set() == documented - rows.keys()
    assert set(GUARDED) <= documented


class _Nowhere:
    """Documents that nobody keeps."""

    def write(self, *_: object) -> bool:
        return True
