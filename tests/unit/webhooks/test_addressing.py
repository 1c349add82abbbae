"""Whom the event of a source with ``resume`` is for, and what becomes of it if it is for none."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.instances import NOW
from tests.unit.bare import a_request
from tests.unit.parts import Parts, parts, request
from verihook import instances
from verihook.errors import BodyTooLarge, EventMalformed, RequestInvalid
from verihook.instances.reconcile import reconcile
from verihook.model.expression import Expression
from verihook.model.instance import Progress, iso
from verihook.model.ports import Trace
from verihook.model.resumption import Otherwise, Resume
from verihook.model.source import Source
from verihook.senders import load_sender
from verihook.webhooks import deliveries
from verihook.webhooks.addressing import Addressee
from verihook.webhooks.intake import IntakeResult, ProvenEvent, start_for_event

__all__ = ["parts"]

MATCH = {"metadata.order": Expression("match", "order")}


def source(otherwise: Otherwise = "start", event: str | None = "paid", **fields: Any) -> Source:
    return Source("pays", load_sender("generic"), (), "w", resume=Resume("w", MATCH, event, otherwise), **fields)


def pay(parts: Parts, to: Source, id: str = "evt_1", **content: Any) -> tuple[IntakeResult, Trace]:
    content = {"order": "7", **content}
    text = json.dumps(content)
    trace = Trace("r1", parts.clock.now_ms(), "pays")
    event = ProvenEvent(content, text, id, "order.paid", a_request(text.encode()))
    return start_for_event(to, event, parts.services, trace), trace


def order(parts: Parts, id: str = "order-7", label: str = "7", workflow: str = "w", **fields: Any) -> None:
    instances.submit(request(workflow, id=id, metadata={"order": label}, **fields), "", parts.services)


def end(parts: Parts, id: str = "order-7") -> None:
    parts.engine.end(id)
    instances.record_progress(id, 1, Progress("completed"), parts.clock.at, parts.services, "w")


def box(parts: Parts, id: str = "order-7") -> list[tuple[str, str]]:
    return [(entry.name, entry.state) for entry in instances.mailbox(id, parts.services)]


def test_an_event_goes_to_the_instance_with_its_label(parts: Parts) -> None:
    order(parts)
    order(parts, "order-8", "8")
    order(parts, "strict-7", workflow="strict")
    taken, trace = pay(parts, source())
    assert ("completed", False, "resumed") == (taken.status, taken.duplicate, trace.outcome)
    assert {"resumed": ["order-7"]} == taken.addressee.public() if taken.addressee else None
    assert [("paid", "buffered")] == box(parts)
    assert [[], []] == [box(parts, other) for other in ("order-8", "strict-7")]
    assert ["order-7", "order-8", "strict-7"] == parts.engine.starts


def test_its_wait_gets_the_body_or_what_transform_makes_of_it(parts: Parts) -> None:
    order(parts)
    for token in ("one", "two"):
        parts.engine.tokens.add(token)
        instances.await_event("order-7", 1, "paid", token, parts.services)
    pay(parts, source())
    pay(parts, source(transform=Expression("transform", "{of: order}")), "evt_2")
    assert [("one", '{"order": "7"}'), ("two", '{"of":"7"}')] == parts.engine.answers


def test_the_same_again_is_a_duplicate(parts: Parts) -> None:
    order(parts)
    first, _ = pay(parts, source())
    again, trace = pay(parts, source())
    assert (first.instance_id, True, "duplicate") == (again.instance_id, again.duplicate, trace.outcome)
    assert again.addressee is not None
    assert ("order-7",) == again.addressee.resumed
    assert [("paid", "buffered")] == box(parts)
    # Also if the order has ended since, whatever becomes of the events of ended ones.
    end(parts)
    for otherwise in ("start", "hold", "ignore"):
        late, trace = pay(parts, source(otherwise))
        assert (first.instance_id, True, "duplicate") == (late.instance_id, late.duplicate, trace.outcome)
        assert not trace.changed
    assert ["order-7"] == parts.engine.starts


def test_a_redelivery_finishes_what_was_left(parts: Parts) -> None:
    order(parts)
    parts.engine.tokens.add("one")
    instances.await_event("order-7", 1, "paid", "one", parts.services)
    parts.engine.failing.add("answer")
    first, trace = pay(parts, source())
    assert ("queued", "resumed") == (first.status, trace.outcome)
    parts.engine.failing.clear()
    again, trace = pay(parts, source())
    assert (first.instance_id, "completed", True, "duplicate") == (
        again.instance_id,
        again.status,
        again.duplicate,
        trace.outcome,
    )


def test_all_with_the_label_get_it(parts: Parts) -> None:
    order(parts)
    order(parts, "other-7")
    taken, _ = pay(parts, source())
    assert taken.addressee is not None
    assert {"order-7", "other-7"} == set(taken.addressee.resumed)
    assert [("paid", "buffered")] == box(parts) == box(parts, "other-7")


def test_so_many_get_none(parts: Parts) -> None:
    for number in range(51):
        order(parts, f"order-{number}")
    taken, _ = pay(parts, source())
    row = parts.row(str(taken.instance_id))
    assert ("failed", "TooManyInstances") == (row.status, row.error)
    assert taken.addressee is not None
    assert {"resumed": []} == taken.addressee.public()
    assert [] == box(parts, "order-1")


def test_one_that_has_ended_is_none(parts: Parts) -> None:
    order(parts)
    end(parts)
    taken, trace = pay(parts, source("ignore"))
    assert (None, "ignored") == (taken.instance_id, trace.outcome)
    assert "has ended" in str(trace.detail)
    assert taken.addressee is not None
    assert {"resumed": [], "ended": ["order-7"]} == taken.addressee.public()
    started, trace = pay(parts, source())
    assert ("running", "accepted") == (started.status, trace.outcome)
    assert ["order-7", started.instance_id] == parts.engine.starts


@pytest.mark.parametrize(("otherwise", "outcome"), [("start", "accepted"), ("hold", "ignored"), ("ignore", "ignored")])
def test_an_event_without_the_value_is_for_none(parts: Parts, otherwise: Otherwise, outcome: str) -> None:
    order(parts, label="None")
    for value in (None, "", True, ["7"], "x" * 257, "a\nb"):
        taken, trace = pay(parts, source(otherwise), f"evt_{value}", order=value)
        assert (outcome, outcome == "accepted") == (trace.outcome, taken.instance_id is not None), value
    assert [] == box(parts)


def test_of_a_wait_that_is_over_the_answer_names_none() -> None:
    chosen = Addressee(("order-7",))
    assert [{"resumed": ["order-7"]}] * 2 == [chosen.public(status) for status in ("queued", "completed")]
    assert {"resumed": []} == chosen.public("failed")


def test_a_number_is_a_label_too(parts: Parts) -> None:
    order(parts, label="7")
    assert "completed" == pay(parts, source(), order=7)[0].status


def test_what_is_held_is_handed_over_once_its_instance_has_begun(parts: Parts) -> None:
    held, trace = pay(parts, source("hold"))
    assert ("suspended", "resumed") == (held.status, trace.outcome)
    row = parts.row(str(held.instance_id))
    words = "Waits until an instance of w with metadata.order = 7 is started, until "
    until = iso(row.created_at + 86_400_000)
    assert ("NoInstance", f"{words}{until} at the latest.") == (row.error, row.cause)
    assert "suspended" == pay(parts, source("hold"))[0].status
    parts.clock.at += 60_000
    reconcile(parts.services)
    assert "suspended" == parts.row(row.id).status
    order(parts)
    parts.clock.at += 60_000
    reconcile(parts.services)
    row = parts.row(row.id)
    assert ("completed", None, None) == (row.status, row.error, row.due_at)
    assert [("paid", "buffered")] == box(parts)


def test_what_is_held_ends_in_words(parts: Parts) -> None:
    held, _ = pay(parts, source("hold"))
    parts.clock.at = NOW + 86_400_000 - 1
    reconcile(parts.services)
    assert "suspended" == parts.row(str(held.instance_id)).status
    parts.clock.at += 1
    reconcile(parts.services)
    row = parts.row(str(held.instance_id))
    assert ("failed", "NoInstance") == (row.status, row.error)
    assert row.expires_at is not None
    until = iso(row.expires_at * 1000)
    words = f"No instance of w with metadata.order = 7 ran within 24 hours. Until {until[:19]}"
    assert words == str(row.cause)[: len(words)]
    # A redrive looks once more, and holds it as long again.
    order(parts)
    instances.redrive(row.id, parts.services)
    parts.clock.at += 60_000
    reconcile(parts.services)
    assert "completed" == parts.row(row.id).status
    assert [("paid", "buffered")] == box(parts)


def test_a_replay_is_another_event(parts: Parts) -> None:
    order(parts)
    taken, _ = pay(parts, source())
    instances.restart(str(taken.instance_id), parts.services)
    parts.clock.at += 60_000
    reconcile(parts.services)
    assert [("paid", "buffered")] * 2 == box(parts)


def test_its_delivery_is_found(parts: Parts) -> None:
    order(parts)
    taken, _ = pay(parts, source())
    pay(parts, replace(source(), resume=None), "evt_2")
    services = replace(parts.services, sources={"pays": source()})
    everything = deliveries.View(None, lambda _: True)
    (entry,) = deliveries.page(deliveries.Filters(outcome="resumed"), 10, None, everything, services).entries
    assert (taken.instance_id, "resumed", "pays") == (entry.id, entry.outcome, entry.source)
    assert "resumed" == deliveries.find(str(taken.instance_id), services).outcome


def test_its_name_is_that_of_its_type_if_the_source_gives_none(parts: Parts) -> None:
    order(parts)
    pay(parts, source(event=None))
    assert [("order.paid", "buffered")] == box(parts)


def test_what_no_wait_can_take_is_refused(parts: Parts) -> None:
    order(parts)
    with pytest.raises(BodyTooLarge, match="131072 bytes"):
        pay(parts, source(), note="x" * 131_072)
    text = '{"order": "7"}'
    event = ProvenEvent({"order": "7"}, text, "evt_1", "not a name", a_request(text.encode()))
    with pytest.raises(EventMalformed, match=r"resume\.event"):
        start_for_event(source(event=None), event, parts.services, Trace("r1", NOW, "pays"))
    assert [] == box(parts)


def test_an_address_in_a_query_that_is_too_long_is_refused(parts: Parts) -> None:
    """It is not taken for one without an address, which its labels would bring elsewhere."""
    order(parts)
    long = replace(a_request(b'{"order": "7"}'), query=f"wait=a.1.b&more={'x' * 8_000}")
    event = ProvenEvent({"order": "7"}, '{"order": "7"}', "evt_1", "order.paid", long)
    with pytest.raises(RequestInvalid, match="2048"):
        start_for_event(source(waits=True), event, parts.services, Trace("r1", NOW, "pays"))
    assert [] == box(parts)


def test_an_instance_that_a_webhook_starts_has_the_labels_of_its_source(parts: Parts) -> None:
    labels = {"order": Expression("metadata", "order"), "none": Expression("metadata", "missing")}
    started, _ = pay(parts, replace(source(), resume=None, metadata=labels))
    assert {"order": "7"} == parts.row(str(started.instance_id)).metadata
    taken, _ = pay(parts, source(), "evt_2")
    assert taken.addressee is not None
    assert (started.instance_id,) == taken.addressee.resumed
