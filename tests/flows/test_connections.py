"""More connections of strangers than the process may have files, or than it holds."""

from __future__ import annotations

import contextlib
import resource
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.flows.deployment import VARIABLES
from tests.flows.faces import HttpFace, Server
from tests.flows.signing import order, x_signature

GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


@contextmanager
def serving(data: Path, files: int) -> Iterator[Server]:
    """A server that is ready, and may have so many files; the test itself may have more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    server = Server(data, VARIABLES, files=files)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(4096, hard)), hard))
    try:
        server.ready()
        yield server
    finally:
        server.stop()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def deliver(server: Server, number: int) -> None:
    body = order(event_id=f"evt_{number}")
    assert HttpFace(server.url).send("POST", "/hooks/orders", x_signature(body), body).status == 200


def test_idle_connections_keep_no_delivery_out_and_fill_no_log(tmp_path: Path) -> None:
    with serving(tmp_path / "data", 1024) as server, contextlib.ExitStack() as stack:
        where = urlsplit(server.url)
        for number in range(1500):
            idle = stack.enter_context(socket.socket())
            idle.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                idle.connect((where.hostname, where.port))
            if number % 500 == 499:
                deliver(server, number)
        assert len(server.output.read_text()) < 20_000


@pytest.mark.parametrize(
    "sent",
    [
        GET,
        GET + b"POST /hooks/orders HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc",
    ],
    ids=["answered", "half a request after a whole one"],
)
def test_connections_that_got_an_answer_keep_no_delivery_out(tmp_path: Path, sent: bytes) -> None:
    with serving(tmp_path / "data", 160) as server, contextlib.ExitStack() as stack:
        where = urlsplit(server.url)
        for number in range(120):
            held = stack.enter_context(socket.socket())
            held.connect((where.hostname, where.port))
            held.sendall(sent)
            if number % 40 == 39:
                deliver(server, number)
        assert len(server.output.read_text()) < 20_000


def test_a_server_asks_for_more_files_than_the_system_gives_unasked(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard))
    try:
        server = Server(tmp_path / "data", VARIABLES)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    try:
        server.ready()
        assert (min(65_536, hard), hard) == resource.prlimit(server.process.pid, resource.RLIMIT_NOFILE)
    finally:
        server.stop()


def test_a_request_to_upgrade_is_answered_as_any_other(tmp_path: Path) -> None:
    with serving(tmp_path / "data", 1024) as server:
        headers = [("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13")]
        answer = HttpFace(server.url).send("GET", "/health", headers)
        assert (200, "ok") == (answer.status, answer.json["status"])
        assert "Unsupported upgrade" not in server.output.read_text()
        assert "WebSocket" not in server.output.read_text()
