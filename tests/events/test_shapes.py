"""The same delivery in every shape gives the same bytes, path and verdict."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.events.shapes import MULTIPLE, SHAPES, function_url
from verihook.errors import EventMalformed, SignatureError
from verihook.request import Reply, Request, from_lambda, to_lambda
from verihook.schemes import Proof
from verihook.senders import load_sender

Shape = Callable[..., dict[str, Any]]
shapes = pytest.mark.parametrize("shape", SHAPES, ids=lambda shape: shape.__name__)


@shapes
@pytest.mark.parametrize("body", [b"", b'{"a": "\xc3\xa9"}', b"\xff\x00\xfe", b"line\r\nline", "\U0001f4a9".encode()])
def test_the_bytes_and_the_verdict(shape: Shape, body: bytes) -> None:
    scheme = load_sender("github").scheme
    headers = [("X-GitHub-Event", "push"), *_signature(body)]
    request = from_lambda(shape("POST", "/hooks/github", headers, body))
    assert ("POST", "/hooks/github", "", body) == (request.method, request.path, request.query, request.body)
    assert "push" == request.header("x-github-event")
    assert request.request_id
    verify = scheme.bind(("secret",))
    assert Proof("current") == verify(request, 0)
    request.body += b"x"
    with pytest.raises(SignatureError):
        verify(request, 0)


def _signature(body: bytes) -> tuple[tuple[str, str], ...]:
    unsigned = Request("POST", "/", "", (), body, "")
    return load_sender("github").scheme.sign("secret", unsigned, message_id="", now=0).headers


@shapes
@pytest.mark.parametrize("value", ["abc", "a b+c", "a&b=c", "é", "100%", ""])
def test_a_query_parameter(shape: Shape, value: str) -> None:
    from urllib.parse import urlencode

    request = from_lambda(shape("GET", f"/?x=1&{urlencode({'instanceId': value})}", [], b""))
    assert value == request.parameter("instanceId")
    assert request.parameter("absent") is None


@pytest.mark.parametrize("shape", MULTIPLE, ids=lambda shape: shape.__name__)
def test_a_repeated_header_stays_repeated(shape: Shape) -> None:
    request = from_lambda(shape("POST", "/", [("X-Signature", "a"), ("X-Signature", "b")], b""))
    assert ["a", "b"] == request.values("x-signature")


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"version": "2.0"},
        {"version": "2.0", "requestContext": None},
        {"httpMethod": "POST"},
        {"Records": []},
        {**function_url("POST", "/", [], b""), "body": "not base64!", "isBase64Encoded": True},
        {**function_url("POST", "/", [], b""), "body": 7},
        {**function_url("POST", "/", [], b""), "headers": None},
    ],
)
def test_an_event_of_no_known_shape(event: dict[str, Any]) -> None:
    with pytest.raises(EventMalformed):
        from_lambda(event)


MEMBERS = ["version", "requestContext", "rawPath", "path", "headers", "body", "isBase64Encoded", "httpMethod"]

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(MEMBERS), json_values))
def test_no_event_raises_anything_else(event: dict[str, Any]) -> None:
    with suppress(EventMalformed):
        assert isinstance(from_lambda(event), Request)


def test_a_reply() -> None:
    assert {"statusCode": 202, "headers": {"a": "b"}, "body": "é", "isBase64Encoded": False} == to_lambda(
        Reply(202, "é".encode(), {"a": "b"})
    )
