"""What becomes of a call if the server closes, stalls, throttles, fails, or takes too long."""

from __future__ import annotations

import gc
import time
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Event
from typing import Any

import pytest

from tests.flows.waiting import wait_until, within
from tests.unit.adapters.aws.scripted import KEYS, Act, Scripted, answer, both, drip, error, hang_up, stall
from verihook import __version__
from verihook.adapters.aws.direct import Direct
from verihook.adapters.aws.errors import ServiceError, Unreachable
from verihook.adapters.aws.service import Patience
from verihook.model import deadline

OK = answer({"Item": {"a": {"S": "x"}}})
TAKEN = error("ConditionalCheckFailedException", Item={"a": {"S": "x"}})


def get(client: Any) -> Any:
    return client.get_item(TableName="t", Key={"a": {"S": "k"}})


@contextmanager
def seconds(whole: float) -> Iterator[None]:
    """A deadline by the real clock."""
    now = lambda: time.time_ns() // 1_000_000  # noqa: E731
    with deadline.within(int(whole * 1000), now(), now):
        yield


def took(act: Callable[[], Any]) -> float:
    begun = time.monotonic()
    with pytest.raises(Unreachable):
        act()
    return time.monotonic() - begun


def test_what_goes_over_the_wire() -> None:
    with Scripted(OK) as server:
        assert {"Item": {"a": {"S": "x"}}} == get(server.client(AWS_SESSION_TOKEN="a-token"))
    head, _, body = server.requests[0].decode().partition("\r\n\r\n")
    line, *headers = head.split("\r\n")
    values = dict(header.split(": ", 1) for header in headers)
    assert ("POST / HTTP/1.1", '{"TableName": "t", "Key": {"a": {"S": "k"}}}') == (line, body)
    assert f"127.0.0.1:{server.port}" == values["host"]
    assert ("DynamoDB_20120810.GetItem", "application/x-amz-json-1.0") == (
        values["x-amz-target"],
        values["content-type"],
    )
    assert ("a-token", f"verihook/{__version__}") == (values["x-amz-security-token"], values["user-agent"])
    assert values["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKID/")
    assert "x-amzn-trace-id" not in values


def test_the_trace_of_the_invocation_goes_along() -> None:
    with Scripted(OK) as server:
        get(server.client(AWS_LAMBDA_FUNCTION_NAME="f", _X_AMZN_TRACE_ID="Root=1-2;Parent=3"))
    assert b"\r\nx-amzn-trace-id: Root=1-2;Parent=3\r\n" in server.requests[0]


def test_one_connection_serves_them_all() -> None:
    with Scripted(*[OK] * 5) as server:
        client = server.client()
        for _ in range(5):
            get(client)
        assert 1 == server.connections


def test_threads_have_connections_of_their_own() -> None:
    with Scripted(*[both(lambda _: time.sleep(0.05), OK)] * 16) as server:
        client = server.client()
        with ThreadPoolExecutor(4) as pool:
            assert 16 == len(list(pool.map(lambda _: get(client), range(16))))
        assert 1 < server.connections <= 4


@pytest.mark.parametrize(
    "trouble",
    [
        hang_up,
        error("ProvisionedThroughputExceededException"),
        error("ThrottlingException"),
        answer("<html>", 503),
        answer({}, 500),
        answer({}, x_amz_crc32="1"),
    ],
)
def test_a_passing_trouble_is_asked_again_and_told(trouble: Act) -> None:
    with Scripted(trouble, OK) as server:
        assert "Item" in get(server.client())
    with Scripted(trouble, TAKEN) as server, pytest.raises(ServiceError) as caught:
        get(server.client())
    assert ("ConditionalCheckFailedException", "words", True) == (
        caught.value.code,
        caught.value.message,
        caught.value.retried,
    )
    assert {"a": {"S": "x"}} == caught.value.response["Item"]
    assert 2 == len(server.requests)


def test_a_refusal_is_asked_once() -> None:
    with Scripted(TAKEN, OK) as server, pytest.raises(ServiceError) as caught:
        get(server.client())
    assert (1, False) == (len(server.requests), caught.value.retried)


@pytest.mark.parametrize(
    ("trouble", "code"), [(error("ThrottlingException"), "ThrottlingException"), (answer("<html>", 503), "503")]
)
def test_one_that_lasts_is_told(trouble: Act, code: str) -> None:
    with Scripted(trouble, trouble, OK) as server, pytest.raises(ServiceError) as caught:
        get(server.client())
    assert (2, code) == (len(server.requests), caught.value.code)


