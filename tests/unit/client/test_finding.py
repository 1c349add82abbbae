"""Finding deliveries, with both clients."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from tests.unit.client.scripted import AT, Script, problem
from tests.unit.client.scripted import LISTED as INSTANCE
from verihook.client import NotFound

LISTED: dict[str, Any] = {
    "id": "d1",
    "at": AT,
    "source": "orders",
    "outcome": "accepted",
    "reason": None,
    "count": 1,
    "firstAt": AT,
    "requestId": "r1",
    "eventId": "evt-1",
    "eventType": "order.created",
    "instanceId": "d1",
    "status": "running",
    "workflow": "order",
}
WHOLE = {
    **LISTED,
    "path": "/hooks/orders",
    "verifiedBy": "previous",
    "headers": [{"name": "user-agent", "value": "curl"}],
    "body": {"length": 2, "sha256": "ab", "kept": True},
    "keptUntil": AT,
    "replayOf": "d0",
}


def test_a_page(script: Callable[..., Script]) -> None:
    told = script((200, {"deliveries": [LISTED], "cursor": "next"}))
    since = datetime(2026, 3, 1, tzinfo=UTC)
    page = told.call("deliveries", limit=7, cursor="c", source="orders", type="order.*", since=since, until=None)
    (found,) = page.deliveries
    assert ("next", "d1", "accepted", "orders", 1, "running") == (
        page.cursor,
        found.id,
        found.outcome,
        found.source,
        found.count,
        found.status,
    )
    assert ((), None, False, LISTED) == (found.headers, found.length, found.body_kept, found.raw)
    asked = {"limit": "7", "cursor": "c", "source": "orders", "type": "order.*", "from": "2026-03-01T00:00:00+00:00"}
    assert asked == dict(told.requests[0].url.params)


def test_one(script: Callable[..., Script]) -> None:
    found = script((200, WHOLE)).call("delivery", "d1")
    assert ("/hooks/orders", "previous", (("user-agent", "curl"),)) == (found.path, found.verified_by, found.headers)
    assert (2, "ab", True, found.at, "d0") == (
        found.length,
        found.sha256,
        found.body_kept,
        found.kept_until,
        found.replay_of,
    )


def test_a_body(script: Callable[..., Script]) -> None:
    told = script(httpx.Response(200, content=b"\x00\xff"), problem(404, "delivery-not-found"))
    assert told.call("delivery_body", "rejected:1:a:b") == b"\x00\xff"
    assert told.requests[0].url.path.endswith("/v1/deliveries/rejected:1:a:b/body")
    with pytest.raises(NotFound):
        told.call("delivery_body", "d1")


def test_a_replay_is_not_sent_twice(script: Callable[..., Script]) -> None:
    told = script((202, INSTANCE))
    assert told.call("replay_delivery", "d1", as_new=True).id == "order-1"
    (asked,) = told.requests
    assert (asked.url.path.endswith("/v1/deliveries/d1/replay"), json.loads(asked.content)) == (True, {"asNew": True})


def test_a_lookup(script: Callable[..., Script]) -> None:
    found = [
        {"by": "event", "instance": INSTANCE, "delivery": LISTED},
        {"by": "label", "instance": None, "delivery": None},
    ]
    told = script((200, {"found": found}))
    first, second = told.call("lookup", "evt 1")
    assert first.instance is not None
    assert first.delivery is not None
    assert ("event", "order-1", "d1") == (first.by, first.instance.id, first.delivery.id)
    assert (None, None) == (second.instance, second.delivery)
    assert {"q": "evt 1"} == dict(told.requests[0].url.params)


def test_a_deletion(script: Callable[..., Script]) -> None:
    content = {"instances": ["d1"], "samples": 2, "captured": 1, "notDeleted": ["the log"]}
    told = script((200, content), (200, content))
    for gone in (told.call("delete_event", "orders", "evt 1"), told.call("delete_delivery", "d1", force=True)):
        assert (("d1",), 2, 1, ("the log",)) == (gone.instances, gone.samples, gone.captured, gone.not_deleted)
    first, second = told.requests
    assert {"source": "orders", "eventId": "evt 1"} == dict(first.url.params)
    assert ("DELETE", "/prod/v1/deliveries/d1", {"force": "true"}) == (
        second.method,
        second.url.path,
        dict(second.url.params),
    )
