"""A service of moto's on loopback, for a client that moto cannot reach into."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

import requests


class MotoOverHttp:
    """Hands requests to moto, within whose ``mock_aws`` it has to run. A context manager.

    ``service``: as it stands in the host's name. Of S3, both a bucket and its keys are in the path.
    """

    def __init__(self, service: str) -> None:
        aws = f"https://{service}.us-east-1.amazonaws.com"

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _hand_over(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                answer = requests.request(self.command, aws + self.path, headers=headers, data=body, timeout=60)
                self.send_response(answer.status_code)
                for name in (each for each in answer.headers if each.lower().startswith(("x-amz", "content-type"))):
                    self.send_header(name, answer.headers[name])
                self.send_header("content-length", str(len(answer.content)))
                self.end_headers()
                self.wfile.write(answer.content)

            do_GET = do_PUT = do_POST = do_DELETE = _hand_over  # noqa: N815  # as http.server names them

            def log_message(self, *_: object) -> None:
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 128
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()
