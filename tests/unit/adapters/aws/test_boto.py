"""boto3's errors as ours, from servers that answer as AWS does and as it should not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import boto3
import pytest
from botocore.config import Config

from tests.flows.waiting import PATIENCE_S, within
from tests.unit.adapters.aws.scripted import KEYS, Scripted, stall
from verihook.adapters.aws import boto
from verihook.adapters.aws.boto import Boto
from verihook.adapters.aws.errors import ServiceError, Unreachable
from verihook.model import deadline

Answer = Callable[[BaseHTTPRequestHandler, int], None]


@contextmanager
def server(answer: Answer) -> Iterator[str]:
    """A server that gives this answer to its first, second … request."""
    count = 0

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            super().handle_one_request()
            self.close_connection = True

        def do_POST(self) -> None:
            nonlocal count
            count += 1
            self.rfile.read(int(self.headers["content-length"]))
            answer(self, count)

        def do_GET(self) -> None:
            answer(self, 1)

        def log_message(self, *args: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{httpd.server_address[1]}"
        httpd.shutdown()


def client(service: str, url: str, attempts: int = 1) -> Any:
    config = Config(retries={"mode": "standard", "total_max_attempts": attempts}, connect_timeout=PATIENCE_S)
    keys = {"aws_access_key_id": "a", "aws_secret_access_key": "b", "region_name": "us-east-1"}
    make: Any = boto3.client
    return Boto(make(service, endpoint_url=url, config=config, **keys))


def answer(status: int, body: bytes, length: int | None = None) -> Answer:
    def give(handler: BaseHTTPRequestHandler, _: int) -> None:
        handler.send_response(status)
        handler.send_header("content-length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return give


REFUSAL = b'{"__type": "com.amazonaws#ConditionalCheckFailedException", "message": "m", "Item": {"a": {"S": "x"}}}'


def put(made: Any) -> Any:
    return made.put_item(TableName="t", Item={"a": {"S": "x"}})


def test_an_error_of_the_service() -> None:
    with server(answer(400, REFUSAL)) as url, pytest.raises(ServiceError) as caught:
        put(client("dynamodb", url))
    error = caught.value
    assert ("ConditionalCheckFailedException", "m", False) == (error.code, error.message, error.retried)
    assert {"S": "x"} == error.response["Item"]["a"]
    assert "ConditionalCheckFailedException: m" == str(error)


def test_one_that_was_sent_twice() -> None:
    def give(handler: BaseHTTPRequestHandler, count: int) -> None:
        answer(500, b"{}")(handler, 1) if count == 1 else answer(400, REFUSAL)(handler, 1)

    with server(give) as url, pytest.raises(ServiceError) as caught:
        put(client("dynamodb", url, attempts=2))
    assert caught.value.retried


def test_what_is_never_sent() -> None:
    with pytest.raises(ServiceError) as caught:
        client("dynamodb", "http://127.0.0.1:9").put_item(TableName="t")
    assert "ValidationException" == caught.value.code


def test_no_answer() -> None:
    with pytest.raises(Unreachable):
        put(client("dynamodb", "http://127.0.0.1:9"))


def test_a_body_that_breaks_off() -> None:
    with server(answer(200, b"half", 100)) as url:
        body = client("s3", url).get_object(Bucket="b", Key="k")["Body"]
        with pytest.raises(Unreachable):
            body.read()


def test_everything_else_is_the_clients() -> None:
    made = client("dynamodb", "http://127.0.0.1:9")
    assert "http://127.0.0.1:9" == made.meta.endpoint_url


def test_the_deadline_of_a_request(monkeypatch: pytest.MonkeyPatch) -> None:
    with Scripted(*[stall] * 20) as stalled:
        for name, value in {**KEYS, "AWS_DEFAULT_REGION": "eu-central-1", "AWS_ENDPOINT_URL": stalled.url}.items():
            monkeypatch.setenv(name, value)
        made = boto.client("dynamodb")
        now = lambda: time.time_ns() // 1_000_000  # noqa: E731
        tries = 0

        def give_up() -> None:
            nonlocal tries
            tries += 1
            with deadline.within(700, now(), now), pytest.raises(Unreachable):
                put(made)

        within(2, give_up)
        assert tries == stalled.asked(tries)
        with deadline.within(0, now(), now), pytest.raises(Unreachable, match="is over"):
            put(made)
        assert tries == len(stalled.requests)
