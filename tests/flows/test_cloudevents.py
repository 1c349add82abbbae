"""CloudEvents over HTTP, binary and structured, signed.

https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.flows.faces import Answer, Headers
from tests.flows.signing import new_id, x_signature
from tests.flows.workshop import Api

pytest_plugins = ["tests.flows.workshop_fixture"]

DATA = {"orderId": "A1", "items": [{"quantity": 2, "price": 10}]}
SUMMARY = {"orderId": "A1", "lines": 1, "units": 2.0, "total": 20.0}
STRUCTURED = ("Content-Type", "application/cloudevents+json")


def attributes(**changes: str) -> dict[str, str]:
    return {"specversion": "1.0", "id": new_id(), "source": "/shop/7", "type": "order.created", **changes}


def signed(body: bytes) -> Headers:
    return [header for header in x_signature(body) if header[0] == "X-Signature"]


def structured(api: Api, event: dict[str, str], data: Any = DATA) -> Answer:
    body = json.dumps({**event, "datacontenttype": "application/json", "data": data}).encode()
    return api.face.send("POST", "/hooks/events", [*signed(body), STRUCTURED], body)


def binary(api: Api, event: dict[str, str], body: bytes, media_type: str = "application/json") -> Answer:
    headers = [(f"ce-{name}", value) for name, value in event.items()]
    return api.face.send("POST", "/hooks/events", [*signed(body), *headers, ("Content-Type", media_type)], body)


def test_both_modes_of_one_event_are_one_instance(api: Api) -> None:
    event = attributes()
    first = structured(api, event)
    assert (first.status, first.json["duplicate"]) == (200, False)
    id = first.json["instanceId"]
    second = binary(api, event, json.dumps(DATA, indent=2).encode())
    assert (second.status, second.json["instanceId"], second.json["duplicate"]) == (200, id, True)
    done = api.until(id)
    assert (done["input"], done["output"]) == (DATA, SUMMARY)
    assert (done["source"], done["eventType"]) == ("events", "order.created")
    assert done["eventId"] == f"/shop/7 {event['id']}"


def test_the_same_id_of_another_source_is_another_event(api: Api) -> None:
    event = attributes()
    ids = {structured(api, {**event, "source": source}).json["instanceId"] for source in ("/shop/7", "/shop/8")}
    assert len(ids) == 2


def test_a_text_becomes_a_json_string(api: Api) -> None:
    answer = binary(api, attributes(), "Zoë".encode(), "text/plain; charset=utf-8")
    assert api.get(answer.json["instanceId"])["input"] == "Zoë"


@pytest.mark.parametrize("mode", ["structured", "binary"])
def test_a_signature_is_required(api: Api, mode: str) -> None:
    event = attributes()
    if mode == "structured":
        headers, body = [STRUCTURED], json.dumps({**event, "data": DATA}).encode()
    else:
        headers = [*((f"ce-{name}", value) for name, value in event.items()), ("Content-Type", "application/json")]
        body = json.dumps(DATA).encode()
    for signature in ([], [("X-Signature", "0" * 64)], signed(body + b" ")):
        answer = api.face.send("POST", "/hooks/events", [*headers, *signature], body)
        assert (answer.status, answer.json["code"]) == (401, "signature")
    genuine = api.face.send("POST", "/hooks/events", [*headers, *signed(body)], body)
    assert (genuine.status, genuine.json["duplicate"]) == (200, False)


def test_a_batch_is_refused_in_words(api: Api) -> None:
    body = json.dumps([{**attributes(), "data": DATA}]).encode()
    headers = [*signed(body), ("Content-Type", "application/cloudevents-batch+json")]
    answer = api.face.send("POST", "/hooks/events", headers, body)
    assert (answer.status, answer.json["code"]) == (415, "unsupported-media-type")
    assert answer.json["detail"] == "CloudEvents in batches are not supported: send one event per request."


@pytest.mark.parametrize("missing", ["specversion", "id", "source", "type"])
def test_what_an_event_must_have(api: Api, missing: str) -> None:
    event = attributes()
    del event[missing]
    for answer in (structured(api, event), binary(api, event, b"{}")):
        assert (answer.status, answer.json["code"]) == (400, "event-malformed")
        assert answer.json["detail"] == f"The CloudEvent has no {missing}; it must be text."


def test_another_version_is_refused(api: Api) -> None:
    answer = structured(api, attributes(specversion="0.3"))
    assert (answer.status, "1.0" in answer.json["detail"]) == (400, True)
