"""AWS as one function sees it: every call is held against the function's role, then goes on to what stands behind.

What the role does not allow is answered as AWS answers it, and kept for the test to fail by.
"""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Mapping
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

from tests.deployed.calls import Asked, Request, UnknownRequestError, asked
from tests.deployed.iam import Call, Role

#: Headers of one connection, not of the request.
_HOP = {"connection", "keep-alive", "transfer-encoding", "expect", "content-length"}
_PATIENCE = 320

#: What a function's credentials are of, which are a role's; AWS takes no request of theirs that does not say it.
SESSION = "session"


class Gateway:
    """``behind``: IAM's name of a service -> URL. Use as a context manager.

    ``arns``: ARNs of an emulator -> those that AWS gives. ``host``: where it listens.
    """

    def __init__(
        self, role: Role, behind: Mapping[str, str], arns: Mapping[str, str] | None = None, host: str = "127.0.0.1"
    ) -> None:
        self.role = role
        #: What happened, and what was refused, in words.
        self.made: list[Asked] = []
        self.refused: list[str] = []
        self._behind = behind
        self._arns: Mapping[str, str] = {} if arns is None else arns
        gateway = self

        class Asking(Handler):
            def serve(self, request: Request) -> Answer:
                try:
                    return gateway.answer(request)
                except Exception as error:  # the test shall fail by it, in its own thread
                    gateway.refused.append(f"{request.method} {request.path}: {error!r}")
                    raise

        self._server = ThreadingHTTPServer((host, 0), Asking)
        self._server.daemon_threads = True
        self.url = f"http://{host}:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, request: Request) -> Answer:
        """What AWS would answer."""
        try:
            if request.headers.get("x-amz-security-token") != SESSION:
                raise UnknownRequestError(f"{request.method} {request.path} brings no token of its session")
            wanted = asked(request)
            calls = [replace(call, resource=self._arns.get(call.resource, call.resource)) for call in wanted.calls()]
        except UnknownRequestError as error:
            self.refused.append(str(error))
            return Answer(400, {"content-type": "application/json"}, b'{"__type":"UnknownOperationException"}')
        for call in calls:
            if not self.role.allows(call):
                self.refused.append(f"the role does not allow {call}")
                return _denied(wanted, call)
        self.made.append(wanted)
        reply = forward(self._behind[wanted.service], request)
        if wanted.operation == "GetObject" and reply.status == 404:
            # S3 says that an object is not there to those alone who may list the bucket.
            bucket = Call("s3:ListBucket", calls[0].resource.partition("/")[0])
            if not self.role.allows(bucket):
                self.refused.append(f"the role does not allow {bucket}")
                return _denied(wanted, bucket)
        return reply


class Answer:
    """What goes back."""

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = {name: value for name, value in headers.items() if name.lower() not in _HOP}
        self.body = body


class Handler(BaseHTTPRequestHandler):
    """A connection. A subclass has ``serve``."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # headers and body leave in one packet

    def serve(self, request: Request) -> Answer:
        raise NotImplementedError

    def _do(self) -> None:
        if self.headers.get("expect") == "100-continue":
            self.send_response_only(100)
            self.end_headers()
            self.wfile.flush()
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.serve(Request(self.command, self.path, headers, body))
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if answer.status not in (204, 304):
            self.send_header("content-length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)

    do_GET = do_POST = do_PUT = do_DELETE = _do  # noqa: N815  # the base class names them

    def handle_expect_100(self) -> bool:
        return True

    def log_message(self, *_: object) -> None:
        pass


def forward(url: str, request: Request) -> Answer:
    """What the server at this URL answers."""
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=_PATIENCE)
    headers = {name: value for name, value in request.headers.items() if name not in _HOP and name != "host"}
    try:
        connection.request(request.method, request.path, request.body, headers)
        reply = connection.getresponse()
        return Answer(reply.status, dict(reply.getheaders()), reply.read())
    finally:
        connection.close()


def _denied(wanted: Asked, call: Call) -> Answer:
    """https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html"""
    words = (
        f"User: arn:aws:sts::123456789012:assumed-role/role/function is not authorized to perform: {call.action} "
        f"on resource: {call.resource} because no identity-based policy allows the {call.action} action"
    )
    if wanted.service == "s3":
        body = f"<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>{words}</Message></Error>"
        return Answer(403, {"content-type": "application/xml"}, body.encode())
    content: dict[str, Any] = {"__type": "AccessDeniedException", "message": words, "Message": words}
    status = 403 if wanted.service == "lambda" else 400
    headers = {"content-type": "application/json", "x-amzn-errortype": "AccessDeniedException"}
    return Answer(status, headers, json.dumps(content).encode())
