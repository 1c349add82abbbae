"""The same delivery in every shape gives the same bytes, path and verdict."""

from __future__ import annotations

from contextlib import suppress
from operator import itemgetter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.events.shapes import BASE_PATH, FUNCTION_URL, MULTIPLE, SAMPLES, SHAPES, Shape
from verihook.errors import EventMalformed, SignatureError
from verihook.request import Reply, Request, from_lambda, to_lambda
from verihook.senders import load_sender
from verihook.senders.schemes import Proof

shapes = pytest.mark.parametrize("shape", SHAPES, ids=str)


def read(event: dict[str, Any]) -> Request:
    return from_lambda(event, BASE_PATH)


@shapes
@pytest.mark.parametrize("body", [b"", b'{"a": "\xc3\xa9"}', b"\xff\x00\xfe", b"line\r\nline", "\U0001f4a9".encode()])
def test_the_bytes_and_the_verdict(shape: Shape, body: bytes) -> None:
    scheme = load_sender("github").scheme
    headers = [("X-GitHub-Event", "push"), *_signature(body)]
    request = read(shape("POST", "/hooks/github", headers, body))
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

    request = read(shape("GET", f"/?x=1&{urlencode({'instanceId': value})}", [], b""))
    assert value == request.parameter("instanceId")
    assert request.parameter("absent") is None


@pytest.mark.parametrize("shape", MULTIPLE, ids=str)
def test_a_repeated_header_stays_repeated(shape: Shape) -> None:
    request = read(shape("POST", "/", [("X-Signature", "a"), ("X-Signature", "b")], b""))
    assert ["a", "b"] == request.values("x-signature")


@pytest.mark.parametrize(
    "event",
    [
        None,
        7,
        "text",
        [],
        {},
        {"version": "2.0"},
        {"version": "2.0", "requestContext": None},
        {"httpMethod": "POST"},
        {"Records": []},
        {**FUNCTION_URL("POST", "/", [], b""), "body": "not base64!", "isBase64Encoded": True},
        {**FUNCTION_URL("POST", "/", [], b""), "body": 7},
        {**FUNCTION_URL("POST", "/", [], b""), "headers": None},
        {**FUNCTION_URL("POST", "/", [], b""), "headers": {"x-signature": ["a"]}},
        {**FUNCTION_URL("POST", "/", [], b""), "rawPath": 7},
        {**FUNCTION_URL("POST", "/", [], b""), "rawQueryString": 7},
        {**FUNCTION_URL("POST", "/", [], b""), "cookies": "abc", "headers": {"a": 7}},
        {**SAMPLES["rest"], "multiValueHeaders": {"X-Signature": "abc"}},
        {**SAMPLES["rest"], "httpMethod": None},
        *(SAMPLES[name] for name in ("lattice", "lattice-1", "console-test", "direct", "no-headers")),
    ],
)
def test_an_event_of_no_known_shape(event: Any) -> None:
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
    assert {"statusCode": 200, "headers": {"a": "b"}, "body": "é", "isBase64Encoded": False} == to_lambda(
        Reply(200, "é".encode(), {"a": "b"})
    )
    assert ("/w==", True) == itemgetter("body", "isBase64Encoded")(to_lambda(Reply(200, b"\xff")))


@shapes
def test_a_reply_has_the_shape_of_its_event(shape: Shape) -> None:
    event = shape("POST", "/hooks/orders", [], b"")
    answer = to_lambda(Reply(200, b"{}", {"location": "/?instanceId=a"}), event, read(event).base)
    location = f"{shape.front}/?instanceId=a"
    # A load balancer with multi-value headers reads no others.
    expected: Any = {"multiValueHeaders": {"location": [location]}} if shape.name == "alb-multi-value" else {}
    assert (expected or {"headers": {"location": location}}).items() <= answer.items()
    assert len({"headers", "multiValueHeaders"} & answer.keys()) == 1


def test_cookies_stand_beside_the_headers_of_payload_2() -> None:
    assert ["a=1; b=2"] == from_lambda(SAMPLES["function-url-cookies"]).values("cookie")


def test_an_event_without_a_request_id_has_that_of_the_invocation() -> None:
    assert "invocation" == from_lambda(SAMPLES["alb-health-check"], "", "invocation").request_id
    assert "invocation" != from_lambda(SAMPLES["alb"], "", "invocation").request_id


AT_A_DOMAIN = {
    # Whether the stage is in the path there depends on the mapping.
    ("prod", "/prod/hooks/orders"): ("/prod", "/hooks/orders"),
    ("prod", "/hooks/orders"): ("", "/hooks/orders"),
    ("prod", "/production/hooks/orders"): ("", "/production/hooks/orders"),
    ("prod", "/prod/payments/hooks/orders"): ("/prod/payments", "/hooks/orders"),
    ("prod", "/prod/prod/hooks/orders"): ("/prod", "/prod/hooks/orders"),
    ("prod", "/prod"): ("/prod", "/"),
    ("hooks", "/hooks/hooks/orders"): ("/hooks", "/hooks/orders"),
    ("hooks", "/hooks/v1/instances"): ("/hooks", "/v1/instances"),
    ("hooks", "/hooks/hooks"): ("", "/hooks/hooks"),
    ("v1", "/v1/instances"): ("", "/v1/instances"),
    ("v1", "/v1/hooks/orders"): ("/v1", "/hooks/orders"),
    ("$default", "/payments"): ("/payments", "/"),
    ("$default", "/paymentshooks/orders"): ("", "/paymentshooks/orders"),
    ("$default", "/payments/payments/hooks/orders"): ("/payments", "/payments/hooks/orders"),
    ("prod", "/payments/prod/hooks/orders"): ("/payments", "/prod/hooks/orders"),
}


@pytest.mark.parametrize("name", ["http-api-2-mapping-key", "http-api-1-mapping-key", "rest-base-path"])
@pytest.mark.parametrize(("stage", "path"), AT_A_DOMAIN)
def test_what_is_taken_off_at_a_domain_of_the_operators(name: str, stage: str, path: str) -> None:
    sample = SAMPLES[name]
    event = {**sample, "requestContext": {**sample["requestContext"], "stage": stage}, "rawPath": path, "path": path}
    request = read(event)
    assert AT_A_DOMAIN[stage, path] == (request.base, request.path)


@pytest.mark.parametrize(
    ("name", "expected"),
    {
        # An HTTP API has its stage in the path at its own domain, a REST API never.
        "http-api-2-stage": ("/prod", "/hooks/orders"),
        "http-api-1-stage": ("/prod", "/hooks/orders"),
        "rest": ("", "/prod/hooks/orders"),
    }.items(),
)
def test_what_is_taken_off_at_the_domain_of_api_gateway(name: str, expected: tuple[str, str]) -> None:
    request = from_lambda({**SAMPLES[name], "rawPath": "/prod/hooks/orders", "path": "/prod/hooks/orders"}, BASE_PATH)
    assert expected == (request.base, request.path)


@pytest.mark.parametrize("name", ["http-api-2-stage-hooks", "http-api-1-stage"])
def test_a_stage_that_is_named_like_our_path_is_taken_off_there(name: str) -> None:
    sample = SAMPLES[name]
    event = {**sample, "requestContext": {**sample["requestContext"], "stage": "hooks"}}
    for path, expected in (("/hooks/hooks/hooks", "/hooks/hooks"), ("/hooks", "/"), ("/hooks/", "/")):
        assert expected == read({**event, "rawPath": path, "path": path}).path
