from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import httpx
import pytest

from tests.unit.client.scripted import AT, Script, problem
from verihook.api.openapi_examples import EXAMPLES
from verihook.client import Health, MailboxEntry, Unauthorized, Unavailable

SOURCE = {
    "name": "orders",
    "sender": "generic",
    "path": "/hooks/orders",
    "workflow": "order-created",
    "types": ["order.created"],
    "duplicates": "return",
    "changed": "reject",
    "replays": None,
    "maxBody": 262_144,
    "startsPerMinute": 60,
}
REJECTION = {"source": "orders", "reason": "timestamp-old", "count": 3, "firstAt": AT, "lastAt": AT, "requestId": "r"}


def test_sources(script: Callable[..., Script]) -> None:
    told = script((200, {"sources": [SOURCE]}))
    (found,) = told.call("sources")
    assert ("orders", "generic", "/hooks/orders", "order-created") == (
        found.name,
        found.sender,
        found.path,
        found.workflow,
    )
    assert (("order.created",), "return", "reject", None) == (
        found.types,
        found.duplicates,
        found.changed,
        found.replays,
    )
    assert (262_144, 60, SOURCE) == (found.max_body, found.starts_per_minute, found.raw)
    assert "/prod/v1/sources" == told.requests[0].url.path


def test_senders(script: Callable[..., Script]) -> None:
    row = {"id": "github", "title": "GitHub", "documentation": "https://docs.github.com", "evidence": "documented"}
    (found,) = script((200, {"senders": [row]})).call("senders")
    assert (*row.values(), row) == (found.id, found.title, found.documentation, found.evidence, found.raw)


def test_rejections(script: Callable[..., Script]) -> None:
    told = script((200, {"rejections": [REJECTION, {**REJECTION, "source": None}]}))
    first, second = told.call("rejections", "orders", limit=7)
    assert ("orders", "timestamp-old", 3, "r") == (first.source, first.reason, first.count, first.request_id)
    assert (datetime(2026, 3, 1, 12, tzinfo=UTC), None) == (first.last_at, second.source)
    assert {"source": "orders", "limit": "7"} == dict(told.requests[0].url.params)


def test_events(script: Callable[..., Script]) -> None:
    rows = [{"name": "paid", "id": "e-1", "state": "buffered", "at": AT}]
    told = script((200, {"events": [*rows, {"name": "approved", "id": None, "state": "waiting", "at": AT}]}))
    noon = datetime(2026, 3, 1, 12, tzinfo=UTC)
    expected = [MailboxEntry("paid", "e-1", "buffered", noon), MailboxEntry("approved", None, "waiting", noon)]
    assert expected == [*told.call("events", "order-1")]
    assert "/prod/v1/instances/order-1/events" == told.requests[0].url.path


def test_health(script: Callable[..., Script]) -> None:
    told = script((200, {"status": "ok", "ledger": "ok", "engines": {"durable": "ok"}, "withoutSecret": ["billing"]}))
    found = told.call("health")
    assert Health("ok", "ok", {"durable": "ok"}, {}, ("billing",)) == found
    assert found.ok
    assert "/prod/health" == told.requests[0].url.path


def test_a_part_that_is_unavailable_is_an_answer(script: Callable[..., Script]) -> None:
    content = {"status": "unavailable", "ledger": "ok", "engines": {}, "faults": {"repairs": "They have ended."}}
    told = script((503, content))
    found = told.call("health")
    assert (False, {"repairs": "They have ended."}, content) == (found.ok, found.faults, found.raw)
    assert 1 == len(told.requests)


def test_the_503_of_a_proxy_is_none(script: Callable[..., Script]) -> None:
    with pytest.raises(Unavailable):
        script(httpx.Response(503, text="no healthy upstream")).call("health")


def test_a_wrong_key_is_told(script: Callable[..., Script]) -> None:
    with pytest.raises(Unauthorized):
        script(problem(401, "unauthenticated")).call("health")


def test_one_source(script: Callable[..., Script]) -> None:
    told = script((200, EXAMPLES["SourceDetail"]))
    found = told.call("source", "orders")
    assert ("orders", "https://hooks.example.com/hooks/orders", True) == (found.source.name, found.url, found.usable)
    assert (found.last_accepted_at, found.scheme[:11]) == (datetime(2026, 3, 1, 12, tzinfo=UTC), "HMAC-SHA256")
    assert "/prod/v1/sources/orders" == told.requests[0].url.path


def test_a_trial(script: Callable[..., Script]) -> None:
    told = script((200, EXAMPLES["TrialResult"]))
    found = told.call("try_source", "orders", "tampered", body="{}", confirm="order-created")
    assert (True, "rejected", "signature-mismatch", 401, None) == (
        found.as_expected,
        found.outcome,
        found.reason,
        found.status,
        found.instance_id,
    )
    assert [{"kind": "tampered", "body": "{}", "confirm": "order-created"}] == told.bodies()
    assert "/prod/v1/sources/orders/test" == told.requests[0].url.path
