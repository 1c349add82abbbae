"""What a verified delivery says."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.flows.deployment import ROOT
from verihook.errors import BodyTooLarge, EventMalformed, UnsupportedMediaType
from verihook.model.header_rule import SECRET_WORDS
from verihook.request import Request
from verihook.senders import load_sender, sender_ids
from verihook.senders.body import parse
from verihook.senders.event import (
    EventPlaces,
    Place,
    event_action,
    event_id,
    event_type,
    is_wanted,
    refined,
)
from verihook.senders.event_table import read_places


def request(body: bytes, *headers: tuple[str, str]) -> Request:
    return Request("POST", "/", "", headers, body, "")


FORM = ("content-type", "application/x-www-form-urlencoded; charset=utf-8")


@given(st.binary(max_size=100), st.sampled_from([(), (FORM,)]))
def test_any_body_is_understood_or_refused(body: bytes, headers: tuple[tuple[str, str], ...]) -> None:
    try:
        parsed = parse(request(body, *headers), "payload")
    except EventMalformed:
        return
    assert parsed.content == json.loads(parsed.text)


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists))
def test_the_input_is_the_body_to_the_byte(content: object) -> None:
    body = json.dumps(content, indent=3, ensure_ascii=False).encode()
    parsed = parse(request(body))
    assert (body.decode(), content) == (parsed.text, parsed.content)


def test_a_byte_order_mark_is_ignored() -> None:
    assert '{"a":1}' == parse(request(b'\xef\xbb\xbf{"a":1}')).text


@pytest.mark.parametrize("envelope", ["", "cloudevents"])
@pytest.mark.parametrize("media_type", ["application/json", "application/cloudevents+json", FORM[1]])
def test_too_many_values_are_refused_before_they_are_made(envelope: str, media_type: str) -> None:
    body = b"[" + b"0," * 500_000 + b"}"
    headers = [
        ("content-type", media_type),
        *((f"ce-{name}", "1.0") for name in ("specversion", "id", "source", "type")),
    ]
    with pytest.raises(BodyTooLarge, match="more than 500,000 values"):
        parse(request(body, *headers), "payload", envelope if media_type != FORM[1] else "")


def test_forms() -> None:
    assert {"a": "1", "b": ["2", "3"], "c": ""} == parse(request(b"a=1&b=2&b=3&c=", FORM)).content
    assert {"a": 1} == parse(request(b"payload=%7B%22a%22:1%7D&x=y", FORM), "payload").content
    assert {"payload": "text"} == parse(request(b"payload=text", FORM)).content
    # Some senders post JSON and call it a form, because their client's default says so.
    assert {"a": 1} == parse(request(b' {"a":1}', FORM)).content


def test_media_that_cannot_be_read() -> None:
    for header in (("content-encoding", "br"), ("content-type", "multipart/form-data")):
        with pytest.raises(UnsupportedMediaType):
            parse(request(b"{}", header))
    assert {} == parse(request(b"{}", ("content-encoding", " Identity "))).content


def test_ids_and_types() -> None:
    where = EventPlaces(Place(header="x-id"), Place(json=("data", "kind")))
    delivery = request(b'{"data": {"kind": 7}}', ("x-id", "a"))
    body = parse(delivery)
    assert ("a", "7") == (event_id(where, delivery, body), event_type(where, delivery, body))
    empty = request(b"[]")
    assert event_type(where, empty, parse(empty)) is None
    with pytest.raises(EventMalformed, match="header x-id"):
        event_id(where, empty, parse(empty))
    assert (None, None) == (event_id(EventPlaces(), empty, body), event_type(EventPlaces(), empty, body))


def test_a_header_of_two_names_and_an_id_that_may_be_missing() -> None:
    where = read_places({"id": {"header": ["Svix-Id", "Webhook-Id"], "optional": True}})
    for headers, expected in (
        ([("webhook-id", "w")], "w"),
        ([("webhook-id", "w"), ("svix-id", "s")], "s"),
        ([], None),
    ):
        delivery = request(b"{}", *headers)
        assert expected == event_id(where, delivery, parse(delivery))
    empty = request(b"{}", ("svix-id", ""))
    with pytest.raises(EventMalformed):
        event_id(where, empty, parse(empty))


def test_a_list_of_places_is_read_in_its_order() -> None:
    where = read_places({"id": [{"json": "event_id"}, {"header": ["X-Id", "Id"]}, {"json": "a.b", "optional": True}]})
    assert "event_id or header x-id or a.b" == str(where.id)
    for content, headers, expected in (
        (b'{"event_id": "e", "a": {"b": "c"}}', [("id", "h")], "e"),
        (b'{"event_id": null, "a": {"b": "c"}}', [("id", "h")], "h"),
        (b'{"a": {"b": "c"}}', [], "c"),
        (b"[]", [], None),
    ):
        delivery = request(content, *headers)
        assert expected == event_id(where, delivery, parse(delivery))
    needed = read_places({"id": [{"json": "a"}, {"json": "b"}]})
    with pytest.raises(EventMalformed, match=r"\(a or b\)"):
        event_id(needed, request(b"{}"), parse(request(b"{}")))


def test_wanted() -> None:
    assert is_wanted(None, ())
    assert not is_wanted(None, ("a",))
    assert is_wanted("order.created", ("order.*",))
    assert is_wanted("anything", ("*",))
    assert not is_wanted("orders", ("order.*", "order"))


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({"ids": 1}, "ids: unknown"),
        ({"id": "x"}, "id: write"),
        ({"id": {}}, "id: write"),
        ({"id": []}, "id: write"),
        ({"id": [{"json": "a"}, 1]}, "id: write"),
        ({"id": {"header": ""}}, "id: write"),
        ({"type": {"json": "a", "header": "b"}}, "type: write"),
        ({"id": {"header": []}}, "id: write"),
        ({"id": {"header": ["a", 1]}}, "id: write"),
        ({"id": {"json": "a", "optional": "yes"}}, "id: optional is true or false"),
        ({"unique": ""}, "unique: write the path of the member"),
        ({"unique": "a..b"}, "unique: write the path of the member"),
        ({"unique": ["a"]}, "unique: write the path of the member"),
    ],
)
def test_tables_that_say_nothing(table: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_places(table)


def test_an_action_refines_a_type() -> None:
    for wanted in (("pull_request.opened",), ("pull_request",), ("pull_request*",), ("pull_request.*",), ()):
        assert is_wanted("pull_request", wanted, "opened"), wanted
    for unwanted in (("pull_request.closed",), ("push",), ("opened",), ("pull_request.opened.x",)):
        assert not is_wanted("pull_request", unwanted, "opened"), unwanted
    assert not is_wanted("pull_request", ("pull_request.opened",))
    assert not is_wanted(None, ("None.opened",), "opened")
    assert ["a.b", "a", None] == [refined("a", "b"), refined("a", None), refined(None, "b")]


@pytest.mark.parametrize("value", [None, 1, "", "x" * 257, "\ud800", {}])
def test_what_cannot_be_an_action_is_none(value: object) -> None:
    places = EventPlaces(action=Place(json=("action",)))
    assert event_action(places, request(b""), {"action": value}) is None


@pytest.mark.parametrize(
    ("sender", "content"),
    [
        ("github", {"action": "opened"}),
        ("github-sha1", {"action": "opened"}),
        ("linear", {"action": "opened"}),
        ("sentry", {"action": "opened"}),
        ("gitlab-token", {"object_attributes": {"action": "opened"}}),
        ("gitlab-signing", {"object_attributes": {"action": "opened"}}),
        ("jira", {"issue_event_type_name": "opened"}),
    ],
)
def test_the_senders_whose_type_is_refined(sender: str, content: object) -> None:
    assert "opened" == event_action(load_sender(sender).places, request(b""), content)
    page = (ROOT / "docs" / "filters.md").read_text("utf-8").partition("## Expressions")[0]
    assert f"`{sender}`" in page


def test_the_page_has_the_headers_of_every_sender_and_none_may_hold_a_secret() -> None:
    passed = {sender: load_sender(sender).places.pass_headers for sender in sender_ids()}
    assert {"x-shopify-topic", "shopify-shop-domain"} <= set(passed["shopify"])
    assert not [name for names in passed.values() for name in names if any(word in name for word in SECRET_WORDS)]
    page = (ROOT / "docs" / "filters.md").read_text("utf-8").partition("## What comes beside")[2].partition("\n## ")[0]
    rows = {
        sender: set(re.findall(r"`([^`]+)`", row.partition(" | ")[2]))
        for row in page.splitlines()
        for sender in re.findall(r"`([^`]+)`", row.partition(" | ")[0])
        if sender in passed and row.startswith("|")
    }
    short = {"shopify-topic", "shopify-shop-domain", "shopify-api-version"}
    assert {sender: set(names) - short for sender, names in passed.items() if names} == {
        sender: names - {"shopify-"} for sender, names in rows.items()
    }
