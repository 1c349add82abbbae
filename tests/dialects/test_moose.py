"""Moose: trigger, terminate, history on both prefixes."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable

import httpx

from tests.dialects.deployment import client_of
from verihook import instances
from verihook.instances import api_keys
from verihook.model.instance import Instance
from verihook.model.policy import Policy
from verihook.model.ports import Services

BODY = '{ "inputValue": "process-user-data",\n "priority": "high" }'
Ended = Callable[[str], Instance]


def unique() -> dict[str, str]:
    return {"value": uuid.uuid4().hex}


def test_a_trigger_gives_the_id_of_the_name_and_the_inputs_hash(client: httpx.Client, services: Services) -> None:
    reply = client.post("/workflows/data-processing/trigger", content=BODY)
    assert reply.status_code == 200
    assert reply.json()["workflowId"] == "data-processing-d2e67f991d7bf918"
    uuid.UUID(reply.json()["runId"])
    assert reply.json()["dashboardUrl"].startswith("http://127.0.0.1:")
    assert client.post("/workflows/data-processing-d2e67f991d7bf918/terminate").status_code == 200


def test_the_order_of_the_members_makes_the_id(client: httpx.Client) -> None:
    first = client.post("/workflows/echo/trigger", content='{"a":1,"b":"ü"}').json()["workflowId"]
    second = client.post("/workflows/echo/trigger", content='{"b":"ü","a":1}').json()["workflowId"]
    assert first == "echo-" + hashlib.sha256('{"a":1,"b":"ü"}'.encode()).hexdigest()[:16]
    assert first != second


def test_without_an_input_the_id_is_the_name(client: httpx.Client, ended: Ended) -> None:
    reply = client.post("/workflows/echo/trigger")
    assert (reply.status_code, reply.json()["workflowId"]) == (200, "echo")
    assert ended("echo").output == "null"


def test_the_same_input_is_refused_while_it_runs(client: httpx.Client) -> None:
    body = unique()
    workflow_id = client.post("/workflows/endless/trigger", json=body).json()["workflowId"]
    reply = client.post("/workflows/endless/trigger", json=body)
    assert reply.status_code == 400
    assert reply.json()["error"] == "Failed to start workflow"
    assert workflow_id in reply.json()["details"]


def test_the_same_input_after_the_end_is_another_run_of_the_same_workflow(client: httpx.Client, ended: Ended) -> None:
    body = unique()
    first = client.post("/workflows/echo/trigger", json=body).json()
    ended(first["workflowId"])
    second = client.post("/workflows/echo/trigger", json=body).json()
    assert second["workflowId"] == first["workflowId"]
    assert second["runId"] != first["runId"]
    assert ended(first["workflowId"]).attempt == 2


def test_an_unknown_workflow_and_bad_json_are_400(client: httpx.Client) -> None:
    reply = client.post("/workflows/nobody/trigger", json={})
    assert (reply.status_code, reply.json()["error"]) == (400, "Failed to start workflow")
    reply = client.post("/workflows/echo/trigger", content="{")
    assert (reply.status_code, reply.json()["error"]) == (400, "Invalid JSON body")
    assert set(reply.json()) == {"error", "details"}


def test_terminate(client: httpx.Client) -> None:
    id = client.post("/workflows/endless/trigger", json=unique()).json()["workflowId"]
    reply = client.post(f"/workflows/{id}/terminate")
    assert reply.status_code == 200
    assert reply.json() == {"status": "terminated", "message": f"'{id}' terminated successfully\n"}
    for gone in (id, "nobody"):
        reply = client.post(f"/workflows/{gone}/terminate")
        assert reply.status_code == 400
        details = f"Workflow '{gone}' has already completed\n"
        assert reply.json() == {"error": "Failed to terminate workflow", "details": details}


def test_history_is_a_bare_list_of_long_words(client: httpx.Client, ended: Ended) -> None:
    failed = client.post("/workflows/failing/trigger", json=unique()).json()
    ended(failed["workflowId"])
    running = client.post("/workflows/endless/trigger", json=unique()).json()
    rows = client.get("/workflows/history?limit=2").json()
    assert [row["name"] for row in rows] == [running["workflowId"], failed["workflowId"]]
    assert rows[1]["run_id"] == failed["runId"]
    assert rows[1]["status"] == "WORKFLOW_EXECUTION_STATUS_FAILED"
    assert set(rows[0]) == {"name", "run_id", "status", "started_at", "duration"}
    for word, name in (("Running", running["workflowId"]), ("failed", failed["workflowId"])):
        found = client.get(f"/workflows/history?status={word}").json()
        assert found[0]["name"] == name
        assert {row["status"] for row in found} == {f"WORKFLOW_EXECUTION_STATUS_{word.upper()}"}
    assert len(client.get("/workflows/history?status=other&limit=1").json()) == 1


def test_without_a_token_the_answer_is_plain_text(services: Services) -> None:
    with client_of(services, Policy(auth="required", starts_per_minute=None)) as closed:
        for path in ("/workflows/echo/trigger", "/workflows/echo/terminate", "/admin/workflows/echo/trigger"):
            reply = closed.post(path, headers={"authorization": "Bearer vhk_wrong"})
            assert reply.status_code == 401
            assert reply.text == "Unauthorized: Invalid or missing token"
            assert reply.headers["content-type"].startswith("text/plain")


def test_a_key_opens_both_prefixes(services: Services, ended: Ended) -> None:
    scopes = ["workflows:execute", "instances:read"]
    _, secret = api_keys.create("moose", scopes, services.documents, services.clock.now_ms(), workflows=["echo"])
    bearer = {"authorization": f"Bearer {secret}"}
    with client_of(services, Policy(auth="required", starts_per_minute=None)) as closed:
        for prefix in ("", "/admin"):
            reply = closed.post(f"{prefix}/workflows/echo/trigger", json=unique(), headers=bearer)
            assert reply.status_code == 200
            ended(reply.json()["workflowId"])
        assert closed.post("/workflows/endless/trigger", headers=bearer).status_code == 403
        assert closed.post("/workflows/echo/terminate", headers=bearer).status_code == 403
        shown = closed.get("/admin/workflows/history?limit=1000", headers=bearer).json()
        assert {instances.get(row["name"], services).workflow for row in shown} == {"echo"}
