"""``GET /v1/failures``, and the definition of a workflow."""

from __future__ import annotations

import pytest

from tests.flows.api.parts import Client, Deployment
from verihook.instances import failures
from verihook.model.instance import Progress

PATH = "/v1/failures"


def fail(deployed: Deployment, workflow: str, id: str, error: str, status: str = "failed") -> None:
    body = {"id": id, "input": {"orderId": "1"}}
    assert 202 == deployed.client().post(f"/v1/workflows/{workflow}/instances", json=body).status_code
    deployed.engine.finish(id, Progress(status, error=error, cause=f"of {id}"), deployed.services)  # type: ignore[arg-type]


@pytest.fixture
def failed(deployed: Deployment) -> None:
    for workflow, id, error in (("free", "a", "E1"), ("free", "b", "E2"), ("free", "c", "E1"), ("order", "d", "E1")):
        fail(deployed, workflow, id, error)
    fail(deployed, "free", "e", "", "timed_out")
    deployed.client().post("/v1/workflows/free/instances", json={"id": "runs"})


def groups(client: Client, query: str = "") -> dict[tuple[str, str], tuple[int, str]]:
    found = client.get(PATH + query).json()["failures"]
    return {(it["workflow"], it["error"]): (it["count"], it["last"]["instanceId"]) for it in found}


def test_groups_of_one_workflow_and_one_error(client: Client, failed: None) -> None:
    expected = {
        ("free", "timed_out"): (1, "e"),
        ("order", "E1"): (1, "d"),
        ("free", "E1"): (2, "c"),
        ("free", "E2"): (1, "b"),
    }
    assert expected == groups(client)
    assert [*expected] == [*groups(client)]
    assert client.get(PATH).json()["complete"] is True
    assert {("order", "E1"): (1, "d")} == groups(client, "?workflow=order")
    assert {} == groups(client, "?since=2999-01-01T00:00:00Z")


def test_the_count_stops_and_says_so(client: Client, failed: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(failures, "MOST_READ", 2)
    found = client.get(f"{PATH}?workflow=free").json()
    assert (False, 3) == (found["complete"], sum(it["count"] for it in found["failures"]))


def test_a_bound_key_names_one_of_its_workflows(deployed: Deployment, failed: None) -> None:
    own = deployed.client(deployed.make_key("instances:read", workflows=["order"]))
    assert {("order", "E1"): (1, "d")} == groups(own, "?workflow=order")
    for query in ("", "?workflow=free"):
        assert 403 == own.get(PATH + query).status_code


def test_the_definition_of_a_workflow(client: Client) -> None:
    order = client.get("/v1/workflows/order/definition").json()
    assert ({"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}, None) == (order["machine"], order["why"])
    assert order["inputSchema"]["required"] == ["orderId", "quantity"]
    free = client.get("/v1/workflows/free/definition").json()
    assert (None, "The state machine 'free' is not deployed.") == (free["machine"], free["why"])
    assert 404 == client.get("/v1/workflows/none/definition").status_code
