"""The events in which AWS hands a delivery to ``Receiver``, ``Api`` and ``Feeds``, one for each way it can come.

Members that nothing reads have the made-up values of AWS's own examples; ``events/README.md`` lists the shapes.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from verihook.request import Request
from verihook.strict_json import parse

_REGION = "eu-central-1"
_ACCOUNT = "123456789012"
_ADDRESS = "192.0.2.1"
_AGENT = "verihook-event"
_API = "abcdefghij"
_URL = "abcdefghijklmnopqrstuvwxyz012345"


@dataclass(frozen=True, slots=True)
class Carried:
    """A signed delivery on its way. ``feed``: the ARN of what brings it; ``id``: of the message; ``now``: in seconds.

    ``about``: the headers in which its sender says id and type, which a message has as attributes.
    """

    request: Request
    id: str
    now: int
    feed: str = ""
    about: tuple[tuple[str, str], ...] = ()

    @property
    def time(self) -> datetime:
        """When it is carried."""
        return datetime.fromtimestamp(self.now, UTC)

    @property
    def milliseconds(self) -> int:
        """The same, since the epoch."""
        return self.now * 1000


def function_url(carried: Carried) -> dict[str, Any]:
    """The event of a function URL.

    https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
    """
    return _payload_2(carried, f"{_URL}.lambda-url.{_REGION}.on.aws", "anonymous")


def http_api(carried: Carried) -> dict[str, Any]:
    """Payload 2.0 of an HTTP API.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    """
    return _payload_2(carried, f"{_API}.execute-api.{_REGION}.amazonaws.com", _ACCOUNT)


def http_api_1(carried: Carried) -> dict[str, Any]:
    """Payload 1.0 of an HTTP API, at the page of :func:`http_api`."""
    request = carried.request
    context = _context_1(carried, "$default") | {"path": request.path, "resourcePath": request.path}
    return {"version": "1.0", "resource": request.path} | _payload_1(carried) | {"requestContext": context}


def rest(carried: Carried) -> dict[str, Any]:
    """The event of a REST API.

    https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    """
    path = carried.request.path
    context = _context_1(carried, "prod") | {"path": f"/prod{path}", "resourcePath": "/{proxy+}"}
    event = {"resource": "/{proxy+}"} | _payload_1(carried) | {"requestContext": context}
    return event | {"pathParameters": {"proxy": path.removeprefix("/")}}


def alb(carried: Carried) -> dict[str, Any]:
    """The event of an Application Load Balancer.

    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
    """
    request = carried.request
    # A load balancer hands the query over as it came, still encoded.
    pairs = [pair.partition("=") for pair in request.query.split("&")] if request.query else []
    group = f"arn:aws:elasticloadbalancing:{_REGION}:{_ACCOUNT}:targetgroup/verihook/49e9d65c45c6791a"
    return {
        "requestContext": {"elb": {"targetGroupArn": group}},
        "httpMethod": request.method,
        "path": request.path,
        "queryStringParameters": {name: value for name, _, value in pairs},
        "headers": _joined(_headers(carried, f"verihook-1234567890.{_REGION}.elb.amazonaws.com")),
        **_body(request),
    }


def sqs(carried: Carried) -> dict[str, Any]:
    """A batch of one message of a queue. Raises ValueError, in words, for a body that is no text.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html
    """
    attributes = {name: {"dataType": "String", "stringValue": value} for name, value in carried.about}
    record = {
        "messageId": carried.id,
        "receiptHandle": "AQEBwJnKyrHigUMZj6rYigCgxlaS3SLy0a",
        "body": _text(carried.request),
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": str(carried.milliseconds),
            "SenderId": "AIDAIENQZJOLO23YVJ4VO",
            "ApproximateFirstReceiveTimestamp": str(carried.milliseconds),
        },
        "messageAttributes": attributes,
        # What SQS itself says of the body's integrity; nothing rests on it.
        "md5OfBody": hashlib.md5(carried.request.body, usedforsecurity=False).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": carried.feed,
        "awsRegion": _REGION,
    }
    return {"Records": [record]}


def sns(carried: Carried) -> dict[str, Any]:
    """A notification of a topic. Raises ValueError, in words, for a body that is no text.

    https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html
    """
    notification = {
        "Type": "Notification",
        "MessageId": carried.id,
        "TopicArn": carried.feed,
        "Subject": None,
        "Message": _text(carried.request),
        "Timestamp": _iso(carried, "milliseconds"),
        "MessageAttributes": {name: {"Type": "String", "Value": value} for name, value in carried.about},
    }
    subscription = f"{carried.feed}:2bcfbf39-05c3-41de-beaa-fcfcc21c8f55"
    record = {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription}
    return {"Records": [record | {"Sns": notification}]}


def eventbridge(carried: Carried) -> dict[str, Any]:
    """What the input template of docs/feeds.md makes of an event.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-events-structure.html. Raises ValueError, in words, for
    a body that is no JSON object: a ``detail`` is one.
    """
    detail = parse(_text(carried.request))
    if not isinstance(detail, dict):
        raise ValueError("the detail of an event is a JSON object: give a file with one")
    event = {
        "version": "0",
        "id": carried.id,
        "detail-type": next((value for _, value in carried.about), "verihook.event"),
        "source": "verihook.event",
        "account": _ACCOUNT,
        "time": _iso(carried, "seconds"),
        "region": _REGION,
        "resources": [],
        "detail": detail,
    }
    return {"feed": carried.feed, "event": event}


#: The values of ``--shape`` that a function behind a URL is handed.
HTTP: dict[str, Callable[[Carried], dict[str, Any]]] = {
    "function-url": function_url,
    "http-api": http_api,
    "http-api-1": http_api_1,
    "rest": rest,
    "alb": alb,
}

#: Those that ``Feeds`` is handed, with how the ARN of each begins.
FEEDS: dict[str, tuple[Callable[[Carried], dict[str, Any]], str]] = {
    "sqs": (sqs, "arn:aws:sqs:"),
    "sns": (sns, "arn:aws:sns:"),
    "eventbridge": (eventbridge, "arn:aws:events:"),
}


def _payload_2(carried: Carried, host: str, account: str) -> dict[str, Any]:
    request = carried.request
    http = {"method": request.method, "path": request.path, "protocol": "HTTP/1.1"}
    context = {
        "accountId": account,
        "apiId": host.partition(".")[0],
        "domainName": host,
        "domainPrefix": host.partition(".")[0],
        "http": http | {"sourceIp": _ADDRESS, "userAgent": _AGENT},
        "requestId": carried.id,
        "routeKey": "$default",
        "stage": "$default",
        "time": carried.time.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "timeEpoch": carried.milliseconds,
    }
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": request.path,
        "rawQueryString": request.query,
        "headers": _joined((name.lower(), value) for name, value in _headers(carried, host)),
        "requestContext": context,
        **_body(request),
    }


def _payload_1(carried: Carried) -> dict[str, Any]:
    request = carried.request
    headers = [*_headers(carried, f"{_API}.execute-api.{_REGION}.amazonaws.com")]
    pairs = parse_qsl(request.query, keep_blank_values=True)
    return {
        "path": request.path,
        "httpMethod": request.method,
        "headers": _joined(headers),
        "multiValueHeaders": _each(headers),
        "queryStringParameters": dict(pairs) or None,
        "multiValueQueryStringParameters": _each(pairs) or None,
        "stageVariables": None,
        **_body(request),
    }


def _context_1(carried: Carried, stage: str) -> dict[str, Any]:
    return {
        "accountId": _ACCOUNT,
        "apiId": _API,
        "domainName": f"{_API}.execute-api.{_REGION}.amazonaws.com",
        "domainPrefix": _API,
        "extendedRequestId": "JKJaXmPLvHcESHA=",
        "httpMethod": carried.request.method,
        "identity": {"accessKey": None, "sourceIp": _ADDRESS, "userAgent": _AGENT},
        "protocol": "HTTP/1.1",
        "requestId": carried.id,
        "requestTime": carried.time.strftime("%d/%b/%Y:%H:%M:%S +0000"),
        "requestTimeEpoch": carried.milliseconds,
        "resourceId": "123456",
        "stage": stage,
    }


def _headers(carried: Carried, host: str) -> Iterable[tuple[str, str]]:
    request = carried.request
    yield from request.headers
    yield "content-length", str(len(request.body))
    yield "host", host
    yield "user-agent", _AGENT
    yield "x-forwarded-for", _ADDRESS
    yield "x-forwarded-port", "443"
    yield "x-forwarded-proto", "https"


def _body(request: Request) -> dict[str, Any]:
    try:
        return {"body": request.body.decode(), "isBase64Encoded": False}
    except UnicodeDecodeError:
        return {"body": base64.b64encode(request.body).decode(), "isBase64Encoded": True}


def _text(request: Request) -> str:
    """Return the body as a text. Raises ValueError, in words, if it is none."""
    try:
        return request.body.decode()
    except UnicodeDecodeError:
        raise ValueError("a message is text: give a file in UTF-8") from None


def _joined(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """As an event has them that has each name once: repeated ones are joined by a comma."""
    joined: dict[str, str] = {}
    for name, value in pairs:
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _each(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def _iso(carried: Carried, timespec: str) -> str:
    return carried.time.isoformat(timespec=timespec).replace("+00:00", "Z")
