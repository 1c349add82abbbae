"""Who may call what: every row of the table against every kind of caller."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import httpx
import pytest

from tests.flows.api.parts import Client, Deployment, deployment
from tests.flows.api.test_deliveries import keeping
from tests.project.test_bound_keys import made
from verihook import dialects
from verihook.api.operations import ROUTES as NATIVE
from verihook.instances import api_keys
from verihook.model.connection import Connection
from verihook.model.instance import Progress
from verihook.model.listing import Query
from verihook.model.scopes import SCOPES

NOTHING: Mapping[str, str] = {}

GUARDED = sorted(row for row, scope in NATIVE.items() if scope is not None)
SCOPED = [row for row in GUARDED if NATIVE[row] != "any"]
OPEN = sorted(row for row, scope in NATIVE.items() if scope is None)

#: What stands in the paths of each of Dapr's grammars.
DRAFT, BUILT = {"kind": "free"}, {"kind": "dapr"}


def _calls() -> Iterator[tuple[str, dict[str, str]]]:
    """Each guarded row of a dialect, and what stands in its path if that is not the instance's id."""
    for row, scope in sorted(dialects.ROUTES.items()):
        if scope is None:
            continue
        if "{kind}" in row:
            yield row, DRAFT
            yield row, {**BUILT, "subject": "free"} if row.endswith("/start") else BUILT
        elif row == "POST /workflows/{name}":
            # It waits for the end, which an express one has at once.
            yield row, {"name": "quick"}
        else:
            yield row, {}


DIALECTS = [pytest.param(row, names, id=f"{row} {' '.join(names.values())}") for row, names in _calls()]

#: Where a start names its workflow: of these another's is forbidden. An instance of another's is one that is not there.
NAMED = ("/start", "/trigger", "/async", "/run", "/runs", "POST /workflows/{name}", "POST /w/{workflow}")

#: Lists of whatever the key covers.
LISTS = ("/workflows/history", "/api/v1/runs", "/api/runs")

#: Rows that have to do with one workflow, or something of one: a key that is bound to others is refused.
BOUND = [row for row in GUARDED if "{" in row and "{keyId}" not in row]

#: Bodies without which a request is refused for what it says.
BODIES: dict[str, dict[str, Any]] = {
    "POST /v1/workflows/{workflow}/instances:batch": {"instances": [{}]},
    "POST /v1/jobs": {"action": "redrive", "filter": {"workflow": "free"}},
    "POST /v1/failures/dismiss": {"workflow": "free", "error": "DECLINED"},
    "POST /v1/keys": {"name": "made", "scopes": ["keys:manage"]},
    "POST /v1/deliveries/{deliveryId}/replay": {"asNew": True},
    "POST /api/workflows/{workflow}/trigger": {"connectionId": "erp"},
}

