"""Any delivery as every HTTP shape of Lambda event: put into the sample of that shape in ``events/``."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from tests.flows.faces import Headers

FOLDER = Path(__file__).parents[2] / "events"

#: Every sample by its name. Each that carries a request is the same signed order.
SAMPLES: dict[str, Any] = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}

#: The base path that stands in some of them.
BASE_PATH = "/payments"

#: Samples of requests that are not what a shape usually has, or of no HTTP shape that Verihook knows.
ODD = {
    "alb-health-check",
    "console-test",
    "direct",
    "encoded-path",
    "lattice",
    "lattice-1",
    "no-headers",
    "rest-console-test",
}

#: Headers that AWS adds, in every delivery, and those of the front of infra/domain.yaml.
_ADDED = (
    *("host", "x-amzn-trace-id", "x-forwarded-for", "x-forwarded-port", "x-forwarded-proto"),
    *("x-verihook-origin", "x-verihook-host", "x-verihook-address"),
)


@dataclass(frozen=True)
class Shape:
    """One shape, by the name of its file."""

    name: str

    def __str__(self) -> str:
        return self.name

    @property
    def front(self) -> str:
        """What stands before our path in it."""
        sample = SAMPLES[self.name]
        return str(sample.get("rawPath", sample.get("path"))).removesuffix("/hooks/orders")

    def __call__(self, method: str, target: str, headers: Headers, body: bytes) -> dict[str, Any]:
        """The event of a request."""
        event: dict[str, Any] = copy.deepcopy(SAMPLES[self.name])
        path, _, query = target.partition("?")
        _put_body(event, body)
        if event.get("version") == "2.0":
            event["rawPath"], event["rawQueryString"] = self.front + path, query
            event["requestContext"]["http"] |= {"method": method, "path": self.front + path}
            event["headers"] = _joined(event, headers)
            return event
        event["httpMethod"], event["path"] = method, self.front + path
        pairs = _raw(query) if "elb" in event["requestContext"] else parse_qsl(query, keep_blank_values=True)
        if "headers" in event:
            event["headers"] = _joined(event, headers)
            event["queryStringParameters"] = dict(pairs) or None
        if "multiValueHeaders" in event:
            event["multiValueHeaders"] = _multiple([*_added(event["multiValueHeaders"]), *headers])
            event["multiValueQueryStringParameters"] = _multiple(pairs) or None
        return event


def _put_body(event: dict[str, Any], body: bytes) -> None:
    try:
        text = body.decode()
    except UnicodeDecodeError:
        # Only a content type that is no text brings such bytes, and AWS encodes it.
        event["isBase64Encoded"] = True
    event["body"] = base64.b64encode(body).decode() if event["isBase64Encoded"] else text


def _joined(event: dict[str, Any], headers: Headers) -> dict[str, str]:
    """As an event has them that has each name once: repeated ones joined by a comma, in payload 2.0 in lower case."""
    joined: dict[str, str] = {name: value for name, value in event["headers"].items() if name.lower() in _ADDED}
    for given, value in headers:
        name = given.lower() if event.get("version") == "2.0" or "elb" in event["requestContext"] else given
        joined[name] = f"{joined[name]},{value}" if name in joined else value
    return joined


def _added(values: dict[str, list[str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, each in values.items() for value in each if name.lower() in _ADDED]


def _raw(query: str) -> list[tuple[str, str]]:
    return [(name, value) for name, _, value in (pair.partition("=") for pair in query.split("&"))] if query else []


def _multiple(pairs: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


SHAPES = [Shape(name) for name in SAMPLES if name not in ODD]
FUNCTION_URL = Shape("function-url")
#: Shapes that keep a repeated header apart.
MULTIPLE = [shape for shape in SHAPES if "multiValueHeaders" in SAMPLES[shape.name]]
