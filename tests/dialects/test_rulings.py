"""Where the dialects collide: a test for each ruling, in the order of docs/dialects.md."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable

import httpx
import pytest

from tests.dialects.deployment import client_of
from verihook import instances
from verihook.instances import api_keys
from verihook.model.instance import Instance
from verihook.model.listing import Query
from verihook.model.policy import Policy
from verihook.model.ports import Services

Ended = Callable[[str], Instance]


def an_id() -> str:
    return uuid.uuid4().hex


def test_ruling_1_the_first_segment_tells_the_two_grammars_of_dapr_apart(services: Services) -> None:
    id = an_id()
    for status in (500, 409):
        policy = Policy(auth="open", starts_per_minute=None, dapr_conflict=status)
        with client_of(services, policy) as client:
            drafted = client.post(f"/v1.0/workflows/endless/{id}/start", json={})
            assert drafted.status_code == (202 if status == 500 else 409)
            # The same id again: by a component's name, and by ?instanceID= under any name.
            for component in ("dapr", "any"):
                path = f"/v1.0/workflows/{component}/endless/start"
                reply = client.post(path, params={"instanceID": id}, json={})
                assert (reply.status_code, reply.json()["errorCode"]) == (status, "ERR_START_WORKFLOW")
            assert client.get(f"/v1.0/workflows/dapr/{id}").json()["workflowName"] == "endless"
            assert client.get(f"/v1.0/workflows/echo/{id}").status_code == 404


def test_ruling_2_the_drafts_event_has_its_name_elsewhere(client: httpx.Client, services: Services) -> None:
    id = an_id()
    base = f"/v1.0/workflows/endless/{id}"
    client.post(f"{base}/start", json={})
    cloud_event = {"ce-type": "by-type", "ce-id": an_id()}
    replies = [
        client.post(f"{base}/raiseEvent?eventName=by-query", json={"n": 1}),
        client.post(f"{base}/raiseEvent", json={"eventName": "by-body", "eventData": {"n": 2}}),
        client.post(f"{base}/raiseEvent", json={"n": 3}, headers=cloud_event),
        client.post(f"{base}/raiseEvent", json={"n": 3}, headers=cloud_event),
        client.post(f"/v1.0/workflows/dapr/{id}/raiseEvent/by-path", json={"n": 4}),
    ]
    assert [reply.status_code for reply in replies] == [202] * 5
    assert [entry.name for entry in instances.mailbox(id, services)] == ["by-query", "by-body", "by-type", "by-path"]
    reply = client.post(f"{base}/raiseEvent", json={"n": 5})
    assert (reply.status_code, reply.json()["errorCode"]) == (400, "ERR_WORKFLOW_EVENT_NAME_MISSING")


def test_ruling_3_both_words_for_suspend_and_purge_are_taken(client: httpx.Client) -> None:
    for kind in ("dapr", "endless"):
        id = an_id()
        client.post(f"/v1.0/workflows/endless/{id}/start", json={})
        base = f"/v1.0/workflows/{kind}/{id}"
        for verb in ("pause", "suspend", "resume", "terminate", "purge"):
            reply = client.post(f"{base}/{verb}")
            assert (reply.status_code, reply.content) == (202, b""), verb
        assert client.delete(base).status_code == 404


def test_ruling_4_the_drafts_terminate_keeps_the_body_as_the_output(client: httpx.Client) -> None:
    for body, kept in (([1, "a"], '[1,"a"]'), (None, None)):
        id = an_id()
        base = f"/v1.0/workflows/endless/{id}"
        client.post(f"{base}/start", json={})
        content = b"" if body is None else json.dumps(body).encode()
        assert client.post(f"{base}/terminate", content=content).status_code == 202
        assert client.get(base).json()["properties"].get("dapr.workflow.output") == kept
        assert client.post(f"{base}/terminate", json=1).status_code == 409


def test_ruling_5_the_last_segment_tells_moose_from_the_guide(client: httpx.Client) -> None:
    assert client.post("/workflows/nobody/trigger").json()["error"] == "Failed to start workflow"
    assert client.post("/workflows/nobody/terminate").json()["error"] == "Failed to terminate workflow"
    assert "detail" in client.post("/workflows/nobody/async").json()
    assert "detail" in client.post("/workflows/nobody").json()
    assert isinstance(client.get("/workflows/history").json(), list)


def test_ruling_6_admin_always_asks_for_a_key(client: httpx.Client, services: Services) -> None:
    assert client.get("/workflows/history").status_code == 200
    for path in ("/admin/workflows/echo/trigger", "/admin/workflows/echo/terminate"):
        assert client.post(path).status_code == 401
    assert client.get("/admin/workflows/history").status_code == 401
    _, secret = api_keys.create("admin", ["instances:read"], services.documents, services.clock.now_ms())
    bearer = {"authorization": f"Bearer {secret}"}
    assert client.get("/admin/workflows/history", headers=bearer).status_code == 200


def test_ruling_7_the_root_is_left_to_the_receiver(client: httpx.Client) -> None:
    assert client.get("/").status_code == 404
    assert client.get("/w/echo").status_code == 200


def test_ruling_8_awaitsteps_api_takes_nothing_of_loopfours(client: httpx.Client) -> None:
    for path in ("/api/v1/workflows/echo/runs", "/api/v1/other"):
        reply = client.post(path, json={})
        assert (reply.status_code, reply.json()["error"]["code"]) == (404, "NOT_FOUND")
    assert client.post("/api/other", json={}).json() == {"error": "Not found"}


def test_ruling_9_the_runs_are_loopfours(client: httpx.Client) -> None:
    assert set(client.get("/api/v1/runs").json()) == {"success", "data", "meta"}
    assert client.get("/compat/trigger/api/v1/runs").status_code == 404


def test_ruling_10_workflow_id_means_what_each_dialect_means_by_it(client: httpx.Client) -> None:
    body = {"n": an_id()}
    moose = client.post("/workflows/echo/trigger", json=body).json()
    assert moose["workflowId"].startswith("echo-")
    assert moose["runId"] != moose["workflowId"]
    assert client.post("/workflows/echo/async", json=body).json()["workflow_id"].startswith("echo-workflow-")
    loopfour = client.post("/api/v1/workflows/echo/run", json={"input": body}).json()["data"]
    assert loopfour["workflowId"] == "echo"
    awaitstep = client.post("/api/workflows/echo/trigger", json={"connectionId": "conn_xyz"}).json()
    assert (awaitstep["workflowId"], awaitstep["id"]) == ("echo", awaitstep["instanceId"])


def test_ruling_11_each_start_has_its_own_success(client: httpx.Client) -> None:
    body = {"n": an_id()}
    connected = {"connectionId": "conn_xyz", "params": body}
    assert client.post("/workflows/echo/trigger", json=body).status_code == 200
    assert client.post("/workflows/echo/async", json=body).status_code == 200
    assert client.post("/api/v1/workflows/echo/run", json={"input": body}).status_code == 200
    assert client.post("/api/workflows/echo/trigger", json=connected).status_code == 201
    assert client.post("/v1.0/workflows/dapr/echo/start", json=body).status_code == 202
    assert client.post("/w/echo", json=body).status_code == 200


def test_ruling_12_a_missing_member_is_told_in_four_ways(client: httpx.Client) -> None:
    bad = {"amount": 100}
    loopfour = client.post("/api/v1/workflows/invoice/run", json={"input": bad})
    assert loopfour.status_code == 400
    assert loopfour.json()["error"]["details"] == [{"path": ["customerId"], "message": "Required"}]
    awaitstep = client.post("/api/workflows/invoice/trigger", json={"connectionId": "conn_xyz", "params": bad})
    assert awaitstep.status_code == 422
    assert awaitstep.json()["details"] == [{"path": "params.customerId", "message": "Required"}]
    guide = client.post("/workflows/invoice", json=bad)
    assert guide.status_code == 422
    assert guide.json()["detail"][0]["loc"] == ["body", "customerId"]
    assert client.post("/workflows/invoice/trigger", json=bad).status_code == 400


@pytest.mark.parametrize("header", ["authorization", "x-api-key", "dapr-api-token"])
def test_ruling_13_every_dialect_takes_the_key_from_any_of_the_headers(services: Services, header: str) -> None:
    _, secret = api_keys.create("any", ["instances:read"], services.documents, services.clock.now_ms())
    value = f"Bearer {secret}" if header == "authorization" else secret
    with client_of(services, Policy(auth="required")) as closed:
        for path in ("/workflows/history", "/api/v1/runs", "/api/runs", "/w/echo"):
            assert closed.get(path).status_code == 401
            assert closed.get(path, headers={header: value}).status_code == 200
        # Dapr has no list: with the key, the instance is one that is not there.
        path = f"/v1.0/workflows/dapr/{an_id()}"
        assert (401, 404) == (closed.get(path).status_code, closed.get(path, headers={header: value}).status_code)


def test_ruling_14_a_connection_is_required_by_awaitstep_alone(client: httpx.Client) -> None:
    assert client.post("/api/workflows/echo/trigger", json={}).status_code == 422
    assert client.post("/api/v1/workflows/echo/run", json={}).status_code == 200


def test_ruling_15_cloudflares_own_paths_are_not_claimed(client: httpx.Client) -> None:
    for path in ("/client/v4/accounts/a/workflows", "/cdn-cgi/explorer/api/workflows", "/compat/restate/any"):
        assert client.get(path).json() == {"detail": "Not Found"}


@pytest.mark.parametrize(
    ("path", "allow"),
    [
        ("/workflows/echo/trigger", "POST"),
        ("/workflows/any/status", "GET"),
        ("/api/v1/runs/any", "GET"),
        ("/api/runs", "GET"),
        ("/v1.0/workflows/dapr/any", "DELETE, GET"),
        ("/w/echo", "GET, POST"),
    ],
)
def test_another_method_is_refused_in_the_dialects_words(client: httpx.Client, path: str, allow: str) -> None:
    reply = client.put(path)
    assert (reply.status_code, reply.headers["allow"]) == (405, allow)
    assert reply.headers["content-type"] == "application/json"
    assert set(reply.json()) & {"detail", "error", "errorCode", "message"}


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1.0/workflows/dapr/echo/start", {}),
        ("/v1.0/workflows/echo/traced/start", {}),
        ("/workflows/echo", {}),
        ("/workflows/echo/async", {}),
        ("/workflows/echo/trigger", {}),
        ("/w/echo", {}),
        ("/api/workflows/echo/trigger", {"connectionId": "conn_xyz", "params": {}}),
        ("/api/v1/workflows/echo/run", {"connectionId": "conn_xyz", "input": {}}),
    ],
)
def test_a_start_in_any_grammar_stays_in_the_trace_of_its_caller(
    client: httpx.Client, services: Services, path: str, body: object
) -> None:
    header = f"00-{uuid.uuid4().hex}-{'b2' * 8}-01"
    assert client.post(path, json=body, headers={"traceparent": header}).status_code < 300
    rows = instances.list_instances(Query(), 3, None, services).instances
    assert header in [row.passed.get("traceparent") for row in rows]
