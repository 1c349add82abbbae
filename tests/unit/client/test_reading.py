from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from tests.unit.client.scripted import ACCEPTED, AT, LISTED, Script, problem, result
from verihook.api.openapi_examples import EXAMPLES
from verihook.client import NotFound, WaitTimeout

WORKFLOW = {
    "name": "orders",
    "version": 2,
    "status": "active",
    "engine": "durable",
    "inputSchema": {"type": "object"},
    "publicOutput": False,
    "retentionDays": 90,
}


def test_an_instance(script: Callable[..., Script]) -> None:
    failure = {"code": "Payment", "message": "declined"}
    found = script((200, {**LISTED, "status": "failed", "error": failure, "input": 1, "output": None})).call("get", "a")
    assert ("failed", True, "Payment", "declined", 1) == (
        found.status,
        found.final,
        found.error,
        found.cause,
        found.input,
    )
    assert (("vip",), {"customer": "42"}) == (found.tags, found.metadata)


def test_one_that_is_not_there(script: Callable[..., Script]) -> None:
    with pytest.raises(NotFound, match="It is not-found"):
        script(problem(404, "not-found")).call("get", "nobody")


def test_filters_as_they_are_sent(script: Callable[..., Script]) -> None:
    told = script((200, {"instances": [LISTED], "cursor": "next"}))
    page = told.call(
        "page", limit=5, metadata={"customer": "a b+c"}, since=datetime(2026, 3, 1, tzinfo=UTC), status=None, cursor="c"
    )
    assert ("next", "order-1") == (page.cursor, page.instances[0].id)
    query = dict(told.requests[0].url.params)
    since = "2026-03-01T00:00:00+00:00"
    assert {"limit": "5", "cursor": "c", "metadata.customer": "a b+c", "since": since} == query


def test_a_list_is_read_page_by_page(script: Callable[..., Script]) -> None:
    pages = [
        {"instances": [{**LISTED, "instanceId": name}], "cursor": cursor} for name, cursor in [("a", "1"), ("b", None)]
    ]
    told = script(*((200, page) for page in pages))
    assert ["a", "b"] == [each.id for each in told.call("list", workflow="orders", limit=1)]
    assert [None, "1"] == [request.url.params.get("cursor") for request in told.requests]
    assert {"orders"} == {request.url.params["workflow"] for request in told.requests}


@pytest.mark.parametrize(
    ("error", "filters"),
    [(TypeError, {"state": "failed"}), (ValueError, {"since": datetime(2026, 3, 1)})],  # noqa: DTZ001
)
def test_wrong_filters_send_nothing(script: Callable[..., Script], error: type[Exception], filters: object) -> None:
    told = script((200, {"instances": [], "cursor": None}))
    with pytest.raises(error):
        told.call("page", **filters)  # type: ignore[arg-type]
    assert [] == told.requests


def test_waiting(script: Callable[..., Script]) -> None:
    told = script((202, result("running")), (200, result("failed")))
    assert "failed" == told.call("wait", "order-1", timeout=None).status
    assert ["20", "20"] == [request.url.params["wait"] for request in told.requests]


def test_waiting_for_a_while(script: Callable[..., Script]) -> None:
    told = script((202, result("running")))
    with pytest.raises(WaitTimeout, match=r"order-1 is still running after 0\.1 seconds; it goes on"):
        told.call("wait", "order-1", timeout=0.1)
    # One look at once, one at the end.
    assert ["0", "0"] == [request.url.params["wait"] for request in told.requests]


def test_how_it_stands(script: Callable[..., Script]) -> None:
    found = script((202, result("running"))).call("result", "order-1")
    assert ("running", False) == (found.status, found.final)


def test_steps_and_attempts(script: Callable[..., Script]) -> None:
    step = {"name": "charge", "status": "running", "startedAt": AT, "endedAt": None, "input": 1, "output": None}
    (found,) = script((200, {"steps": [{**step, "error": None}]})).call("steps", "order-1")
    assert ("charge", datetime(2026, 3, 1, 12, tzinfo=UTC), None) == (found.name, found.started_at, found.ended_at)
    attempt = {"number": 2, "status": "completed", "startedAt": AT, "endedAt": AT, "error": None}
    (tried,) = script((200, {"attempts": [attempt]})).call("attempts", "order-1")
    assert (2, "completed") == (tried.number, tried.status)


def test_workflows(script: Callable[..., Script]) -> None:
    (found,) = script((200, {"workflows": [WORKFLOW]})).call("workflows")
    assert ("orders", 2, {"type": "object"}, 90) == (
        found.name,
        found.version,
        found.input_schema,
        found.retention_days,
    )
    told = script((200, WORKFLOW))
    assert found == told.call("workflow", "orders")
    assert "/prod/v1/workflows/orders" == told.requests[0].url.path


def test_members_of_a_later_version_are_kept(script: Callable[..., Script]) -> None:
    assert 7 == script((202, {**ACCEPTED, "priority": 7})).call("start", "orders").raw["priority"]


def test_open_waits_failures_and_definitions(script: Callable[..., Script]) -> None:
    (wait,) = script((200, EXAMPLES["Waits"])).call("waits", "order-approval").waits
    assert ("order-1042", "approved", 20) == (wait.instance_id, wait.name, wait.shows["amount"])
    assert wait.until is not None
    told = script((200, EXAMPLES["FailureGroups"]))
    (group,) = told.call("failures", "order-created", datetime(2026, 3, 1, tzinfo=UTC))
    assert (3, "Payment", "order-1042") == (group.count, group.error, group.last.id)
    assert {"workflow": "order-created", "since": "2026-03-01T00:00:00+00:00"} == dict(told.requests[0].url.params)
    machine = script((200, EXAMPLES["Definition"])).call("definition", "order-created").machine
    assert "Charge" == machine["StartAt"]
