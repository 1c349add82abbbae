"""HTTP/1.1 over connections that are kept: one request at a time on each, and none longer than its time limit.

Every wait on the socket has what is left of the time, so that an answer which comes byte by byte is cut off as well.
https://www.rfc-editor.org/rfc/rfc9112
"""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock, Thread
from typing import Any

#: The largest status line with its headers, and the largest body, in bytes: BatchGetItem gives 16 MB of items.
_MAX_HEAD, _MAX_BODY = 65_536, 67_108_864

#: The longest that connecting may take, in seconds.
CONNECT_S = 1.0

#: How many connections are kept for later requests.
_MAX_IDLE = 64


class BrokenAnswer(OSError):
    """The server's answer is not HTTP, or not complete."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer of HTTP. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ServerAddress:
    """Where a server is; ``tls`` is None for plain HTTP."""

    host: str
    port: int
    tls: ssl.SSLContext | None

    @property
    def wire_host(self) -> bytes:
        """The host as bytes: for a text, socket and ssl would import Python's tables of international names."""
        return self.host.encode("ascii" if self.host.isascii() else "idna")


class Connection:
    """A connection to a server. ``until`` is a moment of the monotonic clock; every method raises OSError after it."""

    def __init__(self, server: ServerAddress, until: float) -> None:
        self._socket = _connect(server, until)
        self._buffer = bytearray()
        self.reusable = False

    def exchange(self, request: bytes, until: float) -> Answer:
        """Send a request, and return its answer. After that ``reusable`` says whether another request may follow."""
        self.reusable = False
        view = memoryview(request)
        while view:
            self._wait(until)
            view = view[self._socket.send(view) :]
        status, headers, keeps = self._read_head(until)
        while 100 <= status < 200:
            status, headers, keeps = self._read_head(until)
        body, framed = (b"", True) if status in (204, 304) else self._read_body(headers, until)
        # Bytes that are left after the answer would be read as the next answer.
        self.reusable = keeps and framed and not self._buffer
        return Answer(status, headers, body)

    def is_quiet(self) -> bool:
        """Return whether the server has neither closed the connection nor sent anything without a request."""
        try:
            self._socket.settimeout(0)
            self._socket.recv(1)
        except (BlockingIOError, ssl.SSLWantReadError):
            return True
        except OSError:
            return False
        return False

    def close(self) -> None:
        """Close the socket, without the TLS goodbye that the other side would have to answer."""
        self._socket.close()

    def _wait(self, until: float) -> None:
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the time for this call is over")
        self._socket.settimeout(left)

    def _receive(self, until: float) -> None:
        self._wait(until)
        received = self._socket.recv(65_536)
        if not received:
            raise BrokenAnswer("the connection was closed before the end of the answer")
        self._buffer += received

    def _read_bytes(self, size: int, until: float) -> bytes:
        while len(self._buffer) < size:
            self._receive(until)
        taken = bytes(self._buffer[:size])
        del self._buffer[:size]
        return taken

    def _read_line(self, until: float) -> str:
        """Read a line, and return it without its line break."""
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > _MAX_HEAD:
                raise BrokenAnswer("the answer has a line without an end")
            self._receive(until)
        return self._read_bytes(end + 1, until).decode("latin-1").rstrip("\r\n")

    def _read_head(self, until: float) -> tuple[int, dict[str, str], bool]:
        """Read and return the status, the headers, and whether the server keeps the connection."""
        version, _, rest = self._read_line(until).partition(" ")
        code = rest[:3]
        if not version.startswith("HTTP/1.") or not (len(code) == 3 and code.isascii() and code.isdigit()):
            raise BrokenAnswer("the answer is not HTTP")
        headers: dict[str, str] = {}
        size = 0
        while line := self._read_line(until):
            size += len(line)
            name, colon, value = line.partition(":")
            if not colon or size > _MAX_HEAD:
                raise BrokenAnswer("the answer has a malformed header, or too many")
            name, value = name.lower(), value.strip()
            if name == "content-length" and headers.get(name, value) != value:
                raise BrokenAnswer("the answer has two lengths")
            headers[name] = value
        keeps = version != "HTTP/1.0" and "close" not in headers.get("connection", "").lower()
        return int(code), headers, keeps

    def _read_body(self, headers: Mapping[str, str], until: float) -> tuple[bytes, bool]:
        """Read and return the body, and whether the answer said where its body ends."""
        if "chunked" in headers.get("transfer-encoding", "").lower():
            return self._read_chunks(until), True
        length = headers.get("content-length")
        if length is not None:
            return self._read_bytes(_size(length, 10), until), True
        try:
            while len(self._buffer) <= _MAX_BODY:
                self._receive(until)
        except BrokenAnswer:
            return self._read_bytes(len(self._buffer), until), False
        raise BrokenAnswer("the answer is too large")

    def _read_chunks(self, until: float) -> bytes:
        body = bytearray()
        while size := _size(self._read_line(until).partition(";")[0].strip(), 16):
            body += self._read_bytes(size, until)
            if len(body) > _MAX_BODY or self._read_line(until):
                raise BrokenAnswer("the answer has a chunk of another length than it says")
        while self._read_line(until):
            pass  # trailers
        return bytes(body)


