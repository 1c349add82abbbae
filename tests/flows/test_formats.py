"""Deliveries that are not JSON become instances, over HTTP and from a queue, and a redelivery of one is a duplicate."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.flows.deployment import SECRET
from tests.flows.faces import Answer, Face, wait_for
from tests.flows.signing import new_id, x_signature
from tests.unit.carriers import QUEUE, event_of_a_bus, notified, queued
from tests.unit.working import working
from verihook.model.source import Source
from verihook.records import replace
from verihook.senders import load_sender
from verihook.senders.event import EventPlaces
from verihook.webhooks.feeds import take_messages


def post(face: Face, source: str, body: bytes, kind: str) -> Answer:
    headers = [("Content-Type", kind), *x_signature(body)[1:]]
    return face.send("POST", f"/hooks/{source}", headers, body)


def output(face: Face, answer: Answer) -> Any:
    assert 200 == answer.status
    return wait_for(face, answer.json["instanceId"])["output"]


@pytest.mark.parametrize(("body", "kind"), [(b"<no json", "text/plain"), (b"", ""), (b"a=1", "multipart/nonsense")])
def test_whatever_verifies_is_a_raw_event(face: Face, body: bytes, kind: str) -> None:
    assert {"content_type": kind, "text": body.decode()} == output(face, post(face, "echoed", body, kind))


def test_bytes_come_as_base64(face: Face) -> None:
    made = output(face, post(face, "echoed", b"\x00\xff", "image/png"))
    assert {"content_type": "image/png", "base64": "AP8="} == made


def test_xml_with_its_id_in_an_attribute(face: Face) -> None:
    order = f'<order id="{new_id()}"><line n="1">Widget</line><line n="2">Bolt</line></order>'
    answer = post(face, "xml", order.encode(), "application/xml")
    lines = output(face, answer)["order"]["line"]
    assert [{"@n": "1", "#text": "Widget"}, {"@n": "2", "#text": "Bolt"}] == lines
    again = post(face, "xml", order.encode(), "application/xml")
    assert (True, answer.json["instanceId"]) == (again.json["duplicate"], again.json["instanceId"])
    refused = post(face, "xml", b"<!DOCTYPE order><order id='1'/>", "application/xml")
    assert (400, "event-malformed") == (refused.status, refused.json["code"])


def test_a_get_whose_query_is_the_event(face: Face) -> None:
    target = "/hooks/queried?" + urlencode({"id": new_id(), "tag": "größer", "n": ["1", "2"]}, doseq=True)
    answer = face.send("GET", target, [("X-Token", SECRET)])
    made = output(face, answer)
    assert ("größer", ["1", "2"]) == (made["tag"], made["n"])
    assert face.send("GET", target, [("X-Token", SECRET)]).json["duplicate"]
    assert 401 == face.send("GET", target, [("X-Token", "stranger")]).status
    refused = face.send("POST", target, [("X-Token", SECRET)], b"{}")
    assert (405, "GET") == (refused.status, refused.headers["allow"])


@pytest.mark.parametrize(
    ("body_format", "text", "input"),
    [
        ("text", "hello", "hello"),
        ("xml", "<a>1</a>", {"a": "1"}),
        ("form", "a=1&b=2", {"a": "1", "b": "2"}),
        ("ndjson", '{"n": 1}\n{"n": 2}', [{"n": 1}, {"n": 2}]),
        ("raw", "x", {"content_type": "a/b", "text": "x"}),
        # In the envelope of a topic, whose text is the body; the detail of a bus is JSON in any format.
        ("text", json.dumps(notified("hello")["Records"][0]["Sns"]), "hello"),
        ("xml", json.dumps(event_of_a_bus({"n": 4})), {"n": 4}),
    ],
)
def test_a_queue_brings_it_too(tmp_path: Path, body_format: str, text: str, input: Any) -> None:
    sender = replace(load_sender("generic"), places=EventPlaces(body=body_format))
    source = Source("fed", sender, (), "w", feed=QUEUE)
    event = queued(text)
    event["Records"][0]["messageAttributes"] = {"Content-Type": {"stringValue": "a/b", "dataType": "String"}}
    with working(tmp_path, {"w": lambda event, context: event}, sources={"fed": source}) as w:
        assert [] == take_messages(event, w.services)
        taken = w.told.deliveries[0].instance_id
        assert taken
        assert input == json.loads(w.row(taken).input)
