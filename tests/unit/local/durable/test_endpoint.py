"""The HTTP front through a plain socket."""

from __future__ import annotations

import http.client
import json
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from verihook.local.durable import DurableRunner

INVOKE = "/2015-03-31/functions/x/invocations"


@pytest.fixture(scope="module")
def runner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DurableRunner]:
    folder = tmp_path_factory.mktemp("durable")
    with DurableRunner(folder / "store.db", folder) as running:
        yield running


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("GET", "/", {}, 404, "UnknownOperationException"),
        ("POST", "/2025-12-01/durable-executions/a/checkpoint", {}, 404, "UnknownOperationException"),
        ("POST", INVOKE, {}, 400, "InvalidParameterValueException"),
        ("POST", INVOKE, {"X-Amz-Invocation-Type": "Event"}, 404, "ResourceNotFoundException"),
        ("GET", "/2025-12-01/durable-executions/a", {}, 404, "ResourceNotFoundException"),
        ("POST", "/2025-12-01/durable-execution-callbacks/abcd/succeed", {}, 404, "ResourceNotFoundException"),
        ("POST", "/2025-12-01/durable-execution-callbacks/-/succeed", {}, 400, "InvalidParameterValueException"),
        ("GET", "/", {"Host": "evil.example"}, 403, "AccessDeniedException"),
        ("GET", "/", {"Origin": "http://127.0.0.1"}, 403, "AccessDeniedException"),
        ("POST", INVOKE, {"Host": "evil.example", "Content-Length": "7000000"}, 403, "AccessDeniedException"),
        ("POST", INVOKE, {"Content-Length": "-1"}, 413, "RequestTooLargeException"),
    ],
)  # fmt: skip
def test_requests_by_hand(
    runner: DurableRunner, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    connection = http.client.HTTPConnection(urlsplit(runner.endpoint_url).netloc, timeout=60)
    connection.request(method, path, "", headers)
    response = connection.getresponse()
    message = json.loads(response.read())["message"]
    connection.close()
    assert (response.status, response.headers["x-amzn-ErrorType"]) == (status, code)
    assert message
