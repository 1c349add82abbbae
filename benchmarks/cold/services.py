"""AWS as a function's first request meets it, in a process of its own: prints its ports of loopback, one a service.

Cheap answers, so that what is measured is the function. Secrets Manager takes :data:`SECRETS_MS`, the others answer at
once; rows are kept, and what a condition says is not asked. Plain HTTP: a TLS handshake is in no figure.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECRETS_MS = 20

#: As the variables of their endpoints name them.
#: https://docs.aws.amazon.com/sdkref/latest/guide/ss-endpoints-table.html
SERVICES = ("DYNAMODB", "SFN", "SECRETS_MANAGER", "LAMBDA")


def answers(secrets: dict[str, str]) -> dict[str, Callable[[dict[str, Any]], dict[str, Any]]]:
    """Operation -> what it answers. ``secrets``: ARN -> value."""
    rows: dict[str, dict[str, Any]] = {}

    def key(attributes: dict[str, Any]) -> str:
        return json.dumps([attributes["pk"], attributes["sk"]])

    def put(asked: dict[str, Any]) -> dict[str, Any]:
        rows[key(asked["Item"])] = asked["Item"]
        return {}

    def get(asked: dict[str, Any]) -> dict[str, Any]:
        row = rows.get(key(asked["Key"]))
        return {"Item": row} if row else {}

    def secret(asked: dict[str, Any]) -> dict[str, Any]:
        time.sleep(SECRETS_MS / 1000)
        return {"SecretString": secrets[asked["SecretId"]], "VersionId": "1"}

    return {
        "PutItem": put,
        "GetItem": get,
        "Query": lambda _: {"Items": [], "Count": 0, "ScannedCount": 0},
        # A bucket of starts, which has room.
        "UpdateItem": lambda _: {"Attributes": {"fullAt": {"N": str(int(time.time() * 1000))}}},
        "GetSecretValue": secret,
        "StartExecution": lambda asked: {"executionArn": asked["stateMachineArn"], "startDate": time.time()},
    }


def serve(secrets: dict[str, str]) -> None:
    """Answer until the process is ended."""
    known = answers(secrets)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # headers and body leave in one packet

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            body = json.dumps(known[self.headers["x-amz-target"].partition(".")[2]](asked)).encode()
            self.send_response(200)
            self.send_header("content-type", "application/x-amz-json-1.0")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    # Each service has an address of its own, or connections to one would serve for another.
    servers = {service: ThreadingHTTPServer(("127.0.0.1", 0), Handler) for service in SERVICES}
    print(json.dumps({service: f"http://127.0.0.1:{server.server_address[1]}" for service, server in servers.items()}))
    sys.stdout.flush()
    for server in servers.values():
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever).start()


if __name__ == "__main__":
    serve(json.load(sys.stdin))
