"""A closed-loop HTTP client on raw sockets: each connection asks again as soon as it was answered.

One thread and one epoll: about 20 microseconds a request, so that on two cores the server is what is measured.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Result:
    """What came of one run: seconds, each latency in seconds (sorted), and the bodies that were answered."""

    seconds: float
    latencies: list[float]
    bodies: list[bytes]

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def quantile(self, share: float) -> float:
        """Milliseconds below which this share of the answers came."""
        return self.latencies[min(int(len(self.latencies) * share), len(self.latencies) - 1)] * 1000


@dataclass(slots=True)
class _Connection:
    socket: socket.socket
    sent_at: float = 0.0
    received: bytearray = field(default_factory=bytearray)


def run(port: int, connections: int, seconds: float, request: Callable[[], bytes]) -> Result:
    """Ask on so many connections for so long. Raises RuntimeError for an answer that is not 2xx."""
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            connected = socket.create_connection(("127.0.0.1", port), timeout=30)
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(connected, selectors.EVENT_READ, _Connection(connected))
        try:
            return _ask(selector, seconds, request)
        finally:
            for key in list(selector.get_map().values()):
                key.data.socket.close()


def _ask(selector: selectors.BaseSelector, seconds: float, request: Callable[[], bytes]) -> Result:
    latencies: list[float] = []
    bodies: list[bytes] = []
    begin = time.perf_counter()
    end = begin + seconds
    for key in selector.get_map().values():
        key.data.sent_at = time.perf_counter()
        key.data.socket.sendall(request())
    waiting = len(selector.get_map())
    while waiting:
        ready = selector.select(30)
        if not ready:
            raise RuntimeError("no answer within 30 seconds")
        for key, _ in ready:
            connection: _Connection = key.data
            body = _received(connection)
            if body is None:
                continue
            now = time.perf_counter()
            latencies.append(now - connection.sent_at)
            bodies.append(body)
            if now < end:
                connection.sent_at = now
                connection.socket.sendall(request())
            else:
                waiting -= 1
    return Result(time.perf_counter() - begin, sorted(latencies), bodies)


def _received(connection: _Connection) -> bytes | None:
    """The body of an answer that has come whole, else None."""
    part = connection.socket.recv(65_536)
    if not part:
        raise RuntimeError("the connection was closed")
    connection.received += part
    head, found, body = bytes(connection.received).partition(b"\r\n\r\n")
    if not found:
        return None
    if not head.startswith(b"HTTP/1.1 2"):
        raise RuntimeError(f"answered {bytes(connection.received[:300])!r}")
    length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
    if len(body) < int(length):
        return None
    connection.received.clear()
    return body
