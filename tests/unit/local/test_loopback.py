"""The ports of the engines, taken by a stranger: who has the key is served all the same."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator

import pytest

from verihook.local import loopback
from verihook.local.loopback import Handler, Listener

SIGNED = {"Authorization": "AWS4-HMAC-SHA256 Credential=mine/20260101/us-east-1/states/aws4_request, Signature=0"}


class Served(Handler):
    def do_POST(self) -> None:  # noqa: N802  # the base class names it
        if self.is_foreign():
            self.answer(403, "text/plain", b"no", {})
        else:
            self.answer(200, "text/plain", self.body(100) or b"", {})


@pytest.fixture
def port() -> Iterator[int]:
    listener = Listener(Served, None, "served", 0, "mine")
    yield listener.port
    listener.close()


@pytest.fixture
def known(port: int) -> Iterator[http.client.HTTPConnection]:
    """A connection on which the key was shown."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    assert 200 == ask(connection)
    yield connection
    connection.close()


def ask(connection: http.client.HTTPConnection, **headers: str) -> int:
    connection.request("POST", "/", "{}", {**SIGNED, **headers})
    response = connection.getresponse()
    response.read()
    return response.status


def test_how_many_and_how_long() -> None:
    assert (256, 10) == (loopback.MAX_CONNECTIONS, loopback.STRANGERS_S)


def test_strangers_make_room_and_who_has_shown_the_key_stays(
    port: int, known: http.client.HTTPConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loopback, "STRANGERS_S", 3600)
    with contextlib.ExitStack() as stack:
        idle = [
            stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=60))
            for _ in range(loopback.MAX_CONNECTIONS + 20)
        ]
        new = stack.enter_context(contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=60)))
        assert [200, 200] == [ask(new), ask(known)]
        assert b"" == idle[0].recv(1), "the oldest goes"
        idle[-1].settimeout(0.2)
        with pytest.raises(TimeoutError):
            idle[-1].recv(1)


@pytest.mark.parametrize("dripping", [b"", b"POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\n"])
def test_a_stranger_has_no_longer_however_it_drips(
    port: int, known: http.client.HTTPConnection, monkeypatch: pytest.MonkeyPatch, dripping: bytes
) -> None:
    monkeypatch.setattr(loopback, "STRANGERS_S", 0.5)
    with socket.create_connection(("127.0.0.1", port), timeout=0.1) as stranger:
        deadline = time.monotonic() + 60
        stranger.sendall(dripping)
        # A reset is one byte that came too late.
        with contextlib.suppress(ConnectionError):
            while True:
                assert time.monotonic() < deadline, "it was never cut"
                stranger.sendall(b"a")
                with contextlib.suppress(TimeoutError):
                    if stranger.recv(1) == b"":
                        break
    assert 200 == ask(known)


def test_a_connection_ends_where_a_request_is_refused(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    assert 403 == ask(connection, Origin="https://evil.example")
    assert connection.sock.recv(1) == b""
    connection.close()
