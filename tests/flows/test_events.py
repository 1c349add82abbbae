"""Events that are raised for waiting workflows, over the native API and over Dapr's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.flows.signing import order, x_signature
from tests.flows.waiting import wait_until
from tests.flows.workshop import Api

pytest_plugins = ["tests.flows.workshop_fixture"]

ORDER = {"orderId": "A1", "amount": 20}

#: What each of the two waits for ``approved`` makes of ``{"approved": true, "by": "kim"}``: member and value.
WAITING = {"order-approval": ("outcome", "shipped"), "order-review": ("decision", "approved")}
REFUSED = {"order-approval": ("outcome", "cancelled"), "order-review": ("decision", "rejected")}


def output(api: Api, id: str) -> dict[str, Any]:
    instance = api.until(id)
    assert instance["status"] == "completed", instance
    return dict(instance["output"])


@pytest.mark.parametrize("workflow", WAITING)
class TestBothEnginesThatWait:
    """order-approval is a durable function, order-review a state machine."""

    def test_the_wait_comes_first(self, api: Api, workflow: str) -> None:
        id = api.start(workflow, ORDER)
        api.waits(id, "approved")
        reply = api.act(id, "events/approved", {"approved": True, "by": "kim"})
        assert (reply.status_code, reply.json()["instanceId"]) == (202, id)
        member, value = WAITING[workflow]
        assert output(api, id)[member] == value
        assert api.mailbox(id) == []

    def test_the_event_comes_first(self, api: Api, workflow: str) -> None:
        id = api.start(workflow, ORDER, delay=3600)
        assert api.act(id, "events/approved", {"approved": False}).status_code == 202
        assert api.get(id)["status"] == "queued"
        assert api.mailbox(id) == [("approved", "buffered")]
        api.due(id)
        member, value = REFUSED[workflow]
        assert output(api, id)[member] == value

    def test_dapr_raises_it(self, api: Api, workflow: str) -> None:
        id = f"dapr-{workflow}"
        base = "/v1.0/workflows/dapr"
        assert api.http.post(f"{base}/{workflow}/start?instanceID={id}", json=ORDER).status_code == 202
        api.waits(id, "approved")
        assert api.http.post(f"{base}/{id}/raiseEvent/approved", json={"by": "kim"}).status_code == 202
        state = wait_until(
            lambda: it if (it := api.http.get(f"{base}/{id}").json())["runtimeStatus"] == "COMPLETED" else None
        )
        assert json.loads(state["properties"]["dapr.workflow.output"])["orderId"] == "A1"

    def test_the_same_event_twice_is_one(self, api: Api, workflow: str) -> None:
        id = api.start(workflow, ORDER, delay=3600)
        for headers, query in (({"event-id": "evt-1"}, ""), ({"event-id": "evt-1"}, ""), ({}, "?eventId=evt-1")):
            reply = api.act(id, f"events/approved{query}", {"approved": True}, headers=headers)
            assert reply.status_code == 202
        assert api.act(id, "events/approved", {}, headers={"event-id": "evt-2"}).status_code == 202
        assert api.mailbox(id) == [("approved", "buffered")] * 2
        api.due(id)
        member, value = WAITING[workflow]
        assert output(api, id)[member] == value
        # One wait takes one event: the second is left, and goes with the instance.
        assert api.mailbox(id) == [("approved", "buffered")]

    def test_an_instance_that_a_webhook_started(self, api: Api, workflow: str) -> None:
        body = order(**ORDER)
        source = {"order-approval": "approved", "order-review": "reviews"}[workflow]
        id = api.face.send("POST", f"/hooks/{source}", x_signature(body), body).json["instanceId"]
        api.waits(id, "approved")
        api.act(id, "events/approved", {"approved": True})
        member, value = WAITING[workflow]
        assert output(api, id)[member] == value
        assert api.face.send("GET", f"/?instanceId={id}", []).json["output"][member] == value

    def test_an_instance_that_has_ended_takes_none(self, api: Api, workflow: str) -> None:
        id = api.start(workflow, ORDER)
        api.act(id, "terminate")
        reply = api.act(id, "events/approved", {})
        assert (reply.status_code, reply.json()["code"]) == (409, "conflict")
        assert "terminated" in reply.json()["detail"]


@pytest.mark.parametrize(
    ("workflow", "content", "expected"),
    [
        ("order-approval", {**ORDER, "timeoutSeconds": 1}, {"reason": "no approval came in time"}),
        ("hurried-review", ORDER, {"decision": "expired", "by": None}),
    ],
)
def test_nobody_raises_it_in_time(api: Api, workflow: str, content: Any, expected: dict[str, Any]) -> None:
    assert expected.items() <= output(api, api.start(workflow, content)).items()


def test_what_is_raised_under_another_name_waits_for_its_own_wait(api: Api) -> None:
    id = api.start("order-review", ORDER)
    api.waits(id, "approved")
    assert api.act(id, "events/paid", {"sum": 42}).status_code == 202
    assert api.mailbox(id) == [("approved", "waiting"), ("paid", "buffered")]
    assert api.until(id, "running")["error"] is None
    assert api.act(id, "terminate").status_code == 200


def test_a_function_takes_no_events(api: Api) -> None:
    id = api.start("order-log", {"orderId": "A1"}, delay=3600)
    reply = api.act(id, "events/approved", {})
    assert (reply.status_code, reply.json()["code"]) == (501, "not-supported")
    assert reply.json()["detail"] == "The engine function cannot wait for events."
    dapr = api.http.post(f"/v1.0/workflows/dapr/{id}/raiseEvent/approved", json={})
    assert dapr.status_code == 501
    assert "The engine function cannot wait for events." in dapr.json()["message"]


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("$resume", b"{}", 400, "request-invalid"),
        ("a" * 129, b"{}", 400, "request-invalid"),
        ("approved", b"{", 400, "request-invalid"),
        ("approved", b'"' + b"x" * 131_072 + b'"', 413, "body-too-large"),
    ],
)
def test_what_is_no_event(api: Api, name: str, content: bytes, status: int, code: str) -> None:
    id = api.start("order-review", ORDER)
    url = f"/v1/instances/{id}/events/{name}"
    reply = api.http.post(url, content=content, headers={"content-type": "application/json"})
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert api.act(id, "terminate").status_code == 200


def test_an_event_for_nobody(api: Api) -> None:
    reply = api.act("nobody", "events/approved", {})
    assert (reply.status_code, reply.json()["code"]) == (404, "not-found")
