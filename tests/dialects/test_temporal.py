"""The guide: sync, async, status, result."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import httpx

from tests.dialects.deployment import client_of
from verihook.model.instance import Instance
from verihook.model.policy import Policy
from verihook.model.ports import Services

Ended = Callable[[str], Instance]
ITEMS = {"items": [{"fruit": "APPLE", "amount": 5}, {"fruit": "BANANA", "amount": 3}]}


def test_sync_waits_for_the_result(client: httpx.Client) -> None:
    reply = client.post("/workflows/shopping", json=ITEMS)
    assert reply.status_code == 200
    content = reply.json()
    assert content.pop("workflow_id").startswith("shopping-workflow-")
    assert content == {"status": "completed", "result": "Ordered 5 APPLE...Ordered 3 BANANA..."}


def test_async_answers_at_once_and_the_result_waits(client: httpx.Client, ended: Ended) -> None:
    reply = client.post("/workflows/shopping/async", json=ITEMS)
    assert reply.status_code == 200
    id = reply.json()["workflow_id"]
    assert reply.json() == {"workflow_id": id, "status": "started", "result": None}
    result = client.get(f"/workflows/{id}/result")
    assert result.status_code == 200
    assert result.json()["status"] == "completed"
    status = client.get(f"/workflows/{id}/status").json()
    assert (status["workflow_id"], status["status"]) == (id, "COMPLETED")
    for name in ("start_time", "close_time"):
        assert datetime.fromisoformat(status[name]).tzinfo is None
        assert len(status[name]) == len("2025-10-09T02:50:00")


def test_a_failure_is_a_500_in_words(client: httpx.Client) -> None:
    reply = client.post("/workflows/failing", json={})
    assert (reply.status_code, reply.json()) == (500, {"detail": "Workflow failed: NoStock: sold out"})


def test_what_runs_longer_than_an_answer_waits_is_202(client: httpx.Client) -> None:
    reply = client.post("/workflows/endless", json={})
    id = reply.json()["workflow_id"]
    assert (reply.status_code, reply.json()["status"], reply.json()["result"]) == (202, "running", None)
    assert reply.headers["location"] == f"/workflows/{id}/result"
    assert client.get(f"/workflows/{id}/result").status_code == 202
    status = client.get(f"/workflows/{id}/status").json()
    assert (status["status"], status["close_time"]) == ("RUNNING", None)


def test_unknown_ones_are_404(client: httpx.Client) -> None:
    assert client.get("/workflows/nobody/status").json() == {"detail": "Workflow not found"}
    assert client.get("/workflows/nobody/result").status_code == 404
    assert client.post("/workflows/nobody", json={}).status_code == 404


def test_what_is_wrong_with_an_input_is_fastapis_list(client: httpx.Client) -> None:
    reply = client.post("/workflows/invoice", json={"customerId": "x", "currency": "usd"})
    assert reply.status_code == 422
    found = {tuple(each["loc"]): each for each in reply.json()["detail"]}
    assert set(found) == {("body", "amount"), ("body", "customerId")}
    assert found["body", "amount"]["type"] == "missing"
    assert all(set(each) == {"loc", "msg", "type"} for each in found.values())
    reply = client.post("/workflows/invoice", content="{,}")
    assert (reply.status_code, reply.json()["detail"][0]["type"]) == (422, "json_invalid")


def test_a_bearer_token_and_a_limit(services: Services) -> None:
    with client_of(services, Policy(auth="required")) as closed:
        reply = closed.post("/workflows/shopping", json=ITEMS)
        assert reply.status_code == 401
        assert "detail" in reply.json()
    with client_of(services, Policy(auth="open", starts_per_minute=1)) as limited:
        replies = [limited.post("/workflows/shopping/async", json=ITEMS) for _ in range(2)]
        assert replies[-1].status_code == 429
        assert int(replies[-1].headers["retry-after"]) >= 1
