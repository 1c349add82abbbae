"""Connections that send nothing, too slowly, or nonsense: cut, counted, and told once a minute."""

from __future__ import annotations

import asyncio
import contextlib
import resource
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
import uvicorn

from tests.flows.waiting import PATIENCE_S, wait_until
from verihook.local import connections
from verihook.local.connections import MAX_FILES, Connection, raise_file_limit

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
GET_MUCH = GET.replace(b"/ ", b"/much ")
POST_HALF = b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc"

#: More than the kernel takes from the server for a client that reads nothing.
MUCH = 12 * 1024 * 1024


class Short(Connection):
    """Waits no longer than a test does."""

    waiting: dict[Connection, None] = {}  # noqa: RUF012
    most, head_s, request_s, taken_s = 4, 0.4, 0.6, 1


class Patient(Connection):
    """Waits for longer than a test does, and holds two answers that are not taken."""

    waiting: dict[Connection, None] = {}  # noqa: RUF012
    head_s, request_s, taken_s = 3600, 3600, 3600
    most_unsent = 2 * MUCH


class Few(Patient):
    """Holds four connections."""

    waiting: dict[Connection, None] = {}  # noqa: RUF012
    most = 4


#: The paths that were asked for.
asked: list[str] = []


async def app(scope: Any, receive: Any, send: Any) -> None:
    asked.append(scope["path"])
    body = b"." * MUCH if scope["path"] == "/much" else b"ok"
    size = 0
    while True:
        message = await receive()
        size += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]})
    await send({"type": "http.response.body", "body": body})


@pytest.fixture(params=[Short])
def server(request: pytest.FixtureRequest) -> Iterator[uvicorn.Server]:
    asked.clear()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=request.param, log_level="critical", lifespan="off", timeout_keep_alive=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    wait_until(lambda: server.started)
    yield server
    server.should_exit = True
    thread.join()


@pytest.fixture
def address(server: uvicorn.Server) -> tuple[str, int]:
    found: tuple[str, int] = server.servers[0].sockets[0].getsockname()
    return found


def ended(connection: socket.socket, seconds: float = PATIENCE_S) -> bool:
    """Whether the server has closed it by then."""
    connection.settimeout(seconds)
    try:
        while connection.recv(1000):
            pass
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


