"""A server that does to each request what a test says, in the order in which requests come."""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from tests.direct_clients import direct
from tests.flows.waiting import wait_until

Act = Callable[[socket.socket], None]

KEYS = {"AWS_ACCESS_KEY_ID": "AKID", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_REGION": "eu-central-1"}


class Scripted:
    """Use as a context manager. ``requests``: the bytes of each; ``connections``: how many were made."""

    def __init__(self, *acts: Act, tls: ssl.SSLContext | None = None) -> None:
        self._acts = [*acts]
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.port = self._listening.getsockname()[1]
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self.url = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._accepting.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        # It may have one in its hand that is not among the open ones yet.
        self._accepting.join(60)
        self._listening.close()
        for connection in self._open:
            connection.close()

    def client(self, service: str = "dynamodb", **variables: str) -> Any:
        """One of ours, that goes here."""
        return direct({**KEYS, "AWS_ENDPOINT_URL": self.url, **variables}).client(service)

    def connected(self, wanted: int) -> int:
        """How many connections were made, once there are so many: the kernel makes one before it is accepted here."""
        wait_until(lambda: self.connections >= wanted, what=f"there were {self.connections} connections")
        return self.connections

    def asked(self, wanted: int) -> int:
        """How many requests came, once there are so many: who has given one up does not know whether it was read."""
        wait_until(lambda: len(self.requests) >= wanted, what=f"there were {len(self.requests)} requests")
        return len(self.requests)

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            self._open.append(connection)
            threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, plain: socket.socket) -> None:
        try:
            connection = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            self._open.append(connection)
            while (request := _read(connection)) and self._acts:
                self.requests.append(request)
                self._acts.pop(0)(connection)
        except OSError:
            return


def _read(connection: socket.socket) -> bytes:
    """A whole request; b"" if the client has closed."""
    read = b""
    while b"\r\n\r\n" not in read:
        part = connection.recv(65536)
        if not part:
            return b""
        read += part
    head, _, body = read.partition(b"\r\n\r\n")
    lengths = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    length = int(lengths[0].split(b":")[1]) if lengths else 0
    while len(body) < length:
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


def raw(text: str | bytes) -> Act:
    """These very bytes."""
    data = text.encode() if isinstance(text, str) else text
    return lambda connection: connection.sendall(data)


def answer(content: Any, status: int = 200, **headers: str) -> Act:
    """A right answer in JSON; ``content`` as it is where it is a text."""
    body = content if isinstance(content, str) else json.dumps(content)
    lines = {"content-length": str(len(body.encode())), **{name.replace("_", "-"): it for name, it in headers.items()}}
    return raw(f"HTTP/1.1 {status} X\r\n" + "".join(f"{name}: {it}\r\n" for name, it in lines.items()) + f"\r\n{body}")


def error(code: str, status: int = 400, **members: Any) -> Act:
    """An error of the service."""
    return answer({"__type": f"com.amazonaws#{code}", "message": "words", **members}, status)


def hang_up(connection: socket.socket) -> None:
    """Close without a word."""
    connection.shutdown(socket.SHUT_RDWR)


def both(*acts: Act) -> Act:
    """One after the other."""

    def act(connection: socket.socket) -> None:
        for one in acts:
            one(connection)

    return act


def stall(connection: socket.socket) -> None:
    """Nothing."""


def drip(connection: socket.socket) -> None:
    """An answer that never ends, a byte at a time."""
    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
    for _ in range(10_000):
        connection.sendall(b" ")
        time.sleep(0.02)
