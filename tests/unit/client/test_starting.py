from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from starlette.requests import Request

from tests.unit.client.scripted import ACCEPTED, Script, problem, result
from verihook.api.start_body import idempotency_key
from verihook.client import Conflict, InstanceFailed, InvalidInput, WaitTimeout

LOST = httpx.ReadError("cut off")
BUSY = httpx.Response(503, headers={"retry-after": "0"})


def test_a_start_as_it_is_sent(script: Callable[..., Script]) -> None:
    told = script((202, ACCEPTED))
    started = told.call(
        "start",
        "orders",
        {"sum": 1},
        id="order-1",
        on_conflict="return",
        tags=("vip",),
        metadata={"customer": "42"},
        start_at=datetime(2026, 3, 1, tzinfo=UTC),
        idempotency_key="k 1",
        version=None,
    )
    (request,) = told.requests
    assert ("POST", "/prod/v1/workflows/orders/instances") == (request.method, request.url.path)
    assert ('"k 1"', "Bearer vhk_1") == (request.headers["idempotency-key"], request.headers["authorization"])
    assert [
        {
            "input": {"sum": 1},
            "id": "order-1",
            "onConflict": "return",
            "tags": ["vip"],
            "metadata": {"customer": "42"},
            "startAt": "2026-03-01T00:00:00+00:00",
        }
    ] == told.bodies()
    assert ("order-1", datetime(2026, 3, 1, 12, tzinfo=UTC), False) == (
        started.id,
        started.created_at,
        started.replayed,
    )
    assert ACCEPTED == started.raw


@pytest.mark.parametrize("given", [None, "mine"])
def test_however_often_it_is_sent_it_has_one_key(script: Callable[..., Script], given: str | None) -> None:
    replayed = httpx.Response(202, json=ACCEPTED, headers={"idempotent-replayed": "true", "instance-status": "failed"})
    told = script(BUSY, LOST, httpx.Response(429), httpx.ConnectError("refused"), replayed)
    assert ((begun := told.call("start", "orders", idempotency_key=given)).replayed, begun.stands) == (True, "failed")
    keys = {request.headers["idempotency-key"] for request in told.requests}
    assert (5, 1) == (len(told.requests), len(keys))
    assert keys == {f'"{given}"'} if given else 38 == len(keys.pop())


@pytest.mark.parametrize("key", ["a", '"a"', '"', "a\\", '\\"', '\\\\"a\\', 'a"b', "x" * 255, '"' * 255])
def test_the_server_reads_the_key_that_was_given(script: Callable[..., Script], key: str) -> None:
    told = script((202, ACCEPTED), (200, {"results": []}))
    told.call("start", "orders", idempotency_key=key)
    told.call("batch", "orders", [], idempotency_key=key)
    assert 2 == len(told.requests)
    for request in told.requests:
        headers = [(name.lower(), value) for name, value in request.headers.raw]
        assert key == idempotency_key(Request({"type": "http", "headers": headers}))


def test_two_starts_have_two_keys(script: Callable[..., Script]) -> None:
    told = script((202, ACCEPTED))
    told.call("start", "orders")
    told.call("start", "orders")
    assert 2 == len({request.headers["idempotency-key"] for request in told.requests})


@pytest.mark.parametrize(("delay", "sent"), [(5, 5), ("15m", "15m"), (timedelta(minutes=2), 120)])
def test_delays(script: Callable[..., Script], delay: object, sent: object) -> None:
    told = script((202, ACCEPTED))
    told.call("start", "orders", delay=delay)
    assert [{"input": None, "delay": sent}] == told.bodies()


@pytest.mark.parametrize(
    ("error", "options"),
    [
        (TypeError, {"tag": "vip"}),
        (ValueError, {"start_at": datetime(2026, 3, 1)}),  # noqa: DTZ001  # a naive one is the case
        (ValueError, {"idempotency_key": ""}),
        (ValueError, {"idempotency_key": "a\nb"}),
        (ValueError, {"idempotency_key": "schlüssel"}),
    ],
)
def test_wrong_use_sends_nothing(script: Callable[..., Script], error: type[Exception], options: object) -> None:
    told = script((202, ACCEPTED))
    with pytest.raises(error):
        told.call("start", "orders", **options)  # type: ignore[arg-type]
    assert [] == told.requests


