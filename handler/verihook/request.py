"""An HTTP request and its answer as plain data, and how every shape of Lambda's HTTP events becomes a request.

Shapes: function URL and HTTP API (payload 2.0), HTTP API 1.0 and REST, Application Load Balancer; ``events/`` has one
file for each. VPC Lattice is not among them.
https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html

A path may have a prefix before ours: the stage of an API Gateway, then the base path that the operator has set (a
mapping key, a base path mapping, the path pattern of a proxy). :func:`from_lambda` removes it, once.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, ClassVar
from urllib.parse import parse_qsl, urlencode

from verihook.errors import (
    EventMalformed,
    InputInvalid,
    MethodNotAllowed,
    RateLimited,
    RequestInvalid,
    Unavailable,
    VerihookError,
)

#: A longer query is not parsed, in characters: an instance id has 64.
MAX_QUERY = 2048

#: What our own paths begin with. No base path may begin so: a path of the function's own URL would be cut.
OWN_PREFIXES = ("/hooks/", "/v1/")

#: The media type of a URL-encoded form.
FORM = "application/x-www-form-urlencoded"

_UNKNOWN_SHAPE = "The Lambda event is not of an HTTP shape that Verihook knows."


@dataclass(slots=True)
class Request:
    """One request, such as a delivery, byte for byte as it came.

    ``path`` and ``query`` are raw (still percent-encoded). ``headers`` are pairs in the order received, names in
    lower case; a header that came twice is there twice. ``base``: the prefix that was removed from the path, or "".
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    request_id: str
    base: str = ""

    #: The headers that came once, by name; None until one is looked for. A copy with other headers makes its own.
    _lone: dict[str, str] | None = field(default=None, init=False, repr=False, compare=False)

    def lone(self, name: str) -> str | None:
        """Return the value of the header ``name`` (lower case) if it came once; None if it did not, or repeated."""
        return (self._lone or self._index()).get(name)

    def values(self, name: str) -> list[str]:
        """Return every value of the header ``name`` (lower case)."""
        value = self.lone(name)
        return self._repeated(name) if value is None else [value]

    def header(self, name: str) -> str | None:
        """Return the first value of the header ``name`` (lower case), or None if there is none."""
        value = self.lone(name)
        if value is None and (repeated := self._repeated(name)):
            return repeated[0]
        return value

    def _repeated(self, name: str) -> list[str]:
        """Return the values of a header that is not a lone one; [] if it did not come."""
        if len(self._lone or ()) == len(self.headers):
            return []
        return [value for key, value in self.headers if key == name]

    def _index(self) -> dict[str, str]:
        """Return the headers that came once, by name. Made once, as several headers are looked for."""
        lone = dict(self.headers)
        if len(lone) != len(self.headers):
            times = Counter(name for name, _ in self.headers)
            lone = {name: value for name, value in self.headers if times[name] == 1}
        self._lone = lone
        return lone

    def parameters(self) -> list[tuple[str, str]]:
        """Return the query's names and values. Raises RequestInvalid if it is longer than :data:`MAX_QUERY`."""
        if len(self.query) > MAX_QUERY:
            raise RequestInvalid(f"The query has more than {MAX_QUERY} characters.")
        return parse_qsl(self.query, keep_blank_values=True)

    def parameter(self, name: str) -> str | None:
        """Return the first value of a query parameter; None if it is absent or the query is too long to parse."""
        if name not in self.query or len(self.query) > MAX_QUERY:
            return None
        for key, value in parse_qsl(self.query, keep_blank_values=True):
            if key == name:
                return value
        return None


@dataclass(slots=True)
class Reply:
    """The answer: status, headers, body. ``fixed``: the form that a sender wants changes nothing of it."""

    fixed: ClassVar[bool] = False

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


def media_type(content_type: object) -> str:
    """Return the type that a ``Content-Type`` names, in lower case and without parameters; "" if it names none."""
    return content_type.partition(";")[0].strip().lower() if isinstance(content_type, str) else ""


def json_writer(*, ascii_only: bool, default: Callable[[Any], Any]) -> Callable[[object], str]:
    """Return what writes compact JSON. `json.dumps` makes its encoder at each call, as long as to write a reply."""
    in_quotes = json.encoder.encode_basestring_ascii if ascii_only else json.encoder.encode_basestring
    made = json.encoder.c_make_encoder  # type: ignore[attr-defined]  # CPython's, since 3.6
    write = made(None, default, in_quotes, None, ":", ",", False, False, True)
    return lambda content: "".join(write(content, 0))


_compact = json_writer(ascii_only=False, default=json.JSONEncoder().default)


def json_text(content: object) -> str:
    """Return compact JSON that can be encoded as UTF-8: a lone surrogate stays escaped."""
    text = _compact(content)
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(content, separators=(",", ":"))
    return text


def json_reply(status: int, content: object, headers: Mapping[str, str] | None = None) -> Reply:
    """Return a reply with a compact JSON body."""
    body = _compact(content).encode("utf-8", "backslashreplace")
    return Reply(status, body, {"content-type": "application/json", "cache-control": "no-store", **(headers or {})})


def problem(error: VerihookError, request_id: str) -> Reply:
    """Return the error as RFC 9457 problem+json: type, title, status, detail, code, requestId."""
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


