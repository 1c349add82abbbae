"""What a client of AWS really sends: a relay between it and a service on this machine."""

from __future__ import annotations

import re
import threading
from contextlib import closing
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

#: How the operations are told that no header names. The path of an object has a bucket and a key.
_PATHS = (
    (r"PUT /[^/?]+/.+", "PutObject"),
    (r"GET /[^/?]+/[^?]+", "GetObject"),
    (r"POST /2015-03-31/functions/[^/]+/invocations.*", "Invoke"),
    (r"GET /2025-12-01/functions/[^/]+/durable-executions.*", "ListDurableExecutionsByFunction"),
)


class Relay:
    """Stands before a service: ``url`` for clients, the names of the operations in ``calls``. A context manager."""

    def __init__(self, service: str, calls: list[str]) -> None:
        host = urlsplit(service).netloc

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # Else the second packet of an answer waits for the acknowledgement of the first.
            disable_nagle_algorithm = True

            def _relay(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                calls.append(_operation(self))
                with closing(HTTPConnection(host, timeout=30)) as beyond:
                    beyond.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                    for name, value in self.headers.items():
                        if name.lower() != "expect":
                            beyond.putheader(name, value)
                    beyond.endheaders(body)
                    answer = beyond.getresponse()
                    content = answer.read()
                self.send_response_only(answer.status)
                for name, value in answer.getheaders():
                    if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                        self.send_header(name, value)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_PUT = do_POST = do_DELETE = _relay  # noqa: N815  # as http.server names them

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


def _operation(request: BaseHTTPRequestHandler) -> str:
    target = request.headers.get("x-amz-target")
    if target is not None:
        return target.partition(".")[2]
    line = f"{request.command} {request.path}"
    return next((name for pattern, name in _PATHS if re.fullmatch(pattern, line)), line)
