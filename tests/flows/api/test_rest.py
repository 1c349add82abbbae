"""Workflows, sources, keys, health, metrics, and what is nowhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.flows.api.parts import SCHEMA, Client, Deployment, deployment
from verihook.model.instance import Progress
from verihook.model.ports import Observation


def test_workflows(client: Client) -> None:
    names = [it["name"] for it in client.get("/v1/workflows").json()["workflows"]]
    assert sorted(names) == names
    one = client.get("/v1/workflows/order").json()
    assert (SCHEMA, "active", 1, "stepfunctions") == (one["inputSchema"], one["status"], one["version"], one["engine"])
    assert 404 == client.get("/v1/workflows/none").status_code


def test_sources_and_senders_without_secrets(client: Client) -> None:
    sources = client.get("/v1/sources")
    assert ("orders", "/hooks/orders") == (sources.json()["sources"][1]["name"], sources.json()["sources"][1]["path"])
    assert "SECRET" not in sources.text
    assert "github" in [it["id"] for it in client.get("/v1/senders").json()["senders"]]


def test_rejections_and_metrics(client: Client, deployed: Deployment) -> None:
    now = deployed.services.clock.now_ms()
    deployed.services.ledger.observe(Observation("rejected", "github", "signature-mismatch", 3, now, now, "r1"))
    (seen,) = client.get("/v1/rejections?source=github").json()["rejections"]
    assert (3, "signature-mismatch") == (seen["count"], seen["reason"])
    for kind in ("changed", "replayed"):
        deployed.services.ledger.observe(Observation(kind, "github", "", 2, now, now, "r2"))
    client.post("/v1/workflows/free/instances")
    metrics = client.get("/metrics")
    assert metrics.headers["content-type"].startswith("text/plain")
    assert 'verihook_deliveries_rejected{source="github",reason="signature-mismatch"} 3\n' in metrics.text
    assert 'verihook_deliveries_changed{source="github"} 2\n' in metrics.text
    assert 'verihook_deliveries_replayed{source="github"} 2\n' in metrics.text
    assert 'verihook_instances{status="queued"} 1\n' in metrics.text


def test_health_tells_which_part_is_down(deployed: Deployment, tmp_path: Path) -> None:
    small = deployed.client(deployed.make_key("sources:read"))
    well = {"status": "ok", "ledger": "ok", "engines": {"stepfunctions": "ok"}, "withoutSecret": []}
    told = small.get("/health").json()
    assert (200, well) == (small.get("/health").status_code, {part: told[part] for part in well})
    folder = tmp_path / "other"
    folder.mkdir()
    with deployment(folder) as other:
        other.engine.down = True
        answer = other.client().get("/health")
        assert (503, {"stepfunctions": "unavailable"}) == (answer.status_code, answer.json()["engines"])
        # A stranger is told that the API answers, and no part is asked for it.
        stranger = other.client("").get("/health")
        assert (200, {"status": "ok"}) == (stranger.status_code, stranger.json())


def test_metrics_are_of_one_machine(tmp_path: Path) -> None:
    with deployment(tmp_path, local=False) as deployed:
        assert 404 == deployed.client().get("/metrics").status_code


def test_keys_over_http(client: Client, deployed: Deployment) -> None:
    body = {"name": "ci", "scopes": ["workflows:execute"], "workflows": ["order"], "expires": "90d"}
    made = client.post("/v1/keys", json=body)
    assert 201 == made.status_code, made.text
    key = made.json()
    assert (
        202
        == deployed.client(key["secret"])
        .post("/v1/workflows/order/instances", json={"input": {"orderId": "1"}})
        .status_code
    )
    assert "secret" not in client.get("/v1/keys").text
    rotated = client.post(f"/v1/keys/{key['id']}/rotate", json={"overlap": 0})
    assert (201, key["id"]) == (rotated.status_code, rotated.json()["replaces"])
    assert "revoked" == client.delete(f"/v1/keys/{rotated.json()['id']}").json()["status"]
    assert 404 == client.delete("/v1/keys/none").status_code


@pytest.mark.parametrize(
    "body",
    [
        {"scopes": ["instances:read"]},
        {"scopes": ["keys:manage"]},
        {"scopes": ["keys:manage"], "workflows": ["*"]},
        {"scopes": ["keys:manage"], "workflows": ["payment"]},
    ],
)
def test_a_key_makes_none_that_may_do_more(deployed: Deployment, body: dict[str, object]) -> None:
    client = deployed.client(deployed.make_key("keys:manage", workflows=["order-*"]))
    assert 403 == client.post("/v1/keys", json={"name": "more", **body}).status_code
    less = {"name": "less", "scopes": ["keys:manage"], "workflows": ["order-a"]}
    assert 201 == client.post("/v1/keys", json=less).status_code


def test_a_key_rotates_none_that_may_do_more(client: Client, deployed: Deployment) -> None:
    mighty = client.post("/v1/keys", json={"name": "all", "scopes": ["keys:manage", "instances:manage"]}).json()
    small = deployed.client(deployed.make_key("keys:manage"))
    assert 403 == small.post(f"/v1/keys/{mighty['id']}/rotate").status_code


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/nothing", 404),
        ("GET", "/v2", 404),
        ("HEAD", "/v1/nothing", 404),
        ("PATCH", "/v1/workflows", 405),
        ("POST", "/v1/sources", 405),
    ],
)
def test_what_is_nowhere_is_a_problem_too(deployed: Deployment, method: str, path: str, status: int) -> None:
    answer = deployed.client("").request(method, path)
    assert (status, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert (status == 405) == ("allow" in answer.headers)
    if method != "HEAD":
        assert {404: "path-not-found", 405: "method-not-allowed"}[status] == answer.json()["code"]


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/v1/keys", "GET, HEAD, POST"),
        ("PATCH", "/v1/instances/a", "DELETE, GET, HEAD"),
        ("DELETE", "/v1/instances/a/events/b", "POST"),
        ("HEAD", "/v1/instances/a/events/b", "POST"),
        ("OPTIONS", "/health", "GET, HEAD"),
        ("POST", "/docs", "GET, HEAD"),
    ],
)
def test_every_method_that_a_path_takes_is_told(deployed: Deployment, method: str, path: str, allow: str) -> None:
    answer = deployed.client().request(method, path)
    assert (405, allow) == (answer.status_code, answer.headers["allow"])


@pytest.mark.parametrize("path", ["/health", "/v1/workflows", "/v1/instances/none", "/v1/openapi.json", "/metrics"])
def test_a_head_is_a_get_without_its_content(client: Client, path: str) -> None:
    whole, head = client.get(path), client.request("HEAD", path)
    assert (whole.status_code, b"") == (head.status_code, head.content)
    same = ("content-type", "cache-control")
    assert [whole.headers.get(name) for name in same] == [head.headers.get(name) for name in same]
    assert int(head.headers["content-length"]) > 0


def test_a_head_needs_a_key_as_a_get_does(deployed: Deployment) -> None:
    assert 401 == deployed.client("").request("HEAD", "/v1/workflows").status_code


def test_documentation_is_served(deployed: Deployment) -> None:
    nobody = deployed.client("")
    document = nobody.get("/v1/openapi.json").json()
    assert document["openapi"].startswith("3.1")
    assert document == nobody.get("/v1/openapi.json").json()


def test_every_operation_has_examples_and_an_answer_for_a_stranger(deployed: Deployment) -> None:
    document = deployed.app.openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if not path.startswith("/v1"):
                continue
            assert {"401", "403", "503"} <= operation["responses"].keys(), (method, path)
            if "requestBody" in operation:
                assert operation["requestBody"]["content"]["application/json"]["schema"]["examples"], (method, path)


def test_rejections_are_cut_to_the_workflows_of_a_key(client: Client, deployed: Deployment) -> None:
    """Those of a source that is gone, too: whose workflow it started is not known any more."""
    now = deployed.services.clock.now_ms()
    for source in ("orders", "github", "gone"):
        deployed.services.ledger.observe(Observation("rejected", source, "signature-mismatch", 3, now, now, "r1"))
    bound = deployed.client(deployed.make_key("sources:read", workflows=["order-*"]))
    told = [it.get("/v1/rejections").json()["rejections"] for it in (client, bound)]
    assert [["github", "gone", "orders"], ["orders"]] == [sorted(it["source"] for it in each) for each in told]
    assert [] == bound.get("/v1/rejections?source=github").json()["rejections"]


def test_metrics_are_cut_to_the_workflows_of_a_key(client: Client, deployed: Deployment) -> None:
    now = deployed.services.clock.now_ms()
    for source in ("orders", "gone"):
        deployed.services.ledger.observe(Observation("rejected", source, "signature-mismatch", 3, now, now, "r1"))
    for _ in range(2):
        client.post("/v1/workflows/free/instances")
    client.post("/v1/workflows/order/instances", json={"input": {"orderId": "1"}})
    whole, cut = (
        client.get("/metrics").text,
        deployed.client(deployed.make_key("sources:read", workflows=["free"])).get("/metrics").text,
    )
    assert 'verihook_instances{status="queued"} 3\n' in whole
    assert 'verihook_instances{status="queued"} 2\n' in cut
    assert {"orders", "gone"} == set(re.findall(r'rejected\{source="(\w+)"', whole))
    assert [] == re.findall(r'rejected\{source="(\w+)"', cut)
    assert ["free"] == re.findall(r'workflow="([\w-]+)"', cut)
    orders = deployed.client(deployed.make_key("sources:read", workflows=["order-*"])).get("/metrics").text
    assert ["orders"] == re.findall(r'rejected\{source="(\w+)"', orders)


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_taken_id_is_answered_alike_whoever_has_it(client: Client, deployed: Deployment, method: str) -> None:
    """By a bound key: an instance of another workflow in each status, a purged one, and one of its own that runs."""
    for id, workflow in (("running", "order"), ("ended", "order"), ("purged", "order"), ("own", "free")):
        body = {"id": id, "input": {"orderId": "1"} if workflow == "order" else None}
        assert 202 == client.post(f"/v1/workflows/{workflow}/instances", json=body).status_code
    for id in ("ended", "purged"):
        deployed.engine.finish(id, Progress("completed", "1"), deployed.services)
    assert 204 == client.delete("/v1/instances/purged").status_code
    bound = deployed.client(deployed.make_key("workflows:execute", workflows=["free"]))

    def told(id: str) -> dict[str, object]:
        url = "/v1/workflows/free/instances"
        answer = (
            bound.post(url, json={"id": id}) if method == "POST" else bound.put(f"{url}/{id}?onConflict=fail", json=1)
        )
        problem = answer.json()
        assert (409, "id-taken") == (answer.status_code, problem["code"])
        del problem["requestId"]
        return {name: str(value).replace(id, "ID") for name, value in problem.items()}

    assert told("running") == told("ended") == told("purged") == told("own")
