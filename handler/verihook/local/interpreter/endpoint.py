"""The HTTP front of the interpreter: AWS JSON 1.0 on loopback, for boto3 clients and the tasks of state machines.

Signatures are not checked: only this machine reaches it. A browser does not get through either: a foreign Host header
is refused, and so is a request with an Origin.
https://smithy.io/2.0/aws/protocols/aws-json-1_0-protocol.html
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

from verihook.local.interpreter.functions import Functions, Reply
from verihook.local.interpreter.validation import ApiError

_log = logging.getLogger(__name__)

#: (operation, parameters) -> answer; raises ApiError.
Act = Callable[[str, dict[str, Any]], dict[str, Any]]

_TARGET = "AWSStepFunctions."
_JSON = "application/x-amz-json-1.0"
_MAX_BODY = 4 * 1024 * 1024


class Endpoint:
    """A server with a thread per connection. ``port`` 0 takes a free one."""

    def __init__(self, act: Act, functions: Functions, port: int) -> None:
        """Listen from here on; OSError where the port is taken."""
        self._server = _Server(("127.0.0.1", port), act, functions)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name="stepfunctions", daemon=True
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

    def __init__(self, address: tuple[str, int], act: Act, functions: Functions) -> None:
        self.act = act
        self.functions = functions
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

    def do_POST(self) -> None:
        self._serve(self._act)

    def do_GET(self) -> None:
        self._serve(self._read)

    def _serve(self, act: Callable[[], Reply]) -> None:
        try:
            reply = act()
        except ApiError as error:
            reply = _fault(error.status, error.code, str(error))
        except Exception:  # noqa: BLE001  # a fault of ours must answer, or the client waits for its timeout
            _log.exception("the interpreter failed")
            reply = _fault(500, "InternalFailure", "The interpreter failed; see its log")
        self._reply(reply)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class names it
        """Nothing: the terminal belongs to Verihook's own log."""

    def _act(self) -> Reply:
        body = self._body()
        self._check_host()
        server = cast(_Server, self.server)
        invoked = server.functions.post(
            self.path, body, event_only=self.headers.get("X-Amz-Invocation-Type") == "Event"
        )
        if invoked is not None:
            return invoked
        target = self.headers.get("X-Amz-Target", "")
        if not target.startswith(_TARGET):
            raise ApiError("UnknownOperationException", f"'{target or self.path}' is not offered on one machine")
        try:
            parameters = json.loads(body or b"{}")
        except (ValueError, RecursionError) as error:
            raise ApiError("SerializationException", "The body is not JSON") from error
        if not isinstance(parameters, dict):
            raise ApiError("SerializationException", "The body is no JSON object")
        answer = server.act(target.removeprefix(_TARGET), parameters)
        return Reply(200, json.dumps(answer).encode(), kind=_JSON)

    def _read(self) -> Reply:
        """Only who signs as AWS's clients do reads a payload: a browser adds no such header to a plain GET."""
        self._check_host()
        if not self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 "):
            self.close_connection = True
            raise ApiError("UnknownOperationException", "Send an AWS request by POST", 404)
        return cast(_Server, self.server).functions.get(self.path)

    def _check_host(self) -> None:
        host = self.headers.get("Host", "").rpartition(":")[0]
        if host not in ("127.0.0.1", "localhost") or "Origin" in self.headers:
            raise ApiError("AccessDeniedException", "Only clients on this machine are served", 403)

    def _body(self) -> bytes:
        length = self.headers.get("Content-Length", "0")
        known = length.isascii() and length.isdigit() and "Transfer-Encoding" not in self.headers
        if not known or int(length) > _MAX_BODY:
            self.close_connection = True
            raise ApiError("SerializationException", f"Send a Content-Length of at most {_MAX_BODY} bytes", 413)
        return self.rfile.read(int(length))

    def _reply(self, reply: Reply) -> None:
        self.send_response(reply.status)
        self.send_header("Content-Type", reply.kind)
        self.send_header("Content-Length", str(len(reply.body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(reply.body)


def _fault(status: int, code: str, message: str) -> Reply:
    body = json.dumps({"__type": code, "message": message}).encode()
    return Reply(status, body, {"x-amzn-ErrorType": code}, _JSON)