@pytest.mark.parametrize("content", [float("nan"), object()])
def test_what_is_no_json_is_not_sent(script: Callable[..., Script], content: object) -> None:
    told = script((202, ACCEPTED))
    with pytest.raises((TypeError, ValueError)):
        told.call("start", "orders", content)
    assert [] == told.requests


def test_refusals_are_not_sent_again(script: Callable[..., Script]) -> None:
    told = script(problem(409, "conflict", instanceId="order-1"))
    with pytest.raises(Conflict) as caught:
        told.call("start", "orders", id="order-1")
    assert ("order-1", "r-1", 1) == (caught.value.instance_id, caught.value.request_id, len(told.requests))
    fault = {"path": ["sum"], "pointer": "/sum", "message": "is missing"}
    with pytest.raises(InvalidInput) as invalid:
        script(problem(422, "input-invalid", violations=[fault])).call("start", "orders")
    assert (fault,) == invalid.value.violations


def test_the_result_within_the_first_request(script: Callable[..., Script]) -> None:
    told = script((200, result(output={"total": 3})))
    assert {"total": 3} == told.call("start_and_wait", "orders", {"sum": 1}, timeout=None, tags=["vip"]).output
    (request,) = told.requests
    assert "wait=20" == request.headers["prefer"]
    assert [{"input": {"sum": 1}, "tags": ["vip"]}] == told.bodies()


def test_the_result_later(script: Callable[..., Script]) -> None:
    told = script((202, ACCEPTED), BUSY, (200, result(output=4)))
    assert 4 == told.call("start_and_wait", "orders").output
    assert ["POST", "GET", "GET"] == [request.method for request in told.requests]
    assert "/prod/v1/instances/order-1/result" == told.requests[1].url.path


@pytest.mark.parametrize("status", ["failed", "timed_out", "terminated"])
def test_one_that_does_not_complete(script: Callable[..., Script], status: str) -> None:
    failure = {"code": "Payment", "message": "declined"}
    with pytest.raises(InstanceFailed) as caught:
        script((200, result(status, error=failure))).call("start_and_wait", "orders")
    error = caught.value
    assert ("order-1", status, "Payment", "declined") == (error.instance_id, error.status, error.error, error.cause)


def test_one_that_takes_longer(script: Callable[..., Script]) -> None:
    told = script((202, ACCEPTED), (202, result("running")))
    with pytest.raises(WaitTimeout) as caught:
        told.call("start_and_wait", "orders", timeout=0.02)
    assert ("order-1", "running", 0.02) == (caught.value.instance_id, caught.value.status, caught.value.seconds)
    assert "is still running after 0.02 seconds" in str(caught.value)


def test_a_batch(script: Callable[..., Script]) -> None:
    taken = {"detail": "The id is taken.", "code": "conflict", "instanceId": "order-1"}
    results = [
        {"status": 202, "replayed": True, "instanceStatus": "failed", "instance": ACCEPTED, "problem": None},
        {"status": 409, "replayed": False, "instanceStatus": None, "instance": None, "problem": taken},
    ]
    told = script(LOST, (200, {"results": results}))
    first, second = told.call("batch", "orders", [{"input": 1, "tags": ["a"]}, {"id": "order-1"}])
    assert (True, "failed", None) == (first.started.replayed, first.started.stands, first.error)
    assert (None, Conflict, "order-1") == (second.started, type(second.error), second.error.instance_id)
    assert {"instances": [{"input": 1, "tags": ["a"]}, {"input": None, "id": "order-1"}]} == told.bodies()[1]
    assert 1 == len({request.headers["idempotency-key"] for request in told.requests})
    assert "/prod/v1/workflows/orders/instances:batch" == told.requests[0].url.path
