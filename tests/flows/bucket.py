"""A bucket on loopback: as much of S3 as payloads need (put, get, list, delete), so that boto3 itself is at work."""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

_MISSING = b"<?xml version='1.0'?><Error><Code>NoSuchKey</Code><Message>There is none.</Message></Error>"
_LIST = "<?xml version='1.0'?><ListBucketResult><IsTruncated>false</IsTruncated>{}</ListBucketResult>"
_LISTED = "<Contents><Key>{}</Key></Contents>"
_DELETED = b"<?xml version='1.0'?><DeleteResult></DeleteResult>"


class Bucket:
    """Objects by path, ``/bucket/key``. Use as a context manager."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self._server = _Server(("127.0.0.1", 0), _Handler, self.objects)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def read(self, bucket: str, key: str) -> str | None:
        """The text, as a state machine's GetObject reads it."""
        found = self.objects.get(f"/{bucket}/{key}")
        return None if found is None else found.decode()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(
        self, address: tuple[str, int], handler: type[BaseHTTPRequestHandler], objects: dict[str, bytes]
    ) -> None:
        self.objects = objects
        super().__init__(address, handler)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    @property
    def objects(self) -> dict[str, bytes]:
        assert isinstance(self.server, _Server)
        return self.server.objects

    def do_PUT(self) -> None:
        if self.headers.get("expect") == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        self.objects[self.path] = self.rfile.read(int(self.headers["content-length"]))
        self._answer(200)

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        if "list-type" in url.query:
            wanted = f"{url.path.rstrip('/')}/{dict(parse_qsl(url.query))['prefix']}"
            keys = [path.split("/", 2)[2] for path in self.objects if path.startswith(wanted)]
            self._answer(200, _LIST.format("".join(_LISTED.format(key) for key in keys)).encode())
            return
        found = self.objects.get(self.path)
        self._answer(404, _MISSING) if found is None else self._answer(200, found)

    def do_POST(self) -> None:
        asked = self.rfile.read(int(self.headers["content-length"])).decode()
        for key in re.findall("<Key>([^<]+)</Key>", asked):
            self.objects.pop(f"{urlsplit(self.path).path.rstrip('/')}/{key}", None)
        self._answer(200, _DELETED)

    def do_DELETE(self) -> None:
        self.objects.pop(self.path, None)
        self._answer(204)

    def handle_expect_100(self) -> bool:
        return True

    def _answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass
