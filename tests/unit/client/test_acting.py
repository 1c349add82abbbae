from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.unit.client.scripted import LISTED, Script
from verihook.client import Unavailable

LOST = httpx.ReadTimeout("too slow")
UNSENT = httpx.ConnectError("refused")
ONCE = ["terminate", "restart", "redrive", "purge"]
AGAIN = ["suspend", "resume", "get", "attempts"]


@pytest.mark.parametrize(
    ("operation", "arguments", "options", "body"),
    [
        ("terminate", ["twice"], {}, {"reason": "twice"}),
        ("terminate", [], {"output": None}, {"reason": "", "output": None}),
        ("suspend", ["count"], {}, {"reason": "count"}),
        ("resume", [], {}, None),
        ("restart", [], {}, None),
        ("redrive", [], {}, None),
    ],
)
def test_acts(script: Callable[..., Script], operation: str, arguments: Any, options: Any, body: Any) -> None:
    told = script((200, LISTED))
    assert "running" == told.call(operation, "order-1", *arguments, **options).status
    (request,) = told.requests
    assert ("POST", f"/prod/v1/instances/order-1/{operation}") == (request.method, request.url.path)
    assert [body] == (told.bodies() if request.content else [None])


@pytest.mark.parametrize(("force", "query"), [(False, ""), (True, "force=true")])
def test_purge(script: Callable[..., Script], force: bool, query: str) -> None:
    told = script(httpx.Response(204))
    assert told.call("purge", "order-1", force=force) is None
    (request,) = told.requests
    assert ("DELETE", query) == (request.method, request.url.query.decode())


@pytest.mark.parametrize("operation", ONCE)
@pytest.mark.parametrize("answer", [LOST, httpx.Response(503), httpx.Response(504)])
def test_what_is_not_safe_twice_is_sent_once(script: Callable[..., Script], operation: str, answer: Any) -> None:
    told = script(answer)
    with pytest.raises(Unavailable):
        told.call(operation, "order-1")
    assert 1 == len(told.requests)


@pytest.mark.parametrize("operation", ONCE)
def test_what_did_not_arrive_is_sent_again(script: Callable[..., Script], operation: str) -> None:
    done = httpx.Response(204) if operation == "purge" else httpx.Response(200, json=LISTED)
    told = script(UNSENT, httpx.Response(429), done)
    told.call(operation, "order-1")
    assert 3 == len(told.requests)


@pytest.mark.parametrize("operation", AGAIN)
def test_what_is_safe_is_sent_five_times_at_most(script: Callable[..., Script], operation: str) -> None:
    told = script(httpx.Response(502), LOST, UNSENT, httpx.Response(503))
    with pytest.raises(Unavailable):
        told.call(operation, "order-1")
    assert 5 == len(told.requests)


@pytest.mark.parametrize("given", [None, "evt ü"])
def test_an_event_has_one_id_however_often_it_is_sent(script: Callable[..., Script], given: str | None) -> None:
    told = script(LOST, httpx.Response(503), (202, LISTED))
    told.call("raise_event", "order-1", "paid/late", {"sum": 1}, event_id=given)
    ids = {request.url.params["eventId"] for request in told.requests}
    assert (3, 1) == (len(told.requests), len(ids))
    assert ids == {given} if given else 36 == len(ids.pop())
    assert b"/prod/v1/instances/order-1/events/paid%2Flate" == told.requests[0].url.raw_path.partition(b"?")[0]
    assert [{"sum": 1}] * 3 == told.bodies()
