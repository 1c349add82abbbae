"""AwaitStep: trigger, runs, control, and the worker's fetch handler."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.dialects.deployment import client_of
from verihook.instances import api_keys
from verihook.model.instance import Instance
from verihook.model.policy import Policy
from verihook.model.ports import Services

Ended = Callable[[str], Instance]


def trigger(client: httpx.Client, workflow: str, params: Any = None) -> httpx.Response:
    return client.post(f"/api/workflows/{workflow}/trigger", json={"connectionId": "conn_xyz", "params": params})


def test_a_trigger_answers_the_whole_row(client: httpx.Client, ended: Ended) -> None:
    reply = trigger(client, "echo", {"orderId": "ord_001"})
    assert reply.status_code == 201
    assert "x-request-id" in reply.headers
    row = reply.json()
    assert set(row) == {
        *("id", "workflowId", "versionId", "connectionId", "instanceId"),
        *("status", "output", "error", "createdAt", "updatedAt"),
    }
    assert (row["workflowId"], row["connectionId"], row["output"]) == ("echo", "conn_xyz", None)
    ended(row["instanceId"])
    run = client.get(f"/api/workflows/echo/runs/{row['instanceId']}").json()
    assert (run["status"], json.loads(run["output"])) == ("complete", {"orderId": "ord_001"})


def test_a_failed_run_has_its_error_as_a_json_text(client: httpx.Client, ended: Ended) -> None:
    id = trigger(client, "failing").json()["id"]
    ended(id)
    run = client.get(f"/api/workflows/failing/runs/{id}").json()
    assert (run["status"], json.loads(run["error"])) == ("errored", {"name": "NoStock", "message": "sold out"})


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({}, "connectionId"),
        ({"connectionId": ""}, "connectionId"),
        ({"connectionId": "conn_xyz", "params": "x" * 102_400}, "params"),
        ({"connectionId": "conn_xyz", "params": {"amount": 100}}, "params.customerId"),
        ([], ""),
    ],
)
def test_what_is_wrong_is_a_422_with_dotted_paths(client: httpx.Client, body: Any, path: str) -> None:
    reply = client.post("/api/workflows/invoice/trigger", json=body)
    assert (reply.status_code, reply.json()["error"]) == (422, "Validation failed")
    assert [each["path"] for each in reply.json()["details"]] == [path]


def test_what_is_not_there(client: httpx.Client) -> None:
    unknown = client.post("/api/workflows/echo/trigger", json={"connectionId": "conn_other"})
    assert (unknown.status_code, unknown.json()) == (404, {"error": "Connection not found"})
    nobody = trigger(client, "nobody")
    assert (nobody.status_code, nobody.json()) == (404, {"error": "Not found"})
    assert (400, {"error": "No version deployed"}) == (
        trigger(client, "draft").status_code,
        trigger(client, "draft").json(),
    )
    id = trigger(client, "endless").json()["id"]
    for path in (f"/api/workflows/echo/runs/{id}", "/api/workflows/endless/runs/nobody"):
        assert (404, {"error": "Run not found"}) == (client.get(path).status_code, client.get(path).json())


def test_pause_resume_terminate(client: httpx.Client) -> None:
    id = trigger(client, "endless").json()["id"]
    base = f"/api/workflows/endless/runs/{id}"
    for verb, status in (("pause", "paused"), ("resume", "running"), ("terminate", "terminated")):
        reply = client.post(f"{base}/{verb}")
        assert (reply.status_code, reply.json()) == (200, {"ok": True})
        assert client.get(base).json()["status"] == status
    assert client.post(f"{base}/pause").status_code == 409


def test_lists(client: httpx.Client) -> None:
    made = [trigger(client, "endless").json()["id"] for _ in range(3)]
    for path in ("/api/workflows/endless/runs", "/api/runs"):
        first = client.get(path, params={"limit": "2"}).json()
        second = client.get(path, params={"limit": "1", "cursor": first["nextCursor"]}).json()
        assert [row["id"] for row in (*first["data"], *second["data"])] == made[::-1]
    assert client.get("/api/runs?limit=101").json()["details"][0]["path"] == "limit"
    assert client.get("/api/workflows/nobody/runs").status_code == 404


def test_the_worker(client: httpx.Client, ended: Ended) -> None:
    reply = client.post("/w/echo", json={"event": "order.created"})
    assert (reply.status_code, set(reply.json())) == (200, {"instanceId"})
    id = reply.json()["instanceId"]
    ended(id)
    status = client.get(f"/w/echo?instanceId={id}")
    assert status.json() == {"status": "complete", "output": {"event": "order.created"}, "error": None}
    assert ended(client.post("/w/echo", content="no json").json()["instanceId"]).input == "null"
    assert (200, b"") == (client.get("/w/echo").status_code, client.get("/w/echo").content)
    for path in ("/w/echo?instanceId=nobody", f"/w/endless?instanceId={id}"):
        assert (404, {"message": "Instance not found"}) == (client.get(path).status_code, client.get(path).json())


def test_keys_and_scopes_in_its_words(services: Services) -> None:
    _, secret = api_keys.create("read", ["instances:read"], services.documents, services.clock.now_ms())
    with client_of(services, Policy(auth="required")) as closed:
        assert (401, {"error": "Unauthorized"}) == (trigger(closed, "echo").status_code, trigger(closed, "echo").json())
        closed.headers["authorization"] = "Bearer vhk_wrong"
        assert trigger(closed, "echo").json() == {"error": "Invalid API key"}
        closed.headers["authorization"] = f"Bearer {secret}"
        assert trigger(closed, "echo").json() == {"error": "API key missing required scope: deploy"}
        assert closed.get("/api/runs").status_code == 200