def test_a_server_that_always_hangs_up_is_unreachable() -> None:
    with Scripted(hang_up, hang_up, OK) as server, pytest.raises(Unreachable):
        get(server.client())
    assert 2 == len(server.requests)


@pytest.mark.parametrize("trouble", [hang_up, answer({}, 500), error("ThrottlingException")])
def test_what_runs_twice_is_never_sent_twice(trouble: Act) -> None:
    with Scripted(trouble, OK) as server, pytest.raises((Unreachable, ServiceError)):
        server.client("stepfunctions").start_sync_execution(stateMachineArn="a", name="n", input="{}")
    assert 1 == len(server.requests)


def test_a_connection_that_was_closed_meanwhile_costs_no_try() -> None:
    closed = Event()
    with Scripted(both(OK, hang_up, lambda _: closed.set()), OK) as server:
        client = server.client("stepfunctions")
        client.start_sync_execution(stateMachineArn="a", name="n", input="{}")
        assert closed.wait(60)
        client.start_sync_execution(stateMachineArn="a", name="m", input="{}")
        assert 2 == server.connections


def test_a_kept_connection_that_is_dead_leaves_time_for_a_new_one() -> None:
    def served() -> bool:
        """A second is little for a busy machine."""
        with Scripted(OK, stall, OK) as server:
            client = server.client()
            get(client)
            with seconds(1.0), suppress(Unreachable):
                assert "Item" in get(client)
                assert 2 == server.connections
                return True
        return False

    wait_until(served, what="no new one was in time")


@pytest.mark.parametrize("trouble", [stall, drip])
def test_a_deadline_is_kept(trouble: Act) -> None:
    def give_up() -> None:
        with Scripted(trouble, trouble) as server:
            client = server.client()
            with seconds(0.4):
                assert 0.3 < took(lambda: get(client))

    within(0.9, give_up)


@pytest.mark.parametrize("trouble", [stall, drip])
def test_without_one_a_try_has_the_clients_patience(trouble: Act) -> None:
    def give_up() -> None:
        with Scripted(trouble, trouble) as server:
            client = Direct({"AWS_ENDPOINT_URL": server.url, **KEYS}).client("dynamodb", Patience(0.2, 2))
            assert 0.3 < took(lambda: get(client))
            assert 2 == server.asked(2)

    within(1.2, give_up)


def test_after_the_deadline_nothing_is_sent() -> None:
    with Scripted(OK) as server:
        client = server.client()
        get(client)
        with seconds(0):
            within(0.2, lambda: took(lambda: get(client)))
        assert 1 == len(server.requests)


def test_no_pause_goes_beyond_the_deadline() -> None:
    busy = error("ThrottlingException")

    def refused() -> bool:
        """In 0.04 seconds, of which a busy machine may let pass all before the answer."""
        with Scripted(busy, busy) as server:
            client = server.client()
            begun = time.monotonic()
            with seconds(0.04):
                try:
                    get(client)
                except Unreachable:
                    return False
                except ServiceError:
                    return time.monotonic() - begun < 0.3 and 1 == len(server.requests)
        raise AssertionError("it was not refused")

    wait_until(refused, what="it was never refused in time")


def test_nobody_listens() -> None:
    with pytest.raises(Unreachable):
        get(Direct({"AWS_ENDPOINT_URL": "http://127.0.0.1:9", **KEYS}).client("dynamodb"))


def test_after_a_snapshot_nothing_of_before_is_used() -> None:
    with Scripted(OK, OK) as server:
        direct = Direct({"AWS_ENDPOINT_URL": server.url, "AWS_REGION": "r", "AWS_ACCESS_KEY_ID": "a"})
        client = direct.client("dynamodb")
        get(client)
        direct.renew()
        get(client)
        assert 2 == server.connections


def test_an_operation_that_it_does_not_have() -> None:
    with pytest.raises(AttributeError, match="create_table is not among batch_get_item"):
        Direct({"AWS_REGION": "eu-central-1"}).client("dynamodb").create_table(TableName="t")


def test_an_error_keeps_no_connection_alive() -> None:
    with Scripted(TAKEN) as server:
        client = server.client()
        pool = weakref.ref(client._service._pool)
        gc.disable()
        try:
            with suppress(ServiceError):
                get(client)
            del client
            assert pool() is None
        finally:
            gc.enable()
