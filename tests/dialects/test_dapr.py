"""Dapr: the draft's grammar and the one that was built, on all three prefixes."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.dialects.deployment import client_of
from verihook import instances
from verihook.dialects.dapr import PREFIXES
from verihook.model.instance import Instance
from verihook.model.listing import Query
from verihook.model.policy import Policy
from verihook.model.ports import Services

Ended = Callable[[str], Instance]


def an_id() -> str:
    return uuid.uuid4().hex


def error(reply: httpx.Response) -> tuple[int, str]:
    assert set(reply.json()) == {"errorCode", "message"}
    return reply.status_code, reply.json()["errorCode"]


def start(client: httpx.Client, workflow: str = "endless", content: Any = None) -> str:
    id = an_id()
    reply = client.post(f"/v1.0/workflows/dapr/{workflow}/start", params={"instanceID": id}, json=content or {})
    assert (reply.status_code, reply.json()) == (202, {"instanceID": id})
    return id


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_real_grammar_on_every_prefix(client: httpx.Client, prefix: str, ended: Ended) -> None:
    base = f"{prefix}/workflows/dapr"
    id = client.post(f"{base}/echo/start?appID=any", json={"a": [1, "ü"]}).json()["instanceID"]
    assert len(id) == 36
    ended(id)
    state = client.get(f"{base}/{id}").json()
    assert (state["instanceID"], state["workflowName"], state["runtimeStatus"]) == (id, "echo", "COMPLETED")
    assert json.loads(state["properties"]["dapr.workflow.input"]) == {"a": [1, "ü"]}
    assert json.loads(state["properties"]["dapr.workflow.output"]) == {"a": [1, "ü"]}
    assert client.post(f"{base}/{id}/purge").status_code == 202
    assert error(client.get(f"{base}/{id}")) == (404, "ERR_INSTANCE_ID_NOT_FOUND")


def test_a_purge_frees_the_id(client: httpx.Client, ended: Ended) -> None:
    """As in Dapr; in both grammars, under an id that was used before."""
    id = an_id()
    real, draft = f"/v1.0/workflows/dapr/{id}", f"/v1.0/workflows/echo/{id}"
    for number in range(2):
        started = client.post(f"/v1.0/workflows/dapr/echo/start?instanceID={id}", json=number)
        assert (started.status_code, started.json()) == (202, {"instanceID": id})
        assert ended(id).output == str(number)
        assert client.post(f"{real}/purge").status_code == 202
        assert error(client.get(real)) == (404, "ERR_INSTANCE_ID_NOT_FOUND")
        assert client.post(f"{draft}/start", json=[number]).status_code == 202
        assert ended(id).output == f"[{number}]"
        assert client.delete(draft).status_code == 202


@pytest.mark.parametrize("prefix", PREFIXES)
def test_the_drafts_grammar_on_every_prefix(client: httpx.Client, prefix: str, ended: Ended) -> None:
    id = an_id()
    base = f"{prefix}/workflows/echo/{id}"
    reply = client.post(f"{base}/start", json=[1])
    assert (reply.status_code, reply.headers["location"]) == (202, base)
    ended(id)
    state = client.get(base).json()
    assert (state["runtimeStatus"], state["metadata"]) == ("COMPLETED", {})
    assert state["completedAt"] is not None
    assert client.delete(base).status_code == 202
    assert error(client.get(base)) == (404, "ERR_INSTANCE_ID_NOT_FOUND")


def test_the_metadata_headers_are_kept_and_found(client: httpx.Client, services: Services) -> None:
    id, value = an_id(), an_id()
    headers = [("dapr-workflow-metadata", f"customer={value}; region=eu"), ("dapr-workflow-metadata", "tier=gold")]
    assert client.post(f"/v1.0/workflows/endless/{id}/start", json={}, headers=headers).status_code == 202
    metadata = client.get(f"/v1.0/workflows/endless/{id}").json()["metadata"]
    assert metadata == {"customer": value, "region": "eu", "tier": "gold"}
    page = instances.list_instances(Query(label=("metadata.customer", value)), 10, None, services)
    assert [instance.id for instance in page.instances] == [id]
    bad = client.post(
        f"/v1.0/workflows/endless/{an_id()}/start", json={}, headers={"dapr-workflow-metadata": "nothing"}
    )
    assert error(bad) == (400, "ERR_MALFORMED_REQUEST")


def test_pause_resume_and_terminate(client: httpx.Client) -> None:
    id = start(client)
    base = f"/v1.0/workflows/dapr/{id}"

    def status() -> str:
        return str(client.get(base).json()["runtimeStatus"])

    assert client.post(f"{base}/pause").status_code == 202
    assert status() == "SUSPENDED"
    assert client.post(f"{base}/resume").status_code == 202
    assert client.post(f"{base}/resume").status_code == 202
    assert status() == "RUNNING"
    assert error(client.post(f"{base}/purge")) == (500, "ERR_PURGE_WORKFLOW")
    assert client.post(f"{base}/terminate", json={"ignored": True}).status_code == 202
    assert status() == "TERMINATED"
    assert "dapr.workflow.output" not in client.get(base).json()["properties"]
    assert client.post(f"{base}/terminate").status_code == 202
    assert client.post(f"{base}/pause").status_code == 202
    assert error(client.post(f"{base}/terminate", json=[1])) == (400, "ERR_MALFORMED_REQUEST")


def test_a_failure_has_no_output(client: httpx.Client, ended: Ended) -> None:
    id = start(client, "failing")
    ended(id)
    state = client.get(f"/v1.0/workflows/dapr/{id}").json()
    assert state["runtimeStatus"] == "FAILED"
    assert state["properties"]["dapr.workflow.failure.error_type"] == "NoStock"
    assert state["properties"]["dapr.workflow.failure.error_message"] == "sold out"
    assert "dapr.workflow.output" not in state["properties"]


def test_an_id_that_has_ended_can_be_used_again_in_the_real_grammar(client: httpx.Client, ended: Ended) -> None:
    id = start(client, "echo", {"n": 1})
    ended(id)
    reply = client.post("/v1.0/workflows/dapr/echo/start", params={"instanceID": id}, json={"n": 2})
    assert reply.status_code == 202
    assert ended(id).output == '{"n":2}'


def test_ids_of_another_form(client: httpx.Client) -> None:
    path = "/v1.0/workflows/dapr/echo/start"
    for id, code in (("a" * 65, "ERR_INSTANCE_ID_TOO_LONG"), ("a.b", "ERR_INSTANCE_ID_INVALID")):
        assert error(client.post(path, params={"instanceID": id}, json={})) == (400, code)


def test_a_body_is_json_or_text(client: httpx.Client, ended: Ended) -> None:
    def started(content: bytes, media_type: str) -> httpx.Response:
        headers = {"content-type": media_type}
        return client.post("/v1.0/workflows/dapr/echo/start", content=content, headers=headers)

    for content, media_type, expected in (
        (b"a word", "text/plain", '"a word"'),
        (b"7", "text/plain", "7"),
        (b"", "application/json", "null"),
    ):
        assert ended(started(content, media_type).json()["instanceID"]).input == expected
    for content, media_type in ((b"{", "application/json"), (b"\xff", "text/plain")):
        assert error(started(content, media_type)) == (400, "ERR_MALFORMED_REQUEST")


def test_what_is_unknown(client: httpx.Client) -> None:
    assert error(client.post("/v1.0/workflows/dapr/nobody/start")) == (500, "ERR_START_WORKFLOW")
    assert error(client.post("/v1.0/workflows/nobody/any/start")) == (404, "ERR_START_WORKFLOW")
    assert error(client.post("/v1.0/workflows/dapr/nobody/raiseEvent/go")) == (500, "ERR_RAISE_EVENT_WORKFLOW")
    for verb in ("pause", "suspend", "resume", "terminate", "purge"):
        found = error(client.post(f"/v1.0/workflows/dapr/nobody/{verb}"))
        assert found == (404, "ERR_INSTANCE_ID_NOT_FOUND")


def test_metadata_and_health(client: httpx.Client) -> None:
    for prefix in PREFIXES:
        assert client.get(f"{prefix}/metadata").json()["runtimeVersion"]
        assert client.get(f"{prefix}/healthz").status_code == 204


def test_the_token_header(services: Services) -> None:
    with client_of(services, Policy(auth="required")) as closed:
        reply = closed.post("/v1.0/workflows/dapr/echo/start", headers={"dapr-api-token": "vhk_wrong"})
        assert error(reply) == (401, "ERR_UNAUTHENTICATED")
        assert closed.get("/v1.0/metadata").status_code == 200
