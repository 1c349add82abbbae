"""Connections that send nothing, too slowly, or nonsense: cut, counted, and told once a minute."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn

from tests.flows.waiting import wait_until
from verihook.local.connections import Connection, SeldomSaid

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Short(Connection):
    """Waits no longer than a test does."""

    waiting: dict[Connection, None] = {}  # noqa: RUF012
    most, head_s, request_s = 4, 0.4, 0.6


async def app(scope: Any, receive: Any, send: Any) -> None:
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@pytest.fixture
def address() -> Iterator[tuple[str, int]]:
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=Short, log_level="critical", lifespan="off", timeout_keep_alive=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    wait_until(lambda: server.started)
    yield listener.getsockname()
    server.should_exit = True
    thread.join()


def ended(connection: socket.socket, seconds: float = 5) -> bool:
    """Whether the server has closed it by then."""
    connection.settimeout(seconds)
    try:
        return connection.recv(1000) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


@pytest.mark.parametrize("first", [b"", b"GET / HT", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"])
def test_who_sends_no_whole_request_is_cut(address: tuple[str, int], first: bytes) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(first)
        began = time.monotonic()
        assert ended(connection)
        assert time.monotonic() - began < 3


def test_a_head_that_drips_is_cut_too(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection, contextlib.suppress(ConnectionError):
        deadline = time.monotonic() + 5
        connection.sendall(b"GET / HTTP/1.1\r\n")
        while time.monotonic() < deadline:
            connection.sendall(b"a: b\r\n")
            connection.settimeout(0.05)
            with contextlib.suppress(TimeoutError):
                if not connection.recv(1000):
                    return
        raise AssertionError("it was never cut")


def test_who_sends_whole_requests_is_served_again_and_again(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection:
        for _ in range(4):
            time.sleep(0.3)  # together longer than a head may take
            connection.sendall(GET)
            answer = b""
            while not answer.endswith(b"ok"):
                answer += connection.recv(1000)
            assert answer.startswith(b"HTTP/1.1 200")


def test_the_longest_idle_one_makes_room(address: tuple[str, int]) -> None:
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(address)) for _ in range(20)]
        with socket.create_connection(address) as connection:
            connection.sendall(GET)
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        assert ended(idle[0], 0.2)


def test_what_goes_on_is_said_once_a_minute() -> None:
    now = [100.0]
    seldom = SeldomSaid(lambda: now[0])

    def said(what: str) -> str | None:
        record = logging.LogRecord("a", logging.WARNING, "", 0, what, (), None)
        return str(record.msg) if seldom.filter(record) else None

    assert said("full") == "full"
    assert [None] * 5 == [said("full") for _ in range(5)]
    assert said("other") == "other"
    now[0] += 60
    assert said("full") == "full (5 more in the last minute)"
    assert said("full") is None
    for number in range(1000):
        assert said(str(number))
    assert len(seldom._said) <= 64