def from_lambda(event: Any, base_path: str = "", request_id: str = "") -> Request:
    """Return the request in a Lambda event of any of the shapes above.

    ``base_path`` is removed from the path if the path begins with it; ``request_id`` is used if the event has none.
    Raises EventMalformed if the event is of no such shape, or its body is flagged base64 and is not.
    """
    try:
        request = (_from_payload_2 if event.get("version") == "2.0" else _from_payload_1)(event, request_id)
        _take_off(request, event["requestContext"], "version" in event, base_path)
        texts = chain((request.method, request.path, request.query, request.request_id), *request.headers)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise EventMalformed(_UNKNOWN_SHAPE) from error
    if set(map(type, texts)) != {str}:
        raise EventMalformed(_UNKNOWN_SHAPE)
    return request


def to_lambda(reply: Reply, event: Any = None, base: str = "") -> dict[str, Any]:
    """Return a reply in the shape that answers ``event``. ``base`` is put before a Location that begins with a slash.

    A body that is not UTF-8 is sent as base64. A load balancer that sends multi-value headers reads only such headers.
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html#respond-to-load-balancer
    """
    headers = reply.headers
    if base and headers.get("location", "").startswith("/"):
        headers = {**headers, "location": base + headers["location"]}
    try:
        body, encoded = reply.body.decode(), False
    except UnicodeDecodeError:
        body, encoded = base64.b64encode(reply.body).decode(), True
    answer = {"statusCode": reply.status, "headers": headers, "body": body, "isBase64Encoded": encoded}
    context = event.get("requestContext") if isinstance(event, dict) and "multiValueHeaders" in event else None
    if isinstance(context, dict) and "elb" in context:
        del answer["headers"]
        answer["multiValueHeaders"] = {name: [value] for name, value in headers.items()}
    return answer


def _from_payload_2(event: Mapping[str, Any], request_id: str) -> Request:
    context = event["requestContext"]
    http = context["http"]
    lone = event["headers"]
    headers = tuple(lone.items())
    names = "".join(lone)
    if names != names.lower():
        lone, headers = None, tuple((name.lower(), value) for name, value in headers)
    if cookies := event.get("cookies"):
        # Payload 2.0 has cookies beside the headers, one per entry.
        lone, headers = None, (*headers, ("cookie", "; ".join(cookies)))
    request = Request(
        http["method"],
        event["rawPath"],
        event.get("rawQueryString") or "",
        headers,
        body_of(event),
        context.get("requestId") or request_id,
    )
    # AWS writes each name once, in lower case: what came is what would be made of it.
    request._lone = lone
    return request


def _from_payload_1(event: Mapping[str, Any], request_id: str) -> Request:
    context = event["requestContext"]
    headers = _pairs(event.get("multiValueHeaders"), event.get("headers"))
    query = _pairs(event.get("multiValueQueryStringParameters"), event.get("queryStringParameters"))
    return Request(
        event["httpMethod"],
        event["path"],
        # An ALB leaves the query percent-encoded; API Gateway decodes it.
        "&".join(f"{name}={value}" for name, value in query) if "elb" in context else urlencode(query),
        tuple((name.lower(), value) for name, value in headers),
        body_of(event),
        context.get("requestId") or dict(headers).get("x-amzn-trace-id") or request_id,  # a health check has neither
    )


def _pairs(multiple: Mapping[str, list[str]] | None, single: Mapping[str, str] | None) -> list[tuple[str, str]]:
    if multiple:
        return [(name, value) for name, values in multiple.items() for value in _listed(values)]
    return list((single or {}).items())


def _listed(values: object) -> list[str]:
    """Return the values of one name. Raises TypeError for a text, which would be read as a list of characters."""
    if not isinstance(values, list):
        raise TypeError("not a list")
    return values


def _take_off(request: Request, context: Mapping[str, Any], is_http_api: bool, base_path: str) -> None:
    """Move the stage and the base path from the front of the request's path to its ``base``.

    At an execute-api domain, the path of an HTTP API with a named stage always begins with the stage, that of a REST
    API never. At other domains it depends on the mapping, so the stage is removed if the path begins with it. But a
    stage that is named like one of our own paths (``hooks``) is removed only if what remains is one of our paths.
    """
    stage = context.get("stage") or "$default"
    own_domain = ".execute-api." in (context.get("domainName") or "")
    if (is_http_api or not own_domain) and stage != "$default":
        ambiguous = not own_domain and f"/{stage}/" in OWN_PREFIXES
        _take_prefix(request, f"/{stage}", OWN_PREFIXES if ambiguous else ("",))
    _take_prefix(request, base_path, ("",))
    request.path = request.path or "/"


def _take_prefix(request: Request, prefix: str, then: tuple[str, ...]) -> None:
    """Remove the whole segments of ``prefix`` from the path, if the rest begins with one of ``then``."""
    if prefix and (request.path == prefix or request.path.startswith(prefix + "/")):
        left = request.path[len(prefix) :]
        if left.startswith(then):
            request.path, request.base = left, request.base + prefix


def body_of(event: Mapping[str, Any]) -> bytes:
    """Return the exact bytes of an event's body. Raises EventMalformed; TypeError, AttributeError if it is no text."""
    body = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return bytes(body.encode("utf-8", "surrogatepass"))
    try:
        return base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise EventMalformed("The Lambda event's body is flagged base64 and is not base64.") from error
