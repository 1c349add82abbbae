"""CloudEvents 1.0: over HTTP, and in the messages of queues and topics.

Structured: the whole event is the body, ``application/cloudevents+json``. Binary: the attributes are ``ce-`` headers,
the body is the data. The workflow's input is the data, in both modes as the same compact JSON, and the id is made of
``source`` and ``id``, which name an event together: so both modes of one event are one event.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from verihook.errors import EventMalformed, UnsupportedMediaType
from verihook.request import Request, media_type
from verihook.senders.event import MAX_ID, Body, checked_text
from verihook.strict_json import decoded, parse_sent

VERSION = "1.0"

_REQUIRED = ("specversion", "id", "source", "type")
_MEDIA_TYPE = "application/cloudevents"


def read(request: Request) -> Body:
    """The event of a verified delivery. Raises EventMalformed or UnsupportedMediaType."""
    kind = media_type(request.header("content-type"))
    if kind == f"{_MEDIA_TYPE}+json":
        return body_of(parse_sent(decoded(request.body), "The body"))
    if kind.startswith(f"{_MEDIA_TYPE}-batch"):
        raise UnsupportedMediaType("CloudEvents in batches are not supported: send one event per request.")
    if kind.startswith(_MEDIA_TYPE):
        raise UnsupportedMediaType(f"CloudEvents as {kind[:60]!r} are not supported: send {_MEDIA_TYPE}+json.")
    return _binary(request, kind)


def is_event(content: object) -> bool:
    """Whether parsed JSON is a CloudEvent: it has every required attribute."""
    return isinstance(content, dict) and all(isinstance(content.get(name), str) for name in _REQUIRED)


def body_of(content: object) -> Body:
    """The body of a structured event, from its parsed JSON. Raises EventMalformed or UnsupportedMediaType."""
    if not isinstance(content, dict):
        raise EventMalformed("A CloudEvent is a JSON object.")
    kind = media_type(content.get("datacontenttype"))
    if "data_base64" not in content:
        return _body(content, content.get("data"))
    if "data" in content:
        raise EventMalformed("A CloudEvent has data or data_base64, not both.")
    try:
        data = base64.b64decode(content["data_base64"], validate=True)
    except (binascii.Error, TypeError, ValueError):
        raise EventMalformed("The CloudEvent's data_base64 is not base64.") from None
    return _body(content, _data(data, kind))


def has_id(body: Body, event_id: str) -> bool:
    """Whether a CloudEvent's ``id``, without its source, is this one."""
    return body.id is not None and body.id.partition(" ")[2] == event_id


def _binary(request: Request, kind: str) -> Body:
    attributes = {name: _header(request, name) for name in _REQUIRED}
    content = _data(request.body, kind)
    if is_event(content):
        # The signature covers the body alone: headers must not make another event of a structured one.
        raise EventMalformed(f"The body is a CloudEvent itself: send it as {_MEDIA_TYPE}+json.")
    return _body(attributes, content)


def _header(request: Request, name: str) -> str | None:
    """A ``ce-`` header, in which all but printable ASCII is percent-encoded. Raises EventMalformed if it came twice."""
    values = request.values(f"ce-{name}")
    if len(values) > 1:
        raise EventMalformed(f"The header ce-{name} came {len(values)} times; send it once.")
    try:
        return unquote(values[0], errors="strict") if values else None
    except UnicodeDecodeError:
        raise EventMalformed(f"The header ce-{name} is not UTF-8, percent-encoded.") from None


def _body(attributes: Mapping[str, Any], data: object) -> Body:
    for name in _REQUIRED:
        if not isinstance(attributes.get(name), str) or not attributes[name]:
            raise EventMalformed(f"The CloudEvent has no {name}; it must be text.")
    if attributes["specversion"] != VERSION:
        raise EventMalformed(f"CloudEvents {attributes['specversion'][:20]!r} are not supported: send {VERSION}.")
    # A source is a URI reference, so a space ends it.
    event_id = f"{attributes['source']} {attributes['id']}"
    if len(event_id) > MAX_ID:
        event_id = f"sha256:{hashlib.sha256(event_id.encode('utf-8', 'surrogatepass')).hexdigest()}"
    kind = checked_text("type", "CloudEvents type", attributes["type"])
    return Body(_text(data), data, checked_text("id", "CloudEvents source and id", event_id), kind)


def _data(data: bytes, kind: str) -> object:
    """The data in these bytes: JSON, or text as a JSON string. None if there are none."""
    if not data:
        return None
    subtype = kind.partition("/")[2]
    if not kind or subtype == "json" or subtype.endswith("+json"):
        return parse_sent(decoded(data), "The CloudEvent's data")
    if kind.startswith("text/"):
        return decoded(data)
    raise UnsupportedMediaType(f"Data of type {kind[:60]!r} is not supported: send JSON or text.")


def _text(data: object) -> str:
    return json.dumps(data, separators=(",", ":"))