class Pool:
    """The kept connections to one server. Threads may share a pool: each has a connection for itself while it asks."""

    def __init__(self, server: ServerAddress) -> None:
        self._server = server
        self._idle: list[Connection] = []
        self._lock = Lock()

    def __del__(self) -> None:
        # Clients are never closed explicitly: a pool that nothing refers to any more closes its sockets.
        self.clear()

    def idle(self) -> Connection | None:
        """Return a kept connection that is still open, the last used first; None if there is none."""
        while True:
            with self._lock:
                if not self._idle:
                    return None
                connection = self._idle.pop()
            if connection.is_quiet():
                return connection
            connection.close()

    def connect(self, until: float) -> Connection:
        """Return a new connection. Raises OSError."""
        return Connection(self._server, until)

    def open(self, until: float) -> None:
        """Make a connection for the next request, unless one is kept. Raises OSError."""
        if not self._idle:
            connection = self.connect(until)
            connection.reusable = True  # nothing was asked on it yet
            self.release(connection)

    def release(self, connection: Connection) -> None:
        """Keep the connection for the next request, or close it if no request may follow on it."""
        with self._lock:
            if connection.reusable and len(self._idle) < _MAX_IDLE:
                self._idle.append(connection)
                return
        connection.close()

    def clear(self) -> None:
        """Close all idle connections: one of them was dead, or the process goes on from a snapshot."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def _connect(server: ServerAddress, until: float) -> socket.socket:
    """Connect to the first address that answers. Raises OSError."""

    def prepared(plain: socket.socket) -> socket.socket:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return plain if server.tls is None else _over_tls(plain, server, server.tls, until)

    return connect_to_first(_looked_up(server, until), until, CONNECT_S, prepared)


def connect_to_first(
    addresses: list[Any], until: float, each_s: float, prepare: Callable[[socket.socket], socket.socket]
) -> socket.socket:
    """Return what ``prepare`` makes of the first connection that is made, to what getaddrinfo has found.

    ``until``: of the monotonic clock, for all of them; ``each_s``: seconds at most for one. Raises OSError: the last.
    """
    failure: OSError = TimeoutError("the time for connecting is over")
    for *kind, _, address in addresses:
        left = min(each_s, until - time.monotonic())
        if left <= 0:
            break
        plain = socket.socket(*kind)
        try:
            plain.settimeout(left)
            plain.connect(address)
            return prepare(plain)
        except OSError as error:
            plain.close()
            failure = error
    raise failure


def _looked_up(server: ServerAddress, until: float) -> list[Any]:
    """Return the addresses that getaddrinfo finds. Raises OSError, also if it does not answer in time."""
    try:
        numeric = socket.AI_NUMERICHOST
        return socket.getaddrinfo(server.wire_host, server.port, type=socket.SOCK_STREAM, flags=numeric)
    except socket.gaierror:
        pass  # it is a name
    answers: SimpleQueue[Any] = SimpleQueue()

    def look_up() -> None:
        try:
            answers.put(socket.getaddrinfo(server.wire_host, server.port, type=socket.SOCK_STREAM))
        except OSError as error:
            answers.put(error)

    # In a thread, because getaddrinfo waits for ten seconds and more for a resolver that does not answer.
    Thread(target=look_up, name="resolver", daemon=True).start()
    try:
        answer = answers.get(timeout=max(0.0, until - time.monotonic()))
    except Empty:
        raise TimeoutError(f"{server.host} was not looked up in time") from None
    if isinstance(answer, OSError):
        raise answer
    return list(answer)


def _over_tls(plain: socket.socket, server: ServerAddress, tls: ssl.SSLContext, until: float) -> socket.socket:
    # The handshake is done in steps, because each of its reads would otherwise have the whole timeout of the socket.
    over = tls.wrap_socket(plain, server_hostname=server.wire_host, do_handshake_on_connect=False)
    try:
        over.settimeout(max(0.001, min(CONNECT_S, until - time.monotonic())))
        over.do_handshake()
    except OSError:
        over.close()
        raise
    return over


def _size(text: str, base: int) -> int:
    # int() would take signs, blanks and underscores.
    digits = "0123456789abcdef"[:base]
    if not text or any(one not in digits for one in text.lower()) or (size := int(text, base)) > _MAX_BODY:
        raise BrokenAnswer(f"the answer has a malformed length, or one that is too large: {text[:40]!r}")
    return size
