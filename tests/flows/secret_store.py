"""Secrets Manager on loopback: moto's own, so that clients in this process and in others meet the same secrets."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from moto.core.request import Request
from moto.secretsmanager.models import SecretsManagerBackend
from moto.secretsmanager.responses import SecretsManagerResponse

from tests.flows.deployment import VARIABLES

#: What a stack's InstanceKey is, by its name here.
INSTANCE_KEY_ARN, INSTANCE_KEY = "instance-key", "k" * 64

#: What its SourceSecrets is here; it has the secrets of the shipped sources and of those in tests/flows/deployment.py.
SECRETS_ARN = "source-secrets"

_AWS = "http://secretsmanager.us-east-1.amazonaws.com/"


class SecretStore:
    """Secrets by name or ARN, to begin with those that a stack makes, filled. Use as a context manager.

    ``calls``: operation and secret of each call. ``trouble``: an error code that every call is answered with.
    ``meeting``: where each call waits for others.
    """

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []
        self.trouble = ""
        self.meeting: threading.Barrier | None = None
        # Not moto's own, which every mock_aws of this process empties.
        backend = SecretsManagerBackend("us-east-1", "123456789012")
        self._moto: Any = type("Moto", (SecretsManagerResponse,), {"backend": backend})
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                operation = self.headers["x-amz-target"].partition(".")[2]
                status, answer = store._answer(operation, body, dict(self.headers))
                self.send_response(status)
                self.send_header("content-type", "application/x-amz-json-1.1")
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self.call("CreateSecret", Name=INSTANCE_KEY_ARN, SecretString=INSTANCE_KEY)
        self.call("CreateSecret", Name=SECRETS_ARN, SecretString=json.dumps(VARIABLES))
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def call(self, operation: str, **members: Any) -> dict[str, Any]:
        """What the operation answers; it counts for no call."""
        headers = {"X-Amz-Target": f"secretsmanager.{operation}", "Content-Type": "application/x-amz-json-1.1"}
        status, answer = self._ask_moto(json.dumps(members).encode(), headers)
        assert 200 == status, answer
        return dict(json.loads(answer))

    def _answer(self, operation: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        self.calls.append((operation, json.loads(body).get("SecretId", "")))
        if self.meeting:
            self.meeting.wait()
        if self.trouble:
            return 400, json.dumps({"__type": self.trouble, "message": "made up"}).encode()
        return self._ask_moto(body, headers)

    def _ask_moto(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        request = Request.from_primitives("POST", _AWS, headers, body)
        status, _, answer = self._moto.dispatch(request, request.url, request.headers)
        return status, answer.encode()
