"""The HTTP front of the runner: Lambda's API on loopback, for boto3 clients.

Signatures are not checked: only this machine reaches it. A browser does not get through either: a foreign Host header
is refused, and so is a request with an Origin.
https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
"""

from __future__ import annotations

import contextlib
import json
import logging
import socket
import threading
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from verihook.local.durable.messages import ApiAnswer, ApiError, ApiRequest, plain

_log = logging.getLogger(__name__)

#: Raises ApiError.
Act = Callable[[ApiRequest], ApiAnswer]

_MAX_BODY = 7 * 1024 * 1024


class Endpoint:
    """A server with a thread per connection. ``port`` 0 takes a free one."""

    def __init__(self, act: Act, port: int) -> None:
        """Listen from here on; OSError where the port is taken."""
        self._server = _Server(("127.0.0.1", port), act)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="durable", daemon=True
        )
        self._thread.start()

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stop listening and cut the open connections; an answer under way may be lost."""
        self._server.shutdown()
        self._server.server_close()
        self._server.cut_connections()
        self._thread.join(timeout=2)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], act: Act) -> None:
        self.act = act
        self._open: set[socket.socket] = set()
        super().__init__(address, _Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        self._open.discard(request)
        super().shutdown_request(request)

    def cut_connections(self) -> None:
        """Wake the threads that wait for a next request."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no event."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet
    timeout = 600

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def do_DELETE(self) -> None:
        self._serve()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class names it
        """Nothing: the terminal belongs to Verihook's own log."""

    def _serve(self) -> None:
        try:
            answer = cast(_Server, self.server).act(self._request())
        except ApiError as error:
            answer = ApiAnswer(error.status, {"message": str(error)}, {"x-amzn-ErrorType": error.code})
        except Exception:  # noqa: BLE001  # a fault of ours must answer, or the client waits for its timeout
            _log.exception("the runner failed")
            message = {"message": "The runner failed; see its log"}
            answer = ApiAnswer(500, message, {"x-amzn-ErrorType": "ServiceException"})
        self._reply(answer)

    def _request(self) -> ApiRequest:
        body = self._body()
        host = self.headers.get("Host", "").rpartition(":")[0]
        if host not in ("127.0.0.1", "localhost") or "Origin" in self.headers:
            raise ApiError("AccessDeniedException", "Only clients on this machine are served", 403)
        url = urlsplit(self.path)
        return ApiRequest(
            self.command,
            tuple(unquote(part) for part in url.path.strip("/").split("/")),
            dict(parse_qsl(url.query, keep_blank_values=True)),
            {name.lower(): value for name, value in self.headers.items()},
            body,
        )

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        known = length.isascii() and length.isdigit() and "Transfer-Encoding" not in self.headers
        if not known or int(length) > _MAX_BODY:
            self.close_connection = True
            message = f"Send a Content-Length of at most {_MAX_BODY} bytes"
            raise ApiError("RequestTooLargeException", message, 413)
        return self.rfile.read(int(length))

    def _reply(self, answer: ApiAnswer) -> None:
        body = b"" if answer.body is None else json.dumps(answer.body, default=plain).encode()
        self.send_response(answer.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
