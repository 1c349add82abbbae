"""A small HTTP front before a handler of Lambda, as a function URL is one."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from tests.flows.faces import function_url_event


@contextmanager
def front(handler: Callable[[dict[str, Any], Any], dict[str, Any]], context: object) -> Iterator[str]:
    """The URL under which it answers. One request at a time, always in the same thread, as in a function."""
    loop = asyncio.new_event_loop()
    with ThreadPoolExecutor(1, initializer=asyncio.set_event_loop, initargs=(loop,)) as function:

        class Front(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                event = function_url_event(self.command, self.path, list(self.headers.items()), body)
                answer = function.submit(handler, event, context).result()
                content = answer.get("body") or ""
                raw = base64.b64decode(content) if answer.get("isBase64Encoded") else content.encode()
                self.send_response(answer["statusCode"])
                for name, value in answer["headers"].items():
                    if name.lower() != "content-length":
                        self.send_header(name, value)
                self.send_header("content-length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815  # as http.server calls them

            def log_message(self, *_: object) -> None:
                """Silent."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Front)
        thread = Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join()
    loop.close()
