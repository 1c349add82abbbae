"""The documents' snippets against ``verihook run``: without a key, and with one."""

from __future__ import annotations

import json

import pytest

from tests.dialects.programs import curl, node, python, snippet
from tests.dialects.server import Served

EVERYTHING = ("workflows:execute", "instances:read", "instances:manage")
#: Well formed, and of no caller: the checksum is right.
NOBODYS = "vhk_" + "0" * 49


@pytest.fixture(scope="session")
def key(closed: Served) -> str:
    return closed.key(*EVERYTHING)


def test_moose(closed: Served, key: str) -> None:
    changes = {"https://your-host": f"http://{closed.host}"}
    refused = closed.client.post("/workflows/data-processing/trigger", json={})
    assert (refused.status_code, refused.headers["content-type"].partition(";")[0]) == (401, "text/plain")
    assert curl("moose-trigger-production.sh", {**changes, "<plain_token_from_output>": NOBODYS}) == refused.text
    made = json.loads(curl("moose-trigger-production.sh", {**changes, "<plain_token_from_output>": key}))
    assert made["workflowId"].startswith("data-processing-")


def test_the_temporal_guide(closed: Served, key: str) -> None:
    refused = json.loads(curl("temporal-sync.sh", {"localhost:8000": closed.host}))
    assert set(refused) == {"detail"}
    # The guide's own words on keys: "Authorization: Bearer".
    with_key = {"localhost:8000": closed.host, '-H "Content': f'-H "Authorization: Bearer {key}" -H "Content'}
    assert json.loads(curl("temporal-sync.sh", with_key))["status"] == "completed"


def test_loopfour(closed: Served, key: str) -> None:
    at = {"localhost:3000": closed.host}
    refused = json.loads(curl("loopfour-run.sh", {**at, "YOUR_API_KEY": NOBODYS, "{WORKFLOW_ID}": "invoice"}))
    assert (refused["success"], refused["error"]["code"]) == (False, "UNAUTHORIZED")
    made = json.loads(curl("loopfour-run.sh", {**at, "YOUR_API_KEY": key, "{WORKFLOW_ID}": "invoice"}))
    id = made["data"]["runId"]
    closed.ended(id, key)
    status = json.loads(curl("loopfour-status.sh", {**at, "YOUR_API_KEY": key, "{RUN_ID}": id}))
    assert status["data"]["status"] == "completed"
    assert "Run ID: " in python(f"workflow_id, api_key = 'invoice', '{key}'\n" + snippet("loopfour-run.py.txt", at))
    in_javascript = "const workflowId = 'invoice';\n" + snippet("loopfour-run.mjs", at)
    assert "Run ID: " in node(in_javascript, API_KEY=key)


def test_awaitstep(closed: Served, key: str) -> None:
    at = {"https://app.awaitstep.dev": f"http://{closed.host}", "wf_abc123": "echo"}
    started = {**at, "conn_xyz": "conn_xyz"}
    refused = json.loads(curl("awaitstep-trigger.sh", {**started, "ask_yourkey": NOBODYS}))
    assert refused == {"error": "Invalid API key"}
    made = json.loads(curl("awaitstep-trigger.sh", {**started, "ask_yourkey": key}))
    closed.ended(made["instanceId"], key)
    polled = {**at, "ask_yourkey": key, "wf-instance-uuid": made["instanceId"]}
    assert json.loads(curl("awaitstep-status.sh", polled))["status"] == "complete"
    worker = {"https://<your-worker>.workers.dev": f"http://{closed.host}/w/echo"}
    assert set(json.loads(curl("awaitstep-worker.sh", worker))) == {"message"}


@pytest.mark.parametrize("token", ["", NOBODYS])
def test_dapr(closed: Served, token: str) -> None:
    headers = {"dapr-api-token": token} if token else {}
    for method, path in (("POST", "dapr/echo/start"), ("GET", "dapr/any"), ("POST", "echo/any/start")):
        reply = closed.client.request(method, f"/v1.0/workflows/{path}", headers=headers)
        assert (reply.status_code, set(reply.json())) == (401, {"errorCode", "message"})
    assert closed.client.get("/v1.0/metadata").status_code == 200


def test_a_key_of_fewer_scopes(closed: Served) -> None:
    headers = {"x-api-key": closed.key("instances:read")}
    calls = {
        "/workflows/echo/trigger": {},
        "/workflows/echo/async": {},
        "/api/v1/workflows/echo/run": {"input": {}},
        "/api/workflows/echo/trigger": {"connectionId": "conn-xyz"},
        "/v1.0/workflows/dapr/echo/start": {},
        "/w/echo": {},
    }
    replies = {path: closed.client.post(path, json=body, headers=headers) for path, body in calls.items()}
    assert {path: reply.status_code for path, reply in replies.items()} == dict.fromkeys(calls, 403)
    assert closed.client.get("/api/v1/runs", headers=headers).status_code == 200
