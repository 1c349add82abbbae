"""An API on loopback that answers by a script, and the commands against it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Api:
    """``answers``: by ``"METHOD /path"`` a status and JSON or bytes, or a list of them of which the last is for good.

    ``asked``: method, target, headers and body of each request.
    """

    def __init__(self, url: str, answers: Mapping[str, Any]) -> None:
        self.url = url
        self.answers = {name: [*answer] if isinstance(answer, list) else [answer] for name, answer in answers.items()}
        self.asked: list[tuple[str, str, dict[str, str], Any]] = []

    def answer(self, name: str) -> tuple[int, Any]:
        left = self.answers.get(name, [(404, {"status": 404, "code": "not-found", "detail": f"No {name}."})])
        status, content = left.pop(0) if len(left) > 1 else left[0]
        return status, content


@contextmanager
def scripted_api(answers: Mapping[str, Any]) -> Iterator[Api]:
    """The API while it is needed."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            api.asked.append((self.command, self.path, headers, json.loads(body) if body else None))
            status, content = api.answer(f"{self.command} {self.path.partition('?')[0]}")
            told = content if isinstance(content, bytes) else b"" if status == 204 else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-length", str(len(told)))
            self.end_headers()
            self.wfile.write(told)

        do_GET = do_POST = do_DELETE = answer  # noqa: N815  # the names of http.server

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api = Api(f"http://127.0.0.1:{server.server_address[1]}", answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
