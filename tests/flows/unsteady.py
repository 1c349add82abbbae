"""A way to a server that loses requests and answers, as networks do."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Unsteady:
    """``mishaps``, one for each request: ``busy`` (503, the server never hears of it), ``lost`` (the server does it,
    the answer is lost), and after them every request passes. ``asked``: the headers of each, names in lower case.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.mishaps: list[str] = []
        self.asked: list[dict[str, str]] = []
        self.paths: list[str] = []


@contextmanager
def unsteady(server_url: str) -> Iterator[Unsteady]:
    """The way while it is needed."""
    host = server_url.removeprefix("http://")

    class Handler(BaseHTTPRequestHandler):
        def relay(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            way.asked.append({name.lower(): value for name, value in self.headers.items()})
            way.paths.append(self.path)
            mishap = way.mishaps.pop(0) if way.mishaps else "none"
            if mishap == "busy":
                self.send_response(503)
                self.send_header("retry-after", "0")
                self.send_header("content-length", "0")
                self.end_headers()
                return
            connection = http.client.HTTPConnection(host, timeout=90)
            headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
            connection.request(self.command, self.path, body or None, headers)
            reply = connection.getresponse()
            content = reply.read()
            connection.close()
            if mishap != "lost":
                self.send_response(reply.status)
                for name, value in reply.getheaders():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

        do_GET = do_POST = do_DELETE = relay  # noqa: N815  # the names of http.server

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    way = Unsteady(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield way
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
