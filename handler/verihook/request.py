"""A delivery and its answer as plain data, and how every shape of Lambda event becomes a delivery.

Shapes: function URL and HTTP API (payload 2.0), HTTP API 1.0 and REST, Application Load Balancer.
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

from verihook.errors import EventMalformed, InputInvalid, MethodNotAllowed, RateLimited, Unavailable, VerihookError

#: A query longer than this is not looked into: an instance id has 64 characters.
MAX_QUERY = 2048

_ENCODER = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False)


@dataclass(slots=True)
class Request:
    """One delivery, byte for byte as it came.

    ``path`` and ``query`` are raw (still percent-encoded). ``headers`` are pairs in the order received, names in
    lower case; a header that came twice stands there twice.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    request_id: str

    def values(self, name: str) -> list[str]:
        """Every value of the header ``name`` (lower case)."""
        return [value for key, value in self.headers if key == name]

    def header(self, name: str) -> str | None:
        """The value of the header ``name`` (lower case); the first where it came more than once."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def parameter(self, name: str) -> str | None:
        """The first value of a query parameter; None where it is absent or the query is absurdly long."""
        if name not in self.query or len(self.query) > MAX_QUERY:
            return None
        for key, value in parse_qsl(self.query, keep_blank_values=True):
            if key == name:
                return value
        return None


@dataclass(slots=True)
class Reply:
    """The answer: status, headers, body."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def json_text(content: object) -> str:
    """Compact JSON, of which UTF-8 can be made: a lone surrogate stays escaped."""
    text = _ENCODER.encode(content)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(content, separators=(",", ":"))
    return text


def json_reply(status: int, content: object, headers: Mapping[str, str] | None = None) -> Reply:
    """A reply with a compact JSON body."""
    body = _ENCODER.encode(content).encode("utf-8", "backslashreplace")
    return Reply(status, body, {"content-type": "application/json", "cache-control": "no-store", **(headers or {})})


def problem(error: VerihookError, request_id: str) -> Reply:
    """An error as RFC 9457 problem+json: type, title, status, detail, code, requestId."""
    content: dict[str, object] = {
        "type": f"urn:verihook:error:{error.code}",
        "title": error.title,
        "status": error.status,
        "detail": str(error),
        "code": error.code,
        "requestId": request_id,
    }
    headers = {"content-type": "application/problem+json"}
    if isinstance(error, InputInvalid):
        content["violations"] = error.violations
    elif isinstance(error, MethodNotAllowed):
        headers["allow"] = error.allow
    elif isinstance(error, (Unavailable, RateLimited)):
        headers["retry-after"] = str(error.retry_after)
    return json_reply(error.status, content, headers)


def from_lambda(event: Mapping[str, Any]) -> Request:
    """The delivery in a Lambda event of any of the shapes above.

    Raises EventMalformed where the event is of none of them, or its body is flagged base64 and is not.
    """
    try:
        if event.get("version") == "2.0":
            return _from_payload_2(event)
        return _from_payload_1(event)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise EventMalformed("The Lambda event is not of an HTTP shape that Verihook knows.") from error


def to_lambda(reply: Reply) -> dict[str, Any]:
    """A reply as every HTTP shape of Lambda takes it. Our bodies are UTF-8 text, so none is base64."""
    return {
        "statusCode": reply.status,
        "headers": reply.headers,
        "body": reply.body.decode(),
        "isBase64Encoded": False,
    }


def _from_payload_2(event: Mapping[str, Any]) -> Request:
    context = event["requestContext"]
    http = context["http"]
    return Request(
        http["method"],
        _without_stage(event["rawPath"], context.get("stage")),
        event.get("rawQueryString") or "",
        tuple((name.lower(), value) for name, value in event["headers"].items()),
        _body(event),
        context["requestId"],
    )


def _from_payload_1(event: Mapping[str, Any]) -> Request:
    context = event["requestContext"]
    headers = _pairs(event.get("multiValueHeaders"), event.get("headers"))
    query = _pairs(event.get("multiValueQueryStringParameters"), event.get("queryStringParameters"))
    request_id = context.get("requestId") or dict(headers).get("x-amzn-trace-id")
    if not request_id:
        raise KeyError("requestId")
    return Request(
        event["httpMethod"],
        event["path"],
        # An ALB hands the query over still encoded, API Gateway decoded.
        "&".join(f"{name}={value}" for name, value in query) if "elb" in context else urlencode(query),
        tuple((name.lower(), value) for name, value in headers),
        _body(event),
        request_id,
    )


def _pairs(multiple: Mapping[str, Iterable[str]] | None, single: Mapping[str, str] | None) -> list[tuple[str, str]]:
    if multiple:
        return [(name, value) for name, values in multiple.items() for value in values]
    return list((single or {}).items())


def _without_stage(path: str, stage: str | None) -> str:
    """An HTTP API with a named stage has it in the raw path, ``$default`` does not."""
    if stage and stage != "$default" and (path + "/").startswith(f"/{stage}/"):
        path = path[len(stage) + 1 :]
    return path or "/"


def _body(event: Mapping[str, Any]) -> bytes:
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return bytes(body.encode("utf-8", "surrogatepass"))
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EventMalformed("The Lambda event's body is flagged base64 and is not base64.") from error
