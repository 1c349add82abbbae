"""Deliveries that carry several events: one row, an instance of each event, and a result of each at the delivery."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.flows.conftest import AwsFace, LambdaContext, LocalFace
from tests.flows.faces import Answer, Face, wait_for
from tests.flows.signing import new_id, x_signature
from tests.flows.waiting import FINAL, wait_until
from verihook import main
from verihook.api.delivery_rendering import detail
from verihook.webhooks import deliveries


def send(face: Face, source: str, body: bytes) -> Answer:
    return face.send("POST", f"/hooks/{source}", x_signature(body), body)


def event(event_id: str | None, **more: Any) -> dict[str, Any]:
    fields = {"type": "order.created", "orderId": "o", "items": [{"productId": "a", "quantity": 2, "price": 10}]}
    return {"id": event_id, **fields} | more


def ended(face: Face, delivery_id: str) -> bool:
    return face.send("GET", f"/?instanceId={delivery_id}", []).json["status"] in FINAL


def results(face: LocalFace | AwsFace, delivery_id: str) -> Any:
    """What became of the events, once the delivery has ended."""
    if isinstance(face, AwsFace):
        # What could not be reached on a busy machine is tried again by reconcile alone.
        wait_until(lambda: ended(face, delivery_id) or main.reconcile({}, LambdaContext()) is None)
    wait_for(face, delivery_id)
    if isinstance(face, LocalFace):
        return face.ask(f"/v1/deliveries/{delivery_id}").json["events"]
    services = main.services()
    entry = deliveries.find(delivery_id, services)
    assert detail(entry, services.clock.now_ms(), with_error=True)["outcome"] == "accepted"
    return deliveries.events(entry, services.payloads)


def test_each_event_of_a_delivery_becomes_an_instance(face: LocalFace | AwsFace) -> None:
    good, known, ignored = new_id(), new_id(), new_id()
    first = send(face, "batches", json.dumps({"events": [event(known)]}).encode())
    assert 1 == results(face, first.json["instanceId"])["started"]
    body = json.dumps(
        {
            "events": [
                event(good),
                event(known),
                event(None),
                event(ignored, type="invoice.paid"),
                event(new_id(), items="none"),
                event(good),
            ]
        }
    ).encode()
    answer = send(face, "batches", body)
    assert (True, False) == (answer.status < 300, answer.json["duplicate"])
    delivery_id = answer.json["instanceId"]
    found = results(face, delivery_id)
    assert ["started", "duplicate", "failed", "ignored", "failed", "duplicate"] == [
        each["status"] for each in found["results"]
    ]
    assert {"count": 6, "started": 1, "duplicate": 2, "ignored": 1, "failed": 2} == {
        name: value for name, value in found.items() if name != "results"
    }
    started, twice = found["results"][0], found["results"][5]
    assert (good, "order.created") == (started["eventId"], started["eventType"])
    assert started["instanceId"] == twice["instanceId"]
    assert {"event-malformed", "input-invalid"} == {each["reason"] for each in found["results"] if "reason" in each}
    assert "completed" == wait_for(face, started["instanceId"])["status"]
    # A bad event makes the delivery one that an operator finds; the sender was answered long before.
    assert "failed" == wait_for(face, delivery_id)["status"]
    rows = face.rows()
    again = send(face, "batches", body)
    assert (True, True, delivery_id) == (again.status < 300, again.json["duplicate"], again.json["instanceId"])
    assert found == results(face, delivery_id)
    assert rows == face.rows()


def test_lines_of_json_are_events(face: LocalFace | AwsFace) -> None:
    ids = [new_id(), new_id()]
    answer = send(face, "lines", "".join(json.dumps({"id": each}) + "\n" for each in ids).encode())
    assert answer.status < 300
    found = results(face, answer.json["instanceId"])["results"]
    assert ids == [each["eventId"] for each in found]
    if isinstance(face, LocalFace):
        assert {"id": ids[1]} == wait_for(face, found[1]["instanceId"])["output"]
    else:
        row = main.services().ledger.get(found[1]["instanceId"], 0)
        assert (ids[1], "echo") == (row and row.event_id, row and row.workflow)


@pytest.mark.parametrize(("body", "status"), [(b'{"events": []}', 200), (b'{"events": 7}', 400), (b"{}", 400)])
def test_a_delivery_without_events_leaves_no_row(face: LocalFace | AwsFace, body: bytes, status: int) -> None:
    before = face.rows()
    answer = send(face, "batches", body)
    assert status == answer.status
    assert before == face.rows()


def test_the_list_shows_the_delivery_and_its_events(local_face: LocalFace) -> None:
    event_id = new_id()
    answer = send(local_face, "batches", json.dumps({"events": [event(event_id)]}).encode())
    found = results(local_face, answer.json["instanceId"])["results"]
    listed = wait_until(lambda: local_face.ask("/v1/deliveries?source=batches").json["deliveries"])
    carriers = {each["id"]: each["carrier"] for each in listed}
    assert None is carriers[answer.json["instanceId"]]
    assert answer.json["instanceId"] == carriers[found[0]["instanceId"]]
    body = local_face.ask(f"/v1/deliveries/{found[0]['instanceId']}/body")
    assert (404, True) == (body.status, answer.json["instanceId"] in body.json["detail"])
