"""Bodies that are not JSON: what each becomes, and what is refused."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.flows.deployment import ROOT
from verihook.errors import BodyTooLarge, EventMalformed, UnsupportedMediaType
from verihook.request import Request
from verihook.senders.body import parse_as
from verihook.senders.event import BODIES, EventPlaces
from verihook.senders.event_table import read_places
from verihook.senders.formats import MAX_FIELDS, MAX_XML_DEPTH, MAX_XML_NODES
from verihook.senders.multipart import MAX_PARTS


def read(body_format: str, body: bytes, *headers: tuple[str, str], query: str = "", method: str = "POST") -> Any:
    parsed = parse_as(EventPlaces(body=body_format), Request(method, "/", query, headers, body, ""))
    assert parsed.content == json.loads(parsed.text)
    return parsed.content


@pytest.mark.parametrize("body_format", BODIES)
@given(body=st.binary(max_size=60), kind=st.sampled_from(["", "text/plain", "multipart/form-data; boundary=b"]))
def test_any_body_is_understood_or_refused(body_format: str, body: bytes, kind: str) -> None:
    try:
        read(body_format, body, ("content-type", kind))
    except (EventMalformed, BodyTooLarge, UnsupportedMediaType):
        assert body_format != "raw"


@pytest.mark.parametrize(
    ("body", "content"),
    [
        (b"", {}),
        (b"a=1&b=x+y%26&a=2&c=&a=3", {"a": ["1", "2", "3"], "b": "x y&", "c": ""}),
        (b"just text", {"just text": ""}),
        (b"%C3%A9=%F0%9F%98%80", {"é": "😀"}),
    ],
)
def test_a_form(body: bytes, content: object) -> None:
    assert content == read("form", body)
    assert content == read("query", b"body", query=body.decode(), method="GET")
    # A message of a queue.
    assert content == read("query", body)


def test_the_query_of_a_get_is_the_event_even_if_it_is_empty() -> None:
    # The body of a GET is not signed.
    assert {} == read("query", b"a=1", method="GET")


def test_a_form_with_json_in_the_field_of_its_sender() -> None:
    places = EventPlaces(form_field="payload", body="form")
    request = Request("POST", "/", "", (), b"payload=%7B%22a%22%3A%201%7D", "")
    assert ({"a": 1}, '{"a": 1}') == ((body := parse_as(places, request)).content, body.text)
    assert {"other": "1"} == parse_as(places, Request("POST", "/", "", (), b"other=1", "")).content


@pytest.mark.parametrize(
    ("body", "kind", "content"),
    [
        (b"", "", ""),
        ("größer\n".encode(), "text/plain", "größer\n"),
        ("größer".encode("latin-1"), "text/plain; charset=ISO-8859-1", "größer"),
        ("€".encode("cp1252"), 'text/plain; charset="windows-1252"', "€"),
        ("é".encode("utf-16"), "text/plain; format=flowed; charset=utf-16", "é"),
    ],
)
def test_text(body: bytes, kind: str, content: str) -> None:
    assert content == read("text", body, ("content-type", kind))


def test_lines_of_json() -> None:
    assert [] == read("ndjson", b"")
    assert [{"a": 1}, [2], "x"] == read("ndjson", b'{"a": 1}\r\n\n[2]\n"x"')
    with pytest.raises(EventMalformed, match="Line 3 is not JSON"):
        read("ndjson", b"1\n\n{")
    with pytest.raises(BodyTooLarge, match="more than 500,000 values"):
        read("ndjson", b"1\n" * 500_001)


def test_raw_takes_everything_as_it_came() -> None:
    assert {"content_type": "", "text": ""} == read("raw", b"")
    assert {"content_type": "a/b; c=d", "text": "<é>"} == read("raw", "<é>".encode(), ("content-type", "a/b; c=d"))
    zipped = b"\x1f\x8b\xff"
    content = read("raw", zipped, ("content-type", "text/plain"), ("content-encoding", "gzip"))
    assert ("gzip", zipped) == (content["content_encoding"], base64.b64decode(content["base64"]))


@pytest.mark.parametrize(
    ("body_format", "body", "headers", "error", "words"),
    [
        ("form", b"a=%ff", (), EventMalformed, "The form is not UTF-8"),
        ("form", b"\xff", (), EventMalformed, "The body is not UTF-8"),
        ("form", b"a=1&" * (MAX_FIELDS + 1), (), BodyTooLarge, f"more than {MAX_FIELDS} fields"),
        ("text", b"\xff", (), EventMalformed, "The body is not UTF-8: byte 0"),
        ("text", b"\x81", (("content-type", "text/plain; charset=windows-1252"),), EventMalformed, "not windows-1252"),
        ("text", b"a", (("content-type", "text/plain; charset=utf-7"),), UnsupportedMediaType, "charset 'utf-7'"),
        ("text", b"a", (("content-encoding", "gzip"),), UnsupportedMediaType, "Content-Encoding 'gzip'"),
        ("multipart", b"a", (("content-type", "text/plain"),), UnsupportedMediaType, "send Content-Type multipart"),
    ],
)
def test_what_is_refused(
    body_format: str, body: bytes, headers: tuple[tuple[str, str], ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        read(body_format, body, *headers)


def test_a_sender_may_name_the_format() -> None:
    assert "xml" == read_places({"body": "xml"}).body
    with pytest.raises(ValueError, match="body: must be one of json, form"):
        read_places({"body": "yaml"})
    with pytest.raises(ValueError, match="body: leave it out"):
        read_places({"body": "text", "envelope": "cloudevents"})


def test_the_page_has_every_format_and_its_numbers() -> None:
    page = (ROOT / "docs" / "filters.md").read_text("utf-8")
    table = page.partition("## Bodies that are not JSON")[2].partition("A format is")[0]
    assert ["body", *BODIES] == re.findall(r"^\| `(\w+)` \| [^|]+\|$", table, re.MULTILINE)
    numbers = (MAX_FIELDS, MAX_PARTS, MAX_XML_DEPTH, MAX_XML_NODES)
    told = "A form or a query has at most {} fields, a multipart body {} parts, XML {} levels and {} elements"
    assert told.format(*numbers) in " ".join(page.split())
