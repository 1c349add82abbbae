"""Which events of a source start something, and with what input: over HTTP and by feeds, on one machine and in AWS."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.flows import signing
from tests.flows.deployment import SECRET
from tests.flows.faces import Answer, Face, wait_for
from tests.flows.signing import new_id
from tests.unit.carriers import QUEUE, queued
from tests.unit.working import Working, working
from verihook.model.expression import Expression
from verihook.model.instance import Instance, derive_id
from verihook.model.source import Source
from verihook.senders import load_sender
from verihook.webhooks.feeds import take_messages

ITEMS = [{"quantity": 2, "price": 25, "sku": "a"}, {"quantity": 0, "price": 5}]


def post(face: Face, kind: str, content: dict[str, Any], delivery: str | None = None) -> Answer:
    body = json.dumps(content).encode()
    headers = signing.github(body, delivery or new_id(), kind, secret=SECRET)
    return face.send("POST", "/hooks/selected", headers, body)


def test_the_result_is_the_input_and_the_schema_is_of_it(face: Face) -> None:
    delivery = new_id()
    opened = {"action": "opened", "pull_request": {"id": "pr-1"}, "items": ITEMS}
    answer = post(face, "pull_request", opened, delivery)
    assert (200, False) == (answer.status, answer.json["duplicate"])
    assert {"orderId": "pr-1", "total": 50, "tax": 4} == wait_for(face, answer.json["instanceId"])["output"]
    again = post(face, "pull_request", opened, delivery)
    assert (200, answer.json["instanceId"], True) == (again.status, again.json["instanceId"], again.json["duplicate"])
    # The body has an orderId, the result has none.
    refused = post(face, "push", {"orderId": "x", "items": ITEMS, "pull_request": {"id": []}})
    assert (422, "/orderId") == (refused.status, refused.json["violations"][0]["pointer"])


@pytest.mark.parametrize(
    ("kind", "content", "named"),
    [
        ("pull_request", {"action": "closed", "items": ITEMS}, "pull_request.closed"),
        ("pull_request", {"items": ITEMS}, "pull_request"),
        ("ping", {"zen": "Design for failure."}, "ping"),
        ("push", {"items": []}, "push"),
        ("pull_request", {"action": "opened", "items": []}, "pull_request.opened"),
    ],
)
def test_any_other_is_ignored_without_a_write(
    face: Face, rows: Callable[[], int], kind: str, content: dict[str, Any], named: str
) -> None:
    before = rows()
    answer = post(face, kind, content)
    assert (200, {"ignored": named}, before) == (answer.status, answer.json, rows())


def test_an_event_that_it_cannot_be_applied_to_is_refused_in_words(face: Face, rows: Callable[[], int]) -> None:
    before = rows()
    answer = post(face, "push", {"orderId": "o"})
    assert (422, before) == (answer.status, rows())
    assert "when: In function length()" in answer.json["violations"][0]["message"]


def row_of(w: Working, event_id: str) -> Instance:
    return w.row(derive_id(w.services.instance_key, "fed", f"id {event_id}"))


def test_what_a_queue_brings_is_filtered_and_transformed_alike(tmp_path: Path) -> None:
    source = Source(
        "fed",
        load_sender("generic"),
        (),
        "w",
        ("order.new",),
        feed=QUEUE,
        when=Expression("when", "total > `1`"),
        transform=Expression("transform", "{n: multiply(total, `2`), id: id}"),
    )
    with working(tmp_path, {"w": lambda event, context: event}, sources={"fed": source}) as w:
        events: list[dict[str, Any]] = [
            {"id": "a", "type": "order.new", "total": 2},
            {"id": "b", "type": "order.old", "total": 2},
            {"id": "c", "type": "order.new", "total": 1},
            {"id": "a", "type": "order.new", "total": 2},
        ]
        assert [] == take_messages(queued(*events), w.services)
        assert [
            ("accepted", None),
            ("ignored", "types: order.old is not among them"),
            ("ignored", "when: the expression is not true of the event"),
            ("duplicate", None),
        ] == [(trace.outcome, trace.detail) for trace in w.told.deliveries]
        assert '{"n":4,"id":"a"}' == row_of(w, "a").input.replace(" ", "")
        assert not w.told.deliveries[3].changed