def reading_nothing(address: tuple[str, int], sent: bytes) -> socket.socket:
    """A connection whose kernel takes as little as it can."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
    connection.connect(address)
    connection.sendall(sent)
    return connection


def test_how_many_and_how_long() -> None:
    limits = Connection.most, Connection.head_s, Connection.request_s, Connection.taken_s
    assert limits == (512, 10, 60, 30)
    assert (Connection.most_unsent, MAX_FILES) == (64 * 1024 * 1024, 65_536)


@pytest.mark.parametrize(("soft", "most", "raised"), [(256, 512, 512), (512, 256, 512), (256, 2**60, None)])
def test_a_process_has_as_many_files_as_it_may(
    monkeypatch: pytest.MonkeyPatch, soft: int, most: int, raised: int | None
) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    monkeypatch.setattr(connections, "MAX_FILES", most)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    try:
        raise_file_limit()
        assert (raised or before[1], before[1]) == resource.getrlimit(resource.RLIMIT_NOFILE)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.parametrize("first", [b"", b"GET / HT", POST_HALF, GET + POST_HALF, GET + GET + POST_HALF])
def test_who_sends_no_whole_request_is_cut(address: tuple[str, int], first: bytes) -> None:
    with socket.create_connection(address) as connection:
        connection.sendall(first)
        assert ended(connection)


def test_a_head_that_drips_is_cut_too(address: tuple[str, int]) -> None:
    with socket.create_connection(address) as connection, contextlib.suppress(ConnectionError):
        deadline = time.monotonic() + 60
        connection.sendall(b"GET / HTTP/1.1\r\n")
        while time.monotonic() < deadline:
            connection.sendall(b"a: b\r\n")
            connection.settimeout(0.05)
            with contextlib.suppress(TimeoutError):
                if not connection.recv(1000):
                    return
        raise AssertionError("it was never cut")


def test_who_sends_whole_requests_is_served_again_and_again(address: tuple[str, int]) -> None:
    def served() -> bool:
        """Requests that take longer than a head together; a busy machine may be too late with one of them."""
        with socket.create_connection(address) as connection, contextlib.suppress(ConnectionError):
            for _ in range(4):
                time.sleep(0.3)
                connection.sendall(GET)
                answer = b""
                while not answer.endswith(b"ok"):
                    if not (part := connection.recv(1000)):
                        return False
                    answer += part
                assert answer.startswith(b"HTTP/1.1 200")
            return True
        return False

    wait_until(served, what="it was cut each time")


@pytest.mark.parametrize("server", [Few], indirect=True)
def test_the_longest_idle_one_makes_room(address: tuple[str, int]) -> None:
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(socket.create_connection(address)) for _ in range(20)]
        with socket.create_connection(address) as connection:
            connection.sendall(GET)
            assert connection.recv(1000).startswith(b"HTTP/1.1 200")
        assert ended(idle[0])


@pytest.mark.parametrize(
    "sent", [GET_MUCH, GET_MUCH * 8, GET_MUCH.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")]
)
def test_who_takes_no_answer_is_cut(server: uvicorn.Server, address: tuple[str, int], sent: bytes) -> None:
    with reading_nothing(address, sent):
        wait_until(lambda: asked)
        wait_until(lambda: not server.server_state.connections)
    assert ["/much"] == asked, "no other answer is made before the first is taken"


def test_who_takes_an_answer_slowly_gets_all_that_it_asked_for(address: tuple[str, int]) -> None:
    def taken() -> bool:
        """More than a second in parts; a busy machine may be too late with one of them."""
        asked.clear()
        with reading_nothing(address, GET_MUCH + GET) as connection, contextlib.suppress(ConnectionError):
            began = time.monotonic()
            size, last = 0, b""
            while not last.endswith(b"ok"):
                slowly = size < MUCH - 2**21
                if not (last := connection.recv(2**20, socket.MSG_WAITALL) if slowly else connection.recv(1000)):
                    return False
                size += len(last)
                time.sleep(0.15 if slowly else 0)
            assert size > MUCH
            assert time.monotonic() - began > Short.taken_s
            return True
        return False

    wait_until(taken, what="it was cut each time")
    assert ["/much", "/"] == asked


@pytest.mark.parametrize("held", [GET, GET + POST_HALF, GET_MUCH])
def test_who_was_answered_or_takes_no_answer_makes_room_too(address: tuple[str, int], held: bytes) -> None:
    with contextlib.ExitStack() as stack:
        for number in range(4):
            stack.enter_context(reading_nothing(address, held))
            wait_until(partial(lambda most: len(asked) > most, number))
        for _ in range(3):
            with socket.create_connection(address) as connection:
                connection.sendall(GET)
                assert connection.recv(1000).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("server", [Patient], indirect=True)
def test_what_is_not_taken_is_bounded(server: uvicorn.Server, address: tuple[str, int]) -> None:
    """The kernel takes some megabytes of each answer; the rest is in the memory of the process."""
    with contextlib.ExitStack() as stack:
        held = []
        for number in range(6):
            held.append(stack.enter_context(reading_nothing(address, GET_MUCH)))
            wait_until(partial(lambda most: len(asked) > most, number))
            wait_until(partial(lambda one: unsent(server, one), held[-1]))
            assert unsent(server) <= Patient.most_unsent
        assert ended(held[0]), "the one that has waited longest"
        assert unsent(server, held[-1])
        # Who takes the answer has it whole.
        size = 0
        while size < MUCH:
            size += len(held[-1].recv(1024 * 1024))
        assert size > MUCH


def unsent(server: uvicorn.Server, of: socket.socket | None = None) -> int:
    """The bytes that the server holds for this client, or for all, as its loop has them between two steps."""

    async def count() -> int:
        transports = [each.transport for each in server.server_state.connections]
        return sum(
            each.get_write_buffer_size()
            for each in transports
            if of is None or each.get_extra_info("peername") == of.getsockname()
        )

    return asyncio.run_coroutine_threadsafe(count(), server.servers[0].get_loop()).result(60)
