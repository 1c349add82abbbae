"""What is an answer in HTTP, and what is none."""

from __future__ import annotations

import socket
import ssl
import time
from threading import Event
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.flows.waiting import PATIENCE_S
from tests.unit.adapters.aws.scripted import Scripted, both, hang_up, raw
from tests.unit.adapters.caller.receiver import contexts
from verihook.adapters.aws.connection import Answer, BrokenAnswer, Connection, ServerAddress

__all__ = ["contexts"]

REQUEST = b"POST / HTTP/1.1\r\ncontent-length: 0\r\n\r\n"
CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def exchanged(text: str | bytes, seconds: float = PATIENCE_S) -> tuple[Answer, bool]:
    """The answer, and whether the connection may be used again."""
    with Scripted(both(raw(text), hang_up)) as server:
        until = time.monotonic() + seconds
        connection = Connection(ServerAddress("127.0.0.1", server.port, None), until)
        try:
            return connection.exchange(REQUEST, until), connection.reusable
        finally:
            connection.close()


@pytest.mark.parametrize(
    ("text", "status", "body", "reusable"),
    [
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", True),
        ("HTTP/1.1 200\r\ncontent-length:2\r\n\r\n{}", 200, b"{}", True),
        ("HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", 200, b"{}", True),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", True),
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}", 200, b"{}", False),
        ("HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", False),
        ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", 200, b"{}", True),
        ("HTTP/1.1 204 No Content\r\n\r\n", 204, b"", True),
        ("HTTP/1.1 200 OK\r\n\r\nto the end", 200, b"to the end", False),
        (f"{CHUNKED}3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\nx: y\r\n\r\n", 200, b"abc0123456789", True),
        # It says less than it sends: what follows is no answer of ours.
        ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{} and more", 200, b"{}", False),
    ],
)  # fmt: skip
def test_answers(text: str, status: int, body: bytes, reusable: bool) -> None:
    answer, kept = exchanged(text)
    assert (status, body, reusable) == (answer.status, answer.body, kept)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "HTTP/1.1 200 OK\r\n",
        "SSH-2.0-OpenSSH\r\n\r\n",
        "HTTP/2 200\r\n\r\n",
        "HTTP/1.1 20 OK\r\n\r\n",
        "HTTP/1.1 ٢٠٠ OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1_0\r\n\r\n0123456789",
        "HTTP/1.1 200 OK\r\nContent-Length: \r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 2\r\n\r\n{}",
        f"{CHUNKED}3\r\nabcdef\r\n0\r\n\r\n",
        f"{CHUNKED}3\r\nabc\r\n",
        f"{CHUNKED}-3\r\nabc\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nx: " + "y" * 100_000,
        "HTTP/1.1 200 OK\r\n" + "x: y\r\n" * 20_000 + "content-length: 0\r\n\r\n",
    ],
)
def test_no_answers(text: str) -> None:
    with pytest.raises(BrokenAnswer):
        exchanged(text)


@given(text=st.binary(max_size=60), status=st.booleans())
def test_any_bytes_are_an_answer_or_none(text: bytes, status: bool) -> None:
    try:
        answer, _ = exchanged((b"HTTP/1.1 200 OK\r\n" if status else b"") + text)
    except OSError:
        return
    assert 100 <= answer.status <= 999


def test_over_tls(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server_tls, client_tls = contexts
    text = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
    with Scripted(*[raw(text)] * 3, tls=server_tls) as server, pytest.raises(ssl.SSLCertVerificationError):
        # The certificate is receiver.example's.
        Connection(ServerAddress("127.0.0.1", server.port, client_tls), time.monotonic() + 60)


def test_one_over_tls_is_kept(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    """Session tickets that come after the handshake are no word of the server."""
    server_tls, _ = contexts
    unnamed: Any = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    unnamed.check_hostname, unnamed.verify_mode = False, ssl.CERT_NONE
    with Scripted(*[raw("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")] * 3, tls=server_tls) as server:
        until = time.monotonic() + 60
        connection = Connection(ServerAddress("127.0.0.1", server.port, unnamed), until)
        for _ in range(3):
            assert b"{}" == connection.exchange(REQUEST, until).body
            assert connection.reusable
            assert connection.is_quiet()
        connection.close()


def test_a_name_is_looked_up_in_the_time_that_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    look_up: Any = socket.getaddrinfo
    gate = Event()

    def slow(host: str, *arguments: Any, flags: int = 0, **options: Any) -> Any:
        if not flags:
            gate.wait(PATIENCE_S)
        return look_up(host, *arguments, flags=flags, **options)

    monkeypatch.setattr(socket, "getaddrinfo", slow)
    begun = time.monotonic()
    with pytest.raises(TimeoutError, match="localhost was not looked up in time"):
        Connection(ServerAddress("localhost", 9, None), begun + 0.2)
    assert time.monotonic() - begun < PATIENCE_S / 2
    gate.set()


def test_a_name_that_nobody_has() -> None:
    with pytest.raises(socket.gaierror):
        Connection(ServerAddress("nobody.invalid", 9, None), time.monotonic() + 60)


def test_a_name_leads_to_its_address() -> None:
    with Scripted(raw("HTTP/1.1 204 X\r\n\r\n")) as server:
        until = time.monotonic() + 60
        connection = Connection(ServerAddress("localhost", server.port, None), until)
        assert 204 == connection.exchange(REQUEST, until).status
        connection.close()