#: What a call of a row is refused with by which a key may not see what is there.
UNSEEN = {
    "{workflow}": (403, "forbidden"),
    "{instanceId}": (404, "not-found"),
    "{jobId}": (404, "job-not-found"),
    "{deliveryId}": (404, "delivery-not-found"),
    "{source}": (404, "source-not-found"),
}


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """Its source ``github`` starts the workflow ``free``."""
    with deployment(tmp_path_factory.mktemp("authorization")) as made:
        connections = {"erp": Connection("erp", "https://erp.example")}
        taking = {name: replace(each, connections=("erp",)) for name, each in made.services.workflows.items()}
        keeping(made)
        yield Deployment(replace(made.services, connections=connections, workflows=taking), made.engine)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many keys that are none are sent here within a minute."""
    monkeypatch.setattr("verihook.api.access.MAX_MISSES", 10_000)


@pytest.fixture
def instance_id(deployed: Deployment) -> str:
    return str(deployed.client().post("/v1/workflows/free/instances").json()["instanceId"])


def ask(client: Client, row: str, instance_id: str, given: Mapping[str, str] = NOTHING) -> httpx.Response:
    """The answer to a call of this row; ``given``: what stands in its path beside what always does."""
    method, path = row.split(" ")
    names = {"workflow": "free", "instanceId": instance_id, "name": "free", "keyId": "unknown", "source": "github"}
    names |= {"asset": "docs.js", **given}
    path = re.sub(r"\{(\w+)(:path)?\}", lambda found: names.get(found[1], instance_id), path)
    path += f"?instanceId={instance_id}" if row.startswith("GET /w/") else ""
    queries = {"GET /v1/lookup": f"?q={instance_id}", "DELETE /v1/deliveries": f"?source=orders&eventId={instance_id}"}
    path += queries.get(row, "?eventName=go" if row.endswith("/raiseEvent") else "")
    # Moose takes the same input once.
    body = {"of": instance_id} if row.endswith("workflows/{name}/trigger") else BODIES.get(row)
    return client.request(method, path, **({} if body is None else {"json": body}))


def call(client: Client, row: str, instance_id: str, given: Mapping[str, str] = NOTHING) -> tuple[int, str]:
    """Status and code of a call of this row."""
    answer = ask(client, row, instance_id, given)
    is_problem = answer.headers.get("content-type", "").startswith("application/problem+json")
    return answer.status_code, str(answer.json()["code"]) if is_problem else ""


@pytest.mark.parametrize("row", GUARDED)
def test_without_a_key_and_with_a_wrong_one(deployed: Deployment, instance_id: str, row: str) -> None:
    wrong = deployed.make_key()[:-6] + "000000"
    unknown = api_keys.create("elsewhere", SCOPES, _NoDocuments(), deployed.services.clock.now_ms())[1]  # type: ignore[arg-type]
    for key in ("", wrong, "nonsense", unknown):
        assert (401, "unauthenticated") == call(deployed.client(key), row, instance_id)


@pytest.mark.parametrize("row", GUARDED)
def test_with_an_expired_and_a_revoked_one(deployed: Deployment, instance_id: str, row: str) -> None:
    documents, now = deployed.services.documents, deployed.services.clock.now_ms()
    expired = api_keys.create("expired", SCOPES, documents, now - 10_000, expires_at=now - 5_000)[1]
    key, revoked = api_keys.create("revoked", SCOPES, documents, now)
    api_keys.revoke(key.id, documents, now)
    for secret in (expired, revoked):
        assert (401, "unauthenticated") == call(deployed.client(secret), row, instance_id)


@pytest.mark.parametrize("row", SCOPED)
def test_with_every_scope_but_the_one(deployed: Deployment, instance_id: str, row: str) -> None:
    key = deployed.make_key(*(scope for scope in SCOPES if scope != NATIVE[row]))
    assert (403, "forbidden") == call(deployed.client(key), row, instance_id)


@pytest.mark.parametrize("row", BOUND)
def test_with_a_key_for_another_workflow(deployed: Deployment, instance_id: str, row: str) -> None:
    """A workflow is forbidden; all else is answered as what is not there."""
    client = deployed.client(deployed.make_key(workflows=["order-*"]))
    unseen = next(told for part, told in UNSEEN.items() if part in row)
    answer, unknown = (ask(client, row, instance_id, names) for names in (made(deployed, row), {"source": "none"}))
    assert unseen == (answer.status_code, answer.json()["code"])
    if "{workflow}" not in row:
        assert answer.json()["detail"] == unknown.json()["detail"]


@pytest.mark.parametrize("row", SCOPED)
def test_with_the_one_scope_for_the_one_workflow(deployed: Deployment, instance_id: str, row: str) -> None:
    scope = NATIVE[row]
    assert scope is not None
    status, code = call(deployed.client(deployed.make_key(scope)), row, instance_id, made(deployed, row))
    assert (status < 300, code) == (True, "") or code == "conflict" or ("{keyId}" in row and code == "key-not-found")
    if row in BOUND:
        bound = deployed.client(deployed.make_key(scope, workflows=["f*"]))
        fresh = str(deployed.client().post("/v1/workflows/free/instances").json()["instanceId"])
        assert (status, code) == call(bound, row, fresh, made(deployed, row))


@pytest.mark.parametrize(("row", "names"), DIALECTS)
def test_the_dialects_without_a_key_and_with_one_that_opens_nothing(
    deployed: Deployment, instance_id: str, row: str, names: dict[str, str]
) -> None:
    documents, now = deployed.services.documents, deployed.services.clock.now_ms()
    wrong = deployed.make_key()[:-6] + "000000"
    unknown = api_keys.create("elsewhere", SCOPES, _NoDocuments(), now)[1]  # type: ignore[arg-type]
    expired = api_keys.create("expired", SCOPES, documents, now - 10_000, expires_at=now - 5_000)[1]
    key, revoked = api_keys.create("revoked", SCOPES, documents, now)
    api_keys.revoke(key.id, documents, now)
    for secret in ("", wrong, "nonsense", unknown, expired, revoked):
        assert ask(deployed.client(secret), row, instance_id, names).status_code == 401


@pytest.mark.parametrize(("row", "names"), DIALECTS)
def test_the_dialects_with_every_scope_but_the_one(
    deployed: Deployment, instance_id: str, row: str, names: dict[str, str]
) -> None:
    others = deployed.make_key(*(each for each in SCOPES if each != dialects.ROUTES[row]))
    for id in (instance_id, "nobody"):
        assert ask(deployed.client(others), row, id, names).status_code == 403


@pytest.mark.parametrize(("row", "names"), DIALECTS)
def test_the_dialects_with_a_key_for_another_workflow(
    deployed: Deployment, instance_id: str, row: str, names: dict[str, str]
) -> None:
    client = deployed.client(deployed.make_key(workflows=["order-*"]))
    answer = ask(client, row, instance_id, names)
    if row.endswith(LISTS):
        assert answer.status_code == 200
        assert instance_id not in answer.text
    elif row.endswith(NAMED):
        assert answer.status_code == 403
    else:
        # Word for word what it says of an instance that there is not.
        unknown = ask(client, row, "x" * len(instance_id), names)
        assert unknown.status_code in (400, 404, 500)
        told = (answer.status_code, answer.text.replace(instance_id, "ID"))
        assert told == (unknown.status_code, unknown.text.replace("x" * len(instance_id), "ID"))
    before = deployed.services.ledger.get(instance_id, deployed.services.clock.now_ms())
    assert before is not None
    assert before.status in ("queued", "running")


@pytest.mark.parametrize(("row", "names"), DIALECTS)
def test_the_dialects_with_the_one_scope_for_the_one_workflow(
    deployed: Deployment, instance_id: str, row: str, names: dict[str, str]
) -> None:
    scope = dialects.ROUTES[row]
    assert scope is not None
    client = deployed.client(deployed.make_key(scope, workflows=["fre?", "quick"]))
    if row.endswith(("/purge", "/retry", "/result")) or row.startswith("DELETE "):
        # What is not for a running one, or would wait for its end.
        deployed.engine.finish(instance_id, Progress("failed", error="E"), deployed.services)
    expected = {500} if row.endswith("/result") else {200, 201, 202}
    if names is DRAFT and row.endswith("/start"):
        # There the path has the id of the new one.
        instance_id = instance_id[::-1]
    answer = ask(client, row, instance_id, names)
    assert answer.status_code in expected, answer.text
    if row.endswith(LISTS):
        assert instance_id in answer.text


#: Every start that may name an id, or has one made of what it says.
STARTS = [(row, NOTHING) for row in GUARDED if NATIVE[row] == "workflows:execute"]
STARTS += [(row, names) for row, names in _calls() if dialects.ROUTES[row] == "workflows:execute"]


@pytest.mark.parametrize(("row", "names"), STARTS)
def test_no_start_replaces_what_is_there_without_the_right_to_manage(
    deployed: Deployment, row: str, names: dict[str, str]
) -> None:
    """A signed webhook may have begun it: its source, input and output are not another's to erase."""
    starter, services = deployed.client(deployed.make_key("workflows:execute")), deployed.services
    instance_id = f"kept-{abs(hash((row, *names.values())))}"
    first = start_under(starter, row, instance_id, names)
    now = services.clock.now_ms()
    begun = services.ledger.page(Query(workflow="free"), 1, None, now)
    if row != "POST /workflows/{name}":
        deployed.engine.finish(begun[0].id, Progress("completed", '"kept"'), services)
    before = services.ledger.get(begun[0].id, now)
    for policy in ("", "fail", "return", "restart"):
        start_under(starter, row, instance_id, names, policy)
    assert first.status_code < 300, first.text
    assert services.ledger.get(begun[0].id, now) == before


