"""The HTTP front through a plain socket."""

from __future__ import annotations

import http.client
import json
from urllib.parse import urlsplit

import pytest

from verihook.local.runner import Interpreter


@pytest.mark.parametrize(
    ("method", "headers", "body", "status", "code"),
    [
        ("GET", {}, "", 404, "UnknownOperationException"),
        ("POST", {}, "{}", 400, "UnknownOperationException"),
        ("POST", {"X-Amz-Target": "DynamoDB_20120810.PutItem"}, "{}", 400, "UnknownOperationException"),
        ("POST", {"X-Amz-Target": "AWSStepFunctions.ListStateMachines"}, "{", 400, "SerializationException"),
        ("POST", {"X-Amz-Target": "AWSStepFunctions.ListStateMachines"}, "[]", 400, "SerializationException"),
        ("POST", {"X-Amz-Target": "AWSStepFunctions.DescribeExecution"}, "{}", 400, "ValidationException"),
        ("POST", {"Host": "evil.example"}, "{}", 403, "AccessDeniedException"),
        ("POST", {"Origin": "http://127.0.0.1"}, "{}", 403, "AccessDeniedException"),
        ("POST", {"Host": "evil.example", "Content-Length": "4000000"}, "", 403, "AccessDeniedException"),
        ("POST", {"Content-Length": "-1"}, "", 413, "SerializationException"),
    ],
)  # fmt: skip
def test_requests_by_hand(
    interpreter: Interpreter, method: str, headers: dict[str, str], body: str, status: int, code: str
) -> None:
    connection = http.client.HTTPConnection(urlsplit(interpreter.endpoint_url).netloc, timeout=60)
    connection.request(method, "/", body, headers)
    response = connection.getresponse()
    answer = json.loads(response.read())
    connection.close()
    assert (response.status, answer["__type"], response.headers["x-amzn-ErrorType"]) == (status, code, code)
    assert response.headers["Content-Type"] == "application/x-amz-json-1.0"
