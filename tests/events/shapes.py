"""One delivery as every HTTP shape of Lambda event. The shapes follow the AWS documentation named in request.py."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qsl

from tests.flows.faces import Headers, function_url_event


def function_url(method: str, target: str, headers: Headers, body: bytes) -> dict[str, Any]:
    """Lambda function URL."""
    return function_url_event(method, target, headers, body)


def function_url_base64(method: str, target: str, headers: Headers, body: bytes) -> dict[str, Any]:
    """Lambda function URL, for a content type that it does not take for text."""
    event = function_url_event(method, target, headers, body)
    return {**event, "body": base64.b64encode(body).decode(), "isBase64Encoded": True}


def http_api_2(method: str, target: str, headers: Headers, body: bytes) -> dict[str, Any]:
    """HTTP API, payload 2.0, behind a named stage."""
    event = function_url_event(method, target, headers, body)
    event["rawPath"] = "/prod" + event["rawPath"]
    event["requestContext"]["stage"] = "prod"
    return event


def http_api_1(method: str, target: str, headers: Headers, body: bytes) -> dict[str, Any]:
    """HTTP API, payload 1.0."""
    return {**rest(method, target, headers, body), "version": "1.0"}


def rest(method: str, target: str, headers: Headers, body: bytes) -> dict[str, Any]:
    """REST API: the query comes decoded."""
    path, _, query = target.partition("?")
    pairs = parse_qsl(query, keep_blank_values=True)
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": dict(headers),
        "multiValueHeaders": _multiple(headers),
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": _multiple(pairs) or None,
        "requestContext": {
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "stage": "prod",
            "path": f"/prod{path}",
        },
        "body": base64.b64encode(body).decode() if body else None,
        "isBase64Encoded": bool(body),
    }


def alb(method: str, target: str, headers: Headers, body: bytes) -> dict[str, Any]:
    """Application Load Balancer without multi-value headers: the query comes as it was."""
    path, _, query = target.partition("?")
    return {
        "requestContext": {"elb": {"targetGroupArn": "arn:aws:elasticloadbalancing:us-east-1:1:targetgroup/x/1"}},
        "httpMethod": method,
        "path": path,
        "queryStringParameters": dict(pair.split("=", 1) for pair in query.split("&")) if query else {},
        "headers": {**{name.lower(): value for name, value in headers}, "x-amzn-trace-id": "Root=1-5bdb40ca-556d8b0c"},
        "body": base64.b64encode(body).decode(),
        "isBase64Encoded": True,
    }


def alb_multiple(method: str, target: str, headers: Headers, body: bytes) -> dict[str, Any]:
    """Application Load Balancer with multi-value headers."""
    event = alb(method, target, headers, body)
    single = event.pop("headers")
    del event["queryStringParameters"]
    query = target.partition("?")[2]
    return {
        **event,
        "multiValueHeaders": {**_multiple(headers), "x-amzn-trace-id": [single["x-amzn-trace-id"]]},
        "multiValueQueryStringParameters": _multiple(
            [tuple(p.split("=", 1)) for p in query.split("&")] if query else []
        ),
    }


def _multiple(pairs: Any) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


SHAPES = [function_url, function_url_base64, http_api_2, http_api_1, rest, alb, alb_multiple]
#: Shapes that keep a repeated header apart.
MULTIPLE = [http_api_1, rest, alb_multiple]
