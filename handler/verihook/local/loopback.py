"""HTTP on loopback: what the engines of one machine listen with, for boto3 clients in this process.

Only clients with the access key of the run are served: other users of the machine reach the ports, too, and a task
token is enough to approve. The key is compared as AWS's clients send it; their signatures are not checked. A browser
does not get through either: a foreign Host header is refused, and so is a request with an Origin. A connection that
has not shown the key has 10 seconds to, and makes room for a new one.
"""

from __future__ import annotations

import contextlib
import hmac
import logging
import re
import socket
import threading
import time
import uuid
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar, cast

from verihook.adapters.repeats import RepeatFilter
from verihook.model.loopback import LOOPBACK_NAMES

#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
_CREDENTIAL = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/.*")


class Listener:
    """A server with a thread per connection. ``port`` 0 takes a free one."""

    def __init__(self, handler: type[Handler], parts: Any, name: str, port: int, access_key: str) -> None:
        """Listen from here on. Raises OSError if the port is taken.

        ``parts``: what the handlers work with. ``access_key``: who is served; "" for everybody.
        """
        self._server = _Server(("127.0.0.1", port), handler, parts, access_key)
        self._thread = threading.Thread(target=self._server.serve_forever, name=name, daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    @property
    def listens(self) -> bool:
        """Whether it still does."""
        return self._thread.is_alive()

    def close(self) -> None:
        """Stop listening and cut the open connections; an answer under way may be lost."""
        with contextlib.suppress(OSError):
            # Wakes the loop, which else would look half a second later.
            self._server.socket.shutdown(socket.SHUT_RDWR)
        self._server.shutdown()
        self._server.server_close()
        self._server.cut_connections()
        self._thread.join(timeout=2)


#: Connections at a time, each with a thread: a client of this process keeps at most 64 for a service.
MAX_CONNECTIONS = 256

#: How long a connection may last that has not shown the key, in seconds.
STRANGERS_S = 10

#: Of the body of a request that is refused, so much is read, in bytes: the client hears why in place of a reset.
STRANGERS_BODY = 16 * 1024


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], handler: type[Handler], parts: Any, access_key: str) -> None:
        self.parts = parts
        self.access_key = access_key.encode()
        #: When each began, in seconds; None once the key was shown. The oldest first.
        self._open: dict[socket.socket, float | None] = {}
        self._lock = threading.Lock()
        super().__init__(address, handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Close the oldest connection without a key to make room; if there is none, the new one."""
        if len(self._open) >= MAX_CONNECTIONS and not self._cut_stranger(time.monotonic()):
            super().shutdown_request(request)
            return
        with self._lock:
            self._open[request] = time.monotonic()
        super().process_request(request, client_address)

    def service_actions(self) -> None:
        """Between two requests, and every half second."""
        while self._cut_stranger(time.monotonic() - STRANGERS_S):
            pass

    def know(self, connection: socket.socket) -> None:
        """The key was shown on it."""
        with self._lock:
            if connection in self._open:
                self._open[connection] = None

    def shutdown_request(self, request: Any) -> None:
        with self._lock:
            self._open.pop(request, None)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        """Wake the threads that wait for a next request."""
        with self._lock:
            for connection in self._open:
                _cut(connection)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event."""

    def _cut_stranger(self, before: float) -> bool:
        """Cut the oldest connection without the key, if it began by then. Its thread closes it."""
        with self._lock:
            oldest = next(((each, began) for each, began in self._open.items() if began is not None), None)
            if oldest is None or oldest[1] > before:
                return False
            del self._open[oldest[0]]
            _cut(oldest[0])
            return True


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


class Handler(BaseHTTPRequestHandler):
    """One connection. A subclass has the methods ``do_GET`` and so on."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet
    timeout = 600
    repeats: ClassVar = RepeatFilter()

    @property
    def parts(self) -> Any:
        """What the listener was given."""
        return cast(_Server, self.server).parts

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class names it
        """Nothing: the terminal belongs to Verihook's own log."""

    def tell(self, log: logging.Logger, what: str, error: Exception) -> None:
        """See :func:`tell_fault`."""
        tell_fault(self.repeats, log, what, error)

    def is_foreign(self) -> bool:
        """Whether it may come from a page of somebody's, or from another user of the machine: asked before its body.

        The connection ends with the answer then, and lasts otherwise.
        """
        host = self.headers.get("Host", "").rpartition(":")[0]
        if host not in LOOPBACK_NAMES or "Origin" in self.headers or not self._has_key():
            self.body(STRANGERS_BODY)
            self.close_connection = True
            return True
        cast(_Server, self.server).know(self.connection)
        return False

    def _has_key(self) -> bool:
        wanted = cast(_Server, self.server).access_key
        found = _CREDENTIAL.fullmatch(self.headers.get("Authorization", ""))
        return not wanted or (found is not None and hmac.compare_digest(found[1].encode(), wanted))

    def body(self, most: int) -> bytes | None:
        """Return the body; None, and the connection ends, if it is not known to have at most so many bytes."""
        length = self.headers.get("Content-Length", "0")
        known = length.isascii() and length.isdigit() and "Transfer-Encoding" not in self.headers
        if not known or int(length) > most:
            self.close_connection = True
            return None
        return self.rfile.read(int(length))

    def answer(self, status: int, kind: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Send an answer of this media type."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def tell_fault(repeats: RepeatFilter, log: logging.Logger, what: str, error: Exception) -> None:
    """A fault of ours with its stack. One that goes on, as of a full disk, is said once a minute."""
    cause = error.__cause__ or error
    if repeats.suppressed(f"{what}: {type(cause).__name__}: {cause}") is not None:
        log.error(what, exc_info=error)