def start_under(client: Client, row: str, id: str, given: Mapping[str, str], policy: str = "") -> httpx.Response:
    """A start that asks for this id in every way that the row may know, and for a policy if one is given."""
    method, path = row.split(" ")
    names = {"workflow": "free", "name": "free", "instanceId": id, **given}
    path = re.sub(r"\{(\w+)(:path)?\}", lambda found: names.get(found[1], id), path)
    if "dapr" in names.values():
        path += f"?instanceID={id}"
    wanted = {"id": id, **({"onConflict": policy} if policy else {})}
    if method == "PUT":
        return client.request(method, path + (f"?onConflict={policy}" if policy else ""), json=id)
    body = {"instances": [wanted]} if row.endswith(":batch") else wanted if "/v1/workflows" in path else {"of": id}
    return client.request(method, path, json={**body, **BODIES.get(row, {})} if "api/workflows" in row else body)


@pytest.mark.parametrize("row", sorted(row for row, scope in dialects.ROUTES.items() if scope is None))
def test_what_is_open_of_the_dialects(deployed: Deployment, row: str) -> None:
    """What a client asks before it says anything, and paths that there are not."""
    expected = {404} if ":path" in row else {200, 204}
    assert ask(deployed.client(""), row, "no/such/path").status_code in expected


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


class _NoDocuments:
    """Documents that are kept nowhere."""

    def write(self, *_: object) -> bool:
        return True
