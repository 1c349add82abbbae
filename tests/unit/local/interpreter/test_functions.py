"""Lambda functions and payloads as tasks find them."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest

from verihook.local.interpreter.functions import Functions
from verihook.local.interpreter.validation import ApiError

PATH = "/2015-03-31/functions/{}/invocations"


def fails(event: dict[str, Any]) -> object:
    raise KeyError(event["name"])


FUNCTIONS = Functions(
    {"echo": lambda event: event, "fails": fails, "odd": lambda event: {event["a"]}},
    lambda bucket, key: "é" if (bucket, key) == ("b", "i/ü x") else None,
)


@pytest.mark.parametrize(
    "name",
    [
        "echo",
        "echo:live",
        "123456789012:echo",
        "123456789012:function:echo",
        "arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Aecho",
        "arn:aws:lambda:us-east-1:123456789012:function:echo:7",
    ],
)
def test_a_function_by_every_form_of_its_name(name: str) -> None:
    reply = FUNCTIONS.post(PATH.format(name), b'{"a": 1}', event_only=False)
    assert reply is not None
    assert (reply.status, json.loads(reply.body)) == (200, {"a": 1})
    assert "X-Amz-Function-Error" not in reply.headers


@pytest.mark.parametrize("name", ["other", "arn%3Aaws%3Alambda%3Aother", "arn:aws:lambda:x:1:function:other"])
def test_no_such_function(name: str) -> None:
    with pytest.raises(ApiError) as raised:
        FUNCTIONS.post(PATH.format(name), b"{}", event_only=False)
    assert (raised.value.code, raised.value.status) == ("ResourceNotFoundException", 404)


@pytest.mark.parametrize(
    ("name", "event", "error"), [("fails", '{"name": "x"}', "KeyError"), ("odd", '{"a": 1}', "TypeError")]
)
def test_an_exception_is_told_as_lambda_tells_it(
    name: str, event: str, error: str, caplog: pytest.LogCaptureFixture
) -> None:
    reply = FUNCTIONS.post(PATH.format(name), event.encode(), event_only=False)
    assert reply is not None
    assert (reply.status, reply.headers["X-Amz-Function-Error"]) == (200, "Unhandled")
    told = json.loads(reply.body)
    assert told["errorType"] == error
    # A caller of the API may read that as the cause: the stack is for the log alone, which has it once.
    assert told["stackTrace"] == []
    (logged,) = caplog.records
    assert logged.exc_info is not None
    assert logged.exc_info[0] is not None
    assert logged.exc_info[0].__name__ == error
    assert set(told) == {"errorMessage", "errorType", "stackTrace"}


def test_an_event_is_not_waited_for() -> None:
    called = threading.Event()
    functions = Functions({"slow": lambda _: called.set()}, None)
    reply = functions.post(PATH.format("slow"), b"{}", event_only=True)
    assert reply is not None
    assert reply.status == 202
    assert called.wait(60)


def test_another_path_is_of_somebody_else() -> None:
    assert FUNCTIONS.post("/", b"{}", event_only=False) is None


def test_an_event_that_is_no_json() -> None:
    with pytest.raises(ApiError):
        FUNCTIONS.post(PATH.format("echo"), b"{", event_only=False)


def test_a_payload() -> None:
    reply = FUNCTIONS.get("/b/i/%C3%BC%20x")
    assert (reply.status, reply.body.decode()) == (200, "é")


@pytest.mark.parametrize("path", ["/", "/b", "/b/", "/b/other", "/c/i/x"])
def test_no_payload(path: str) -> None:
    assert FUNCTIONS.get(path).status == 404
    assert Functions({}, None).get(path).status == 404
