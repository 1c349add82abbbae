from __future__ import annotations

from typing import Any

import pytest
from fastapi import Request

from tests.unit.bare import bare_services
from verihook.dialects.dapr_requests import content_of, draft_event, is_draft, metadata_of
from verihook.errors import EventMalformed, RequestInvalid
from verihook.model.policy import Policy


def request(*headers: tuple[str, str], query: str = "", kind: str = "order") -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers]
    scope = {"type": "http", "method": "POST", "path": "/", "query_string": query.encode(), "headers": raw}
    return Request({**scope, "path_params": {"kind": kind}})


def test_the_first_segment_or_an_instance_id_in_the_query_is_the_built_grammar() -> None:
    services = bare_services()
    assert is_draft(request(), services)
    assert not is_draft(request(kind="dapr"), services)
    assert not is_draft(request(query="instanceID=1"), services)


def test_the_components_are_those_of_the_policy() -> None:
    services = bare_services(policy=Policy(dapr_components=("a", "b.c")))
    drafts = {kind: is_draft(request(kind=kind), services) for kind in ("a", "b.c", "dapr", "order")}
    assert drafts == {"a": False, "b.c": False, "dapr": True, "order": True}


@pytest.mark.parametrize(
    ("headers", "pairs"),
    [
        (["a=1; b=2"], {"a": "1", "b": "2"}),
        (["a=1,b=2"], {"a": "1", "b": "2"}),
        (["a=1", "b=x=y;"], {"a": "1", "b": "x=y"}),
        ([], {}),
    ],
)
def test_metadata_is_written_as_cookies_are(headers: list[str], pairs: dict[str, str]) -> None:
    assert metadata_of(request(*(("dapr-workflow-metadata", header) for header in headers))) == pairs


def test_metadata_that_is_no_pair_is_refused() -> None:
    for header in ("a", "=1"):
        with pytest.raises(RequestInvalid):
            metadata_of(request(("dapr-workflow-metadata", header)))


@pytest.mark.parametrize(("text", "content"), [("", None), ('{"a":1}', {"a": 1}), ("a b", "a b")])
def test_a_body_is_json_or_text(text: str, content: Any) -> None:
    assert content_of(request(), text) == content


def test_a_body_that_is_declared_json_must_be_some() -> None:
    for media_type in ("application/json; charset=utf-8", "application/cloudevents+json"):
        with pytest.raises(EventMalformed):
            content_of(request(("content-type", media_type)), "a b")


def test_an_events_name_is_in_the_query_the_body_or_a_cloud_events_type() -> None:
    body = {"eventName": "b", "eventData": 1}
    assert draft_event(request(query="eventName=q"), body) == ("q", body)
    assert draft_event(request(("ce-type", "t")), body) == ("b", 1)
    assert draft_event(request(("ce-type", "t")), {"a": 1}) == ("t", {"a": 1})
    with pytest.raises(RequestInvalid):
        draft_event(request(), {"eventName": 1})
