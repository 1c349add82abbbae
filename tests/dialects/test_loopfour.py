"""LoopFour: run, runs, cancel, retry, its envelope, its errors."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.dialects.deployment import client_of
from tests.flows.waiting import wait_until
from verihook.instances import api_keys
from verihook.model.instance import Instance
from verihook.model.policy import Policy
from verihook.model.ports import Services

Ended = Callable[[str], Instance]
INPUT = {"input": {"customerId": "cus_xxx", "amount": 9900}}


def refused(reply: httpx.Response) -> tuple[int, str, str]:
    content = reply.json()
    assert content["success"] is False
    return reply.status_code, content["error"]["code"], content["error"]["message"]


def test_a_run_and_its_status(client: httpx.Client, ended: Ended) -> None:
    # As curl sends it if no content type is given.
    form = {"content-type": "application/x-www-form-urlencoded"}
    body = '{"input": {"customerId": "cus_xxx", "amount": 9900}}'
    reply = client.post("/api/v1/workflows/invoice/run", content=body, headers=form)
    assert reply.status_code == 200
    data = reply.json()["data"]
    id = data.pop("runId")
    assert reply.json()["success"] is True
    assert data == {"status": "pending", "workflowId": "invoice", "workflowVersion": 3}
    ended(id)
    run = client.get(f"/api/v1/runs/{id}").json()["data"]
    whole = {"customerId": "cus_xxx", "amount": 9900, "currency": "usd"}
    assert (run["id"], run["status"], run["input"], run["output"]) == (id, "completed", whole, whole)
    assert run["steps"] == [{"id": "Echo", "status": "completed", "output": whole}]
    assert run["startedAt"].endswith("Z")
    assert run["completedAt"] >= run["startedAt"]
    assert (run["triggerType"], run["workflowId"], run["error"]) == ("api", "invoice", None)


def test_a_failed_run_says_why(client: httpx.Client, ended: Ended) -> None:
    id = client.post("/api/v1/workflows/failing/run", json={}).json()["data"]["runId"]
    ended(id)
    run = client.get(f"/api/v1/runs/{id}").json()["data"]
    assert (run["status"], run["error"]) == ("failed", {"code": "NoStock", "message": "sold out"})
    again = client.post(f"/api/v1/runs/{id}/retry").json()["data"]
    assert (again["runId"], again["status"]) == (id, "pending")


def test_an_input_is_validated_with_paths_as_lists(client: httpx.Client) -> None:
    reply = client.post("/api/v1/workflows/invoice/run", json={"input": {"amount": 1}})
    assert refused(reply) == (400, "VALIDATION_ERROR", "Input validation failed")
    details = reply.json()["error"]["details"]
    assert {"path": ["customerId"], "message": "Required"} in details
    assert ["amount"] in [each["path"] for each in details]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ([], []),
        ({"input": 1}, ["input"]),
        ({"connectionId": 1}, ["connectionId"]),
        ({"connectionId": "conn_unknown"}, ["connectionId"]),
        ({"idempotencyKey": ""}, ["idempotencyKey"]),
    ],
)
def test_a_body_of_another_shape_is_refused(client: httpx.Client, body: Any, path: list[str]) -> None:
    reply = client.post("/api/v1/workflows/echo/run", json=body)
    assert refused(reply)[:2] == (400, "VALIDATION_ERROR")
    assert reply.json()["error"]["details"][0]["path"] == path


def test_the_idempotency_key_in_the_body_gives_the_same_run(client: httpx.Client) -> None:
    body = {"input": {"orderId": "order_123"}, "idempotencyKey": uuid.uuid4().hex}
    first = client.post("/api/v1/workflows/endless/run", json=body).json()["data"]
    path = f"/api/v1/runs/{first['runId']}"
    wait_until(lambda: client.get(path).json()["data"]["status"] == "running")
    second = client.post("/api/v1/workflows/endless/run", json=body).json()["data"]
    assert first["runId"] == second["runId"]
    assert (first["status"], second["status"]) == ("pending", "running")
    reply = client.post("/api/v1/workflows/endless/run", json={**body, "input": {"orderId": "other"}})
    assert refused(reply)[:2] == (400, "VALIDATION_ERROR")
    assert reply.json()["error"]["details"][0]["path"] == ["idempotencyKey"]


def test_a_workflow_that_is_unknown_or_not_active(client: httpx.Client) -> None:
    reply = client.post("/api/v1/workflows/nobody/run", json=INPUT)
    assert refused(reply) == (404, "NOT_FOUND", "Workflow not found")
    words = "Workflow must be active to run. Current status: draft"
    assert refused(client.post("/api/v1/workflows/draft/run", json=INPUT)) == (400, "INVALID_STATUS", words)
    assert refused(client.get("/api/v1/runs/nobody")) == (404, "NOT_FOUND", "Run not found")


def test_a_connection_is_kept_with_the_run(client: httpx.Client, services: Services) -> None:
    body = {"input": {}, "connectionId": "conn_xyz"}
    id = client.post("/api/v1/workflows/endless/run", json=body).json()["data"]["runId"]
    instance = services.ledger.get(id, services.clock.now_ms())
    assert instance is not None
    assert instance.connection == "conn_xyz"


def test_cancel(client: httpx.Client) -> None:
    id = client.post("/api/v1/workflows/endless/run", json={}).json()["data"]["runId"]
    reply = client.post(f"/api/v1/runs/{id}/cancel")
    assert (reply.status_code, reply.json()["data"]["status"]) == (200, "cancelled")
    assert refused(client.post(f"/api/v1/runs/{id}/cancel"))[:2] == (409, "INVALID_STATUS")


def test_runs_are_listed_page_by_page(client: httpx.Client) -> None:
    made = [client.post("/api/v1/workflows/endless/run", json={}).json()["data"]["runId"] for _ in range(3)]

    def all_run() -> bool:
        return all(client.get(f"/api/v1/runs/{id}").json()["data"]["status"] == "running" for id in made)

    wait_until(all_run, what="they did not begin")
    seen: list[str] = []
    query = {"workflowId": "endless", "status": "running", "limit": "2"}
    first = client.get("/api/v1/runs", params=query).json()
    assert first["meta"]["hasMore"] is True
    seen += [run["id"] for run in first["data"]]
    second = client.get("/api/v1/runs", params={**query, "cursor": first["meta"]["cursor"]}).json()
    seen += [run["id"] for run in second["data"]]
    assert seen[:3] == made[::-1]
    assert len(seen) == len(set(seen))


def test_a_status_of_several_of_ours_is_one_list(client: httpx.Client, ended: Ended) -> None:
    failed = client.post("/api/v1/workflows/failing/run", json={}).json()["data"]["runId"]
    ended(failed)
    page = client.get("/api/v1/runs", params={"status": "failed", "limit": "1"}).json()
    assert [run["id"] for run in page["data"]] == [failed]
    for wrong in ({"status": "odd"}, {"limit": "0"}, {"limit": "101"}, {"cursor": "odd"}):
        reply = client.get("/api/v1/runs", params=wrong)
        assert refused(reply)[:2] == (400, "VALIDATION_ERROR")
        assert reply.json()["error"]["details"][0]["path"] == list(wrong)


def test_a_limit_is_told_in_its_words_and_headers(services: Services) -> None:
    with client_of(services, Policy(auth="open", starts_per_minute=2)) as limited:
        replies = [limited.post("/api/v1/workflows/echo/run", json={}) for _ in range(3)]
    assert replies[0].headers["x-ratelimit-limit"] == "2"
    assert [reply.headers["x-ratelimit-remaining"] for reply in replies] == ["1", "0", "0"]
    assert refused(replies[2]) == (429, "RATE_LIMITED", "Rate limit exceeded. Limit: 2 requests per minute.")
    assert int(replies[2].headers["x-ratelimit-reset"]) > services.clock.now_ms() / 1000 - 1
    assert int(replies[2].headers["retry-after"]) >= 1


def test_keys_and_scopes(services: Services) -> None:
    _, secret = api_keys.create("read", ["instances:read"], services.documents, services.clock.now_ms())
    with client_of(services, Policy(auth="required")) as closed:
        assert refused(closed.post("/api/v1/workflows/echo/run", json={}))[:2] == (401, "UNAUTHORIZED")
        key = {"x-api-key": secret}
        assert refused(closed.post("/api/v1/workflows/echo/run", json={}, headers=key))[:2] == (403, "FORBIDDEN")
        assert closed.get("/api/v1/runs", headers=key).status_code == 200
