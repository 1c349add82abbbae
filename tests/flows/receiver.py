"""A service on loopback that workflows and callbacks call: it keeps what it got, and answers as it is bid."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.flows.waiting import wait_until


@dataclass(frozen=True)
class Call:
    """One POST. ``headers``: names in lower case; ``at``: on the monotonic clock, in seconds."""

    path: str
    headers: dict[str, str]
    body: bytes
    at: float

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Receiver:
    """Answers each POST with the next of its path's ``answers``, then with 200; always with a number of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.calls: list[Call] = []
        self.answers: dict[str, list[tuple[int, dict[str, str]]]] = {}

    def at(self, path: str, *answers: tuple[int, dict[str, str]]) -> str:
        """The URL of ``path``, where these answers come first."""
        self.answers[path] = list(answers)
        return self.url + path

    def told(self, path: str, times: int = 1) -> list[Call]:
        """The calls of ``path``, once there are so many."""
        return wait_until(lambda: found if len(found := self._calls_of(path)) >= times else None)

    def _calls_of(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]


@contextmanager
def receiving() -> Iterator[Receiver]:
    """The service while it is needed."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.calls.append(Call(self.path, headers, body, time.monotonic()))
            number = len(receiver.calls)
            following = receiver.answers.setdefault(self.path, [])
            status, more = following.pop(0) if following else (200, {})
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(json.dumps({"number": f"INV-{number}"}).encode())

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
