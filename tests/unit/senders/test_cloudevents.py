"""Both modes of a CloudEvent are one event."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from verihook.errors import EventMalformed, UnsupportedMediaType
from verihook.request import Request
from verihook.senders.body import parse
from verihook.senders.event import EventPlaces, Place, event_id, event_type
from verihook.senders.event_table import read_places

PLACES = EventPlaces(Place(header="ce-id"), Place(header="ce-type"), envelope="cloudevents")
ATTRIBUTES = {"specversion": "1.0", "id": "e 1%", "source": "/shop/é", "type": "order.placed"}
HEADERS = {"ce-specversion": "1.0", "ce-id": "e%201%25", "ce-source": "/shop/%C3%A9", "ce-type": "order.placed"}


def structured(content: Any, media_type: str = "application/cloudevents+json; charset=utf-8") -> tuple[Any, ...]:
    return read(content if isinstance(content, bytes) else json.dumps(content).encode(), {"content-type": media_type})


def binary(body: bytes, media_type: str = "application/json", **changed: str | None) -> tuple[Any, ...]:
    headers: dict[str, str | None] = {**HEADERS, "content-type": media_type}
    headers |= {f"ce-{name}": value for name, value in changed.items()}
    return read(body, {name: value for name, value in headers.items() if value is not None})


def read(body: bytes, headers: dict[str, str], *more: tuple[str, str]) -> tuple[Any, ...]:
    request = Request("POST", "/", "", (*headers.items(), *more), body, "")
    parsed = parse(request, PLACES.form_field, PLACES.envelope)
    assert parsed.content == json.loads(parsed.text)
    return event_id(PLACES, request, parsed), event_type(PLACES, request, parsed), parsed.text


def test_both_modes_are_one_event() -> None:
    data = {"n": 1.0, "é": [None, True]}
    one = structured({**ATTRIBUTES, "datacontenttype": "application/json", "data": data})
    other = binary(b'{"n":   1.0, "\xc3\xa9": [null, true]}')
    assert one == other == ("/shop/é e 1%", "order.placed", '{"n":1.0,"\\u00e9":[null,true]}')


@pytest.mark.parametrize(
    ("more", "body", "media_type", "text"),
    [
        ({}, b"", "", "null"),
        ({"data": None}, b"null", "application/json", "null"),
        ({"data": "a", "datacontenttype": "text/plain"}, b"a", "text/plain; charset=utf-8", '"a"'),
        ({"data": [1]}, b"[1]", "application/vnd.shop+json", "[1]"),
        ({"data_base64": base64.b64encode(b"[1]").decode()}, b"[1]", "", "[1]"),
        ({"data_base64": "YQ==", "datacontenttype": "text/csv"}, b"a", "text/csv", '"a"'),
    ],
)
def test_data_of_both_modes(more: dict[str, Any], body: bytes, media_type: str, text: str) -> None:
    assert text == structured({**ATTRIBUTES, **more})[2] == binary(body, media_type)[2]


def test_a_long_id_is_hashed() -> None:
    ids = {structured({**ATTRIBUTES, "id": "x" * length})[0] for length in (248, 249, 250)}
    assert [7 + 64, 7 + 64, 256] == sorted(len(each) for each in ids)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ([], "A CloudEvent is a JSON object"),
        (b"{", "The body is not JSON"),
        ({**ATTRIBUTES, "id": ""}, "The CloudEvent has no id; it must be text"),
        ({**ATTRIBUTES, "source": 7}, "The CloudEvent has no source"),
        ({key: ATTRIBUTES[key] for key in ("specversion", "id", "source")}, "The CloudEvent has no type"),
        ({**ATTRIBUTES, "specversion": "0.3"}, "CloudEvents '0.3' are not supported: send 1.0"),
        ({**ATTRIBUTES, "data": 1, "data_base64": "YQ=="}, "data or data_base64, not both"),
        ({**ATTRIBUTES, "data_base64": "?"}, "data_base64 is not base64"),
        ({**ATTRIBUTES, "data_base64": 7}, "data_base64 is not base64"),
        ({**ATTRIBUTES, "data_base64": "ew=="}, "The CloudEvent's data is not JSON"),
        ({**ATTRIBUTES, "type": "t" * 257}, "must be 1 to 256 characters"),
        (json.dumps(ATTRIBUTES).encode()[:-1] + b', "data": 1e999}', "the number 1e999 is too large"),
    ],
)
def test_what_is_malformed(content: Any, words: str) -> None:
    with pytest.raises(EventMalformed, match=words):
        structured(content)


def test_headers_that_are_malformed() -> None:
    for name in ("specversion", "id", "source", "type"):
        with pytest.raises(EventMalformed, match=f"The CloudEvent has no {name}"):
            binary(b"{}", "application/json", **{name: None})
    with pytest.raises(EventMalformed, match="The header ce-id is not UTF-8, percent-encoded"):
        binary(b"{}", id="%ff")
    with pytest.raises(EventMalformed, match="The header ce-id came 2 times; send it once"):
        read(b"{}", HEADERS, ("ce-id", "other"))


def test_a_structured_event_does_not_pass_as_the_data_of_another() -> None:
    with pytest.raises(EventMalformed, match=r"send it as application/cloudevents\+json"):
        binary(json.dumps({**ATTRIBUTES, "data": 1}).encode(), id="other")


@pytest.mark.parametrize(
    ("media_type", "words"),
    [
        ("application/cloudevents-batch+json", "in batches are not supported: send one event per request"),
        ("application/cloudevents+avro", r"send application/cloudevents\+json"),
        ("application/cloudevents", r"send application/cloudevents\+json"),
    ],
)
def test_formats_that_are_not_taken(media_type: str, words: str) -> None:
    with pytest.raises(UnsupportedMediaType, match=words):
        structured([ATTRIBUTES], media_type)


def test_data_that_is_not_taken() -> None:
    with pytest.raises(UnsupportedMediaType, match="send JSON or text"):
        binary(b"\x00", "application/octet-stream")
    with pytest.raises(UnsupportedMediaType, match="send JSON or text"):
        structured({**ATTRIBUTES, "datacontenttype": "image/png", "data_base64": "AA=="})


def test_the_key_of_a_sender() -> None:
    assert "cloudevents" == read_places({"envelope": "cloudevents"}).envelope
    with pytest.raises(ValueError, match='envelope: write "cloudevents", or leave it out'):
        read_places({"envelope": "soap"})
