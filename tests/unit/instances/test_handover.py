"""What becomes of an event whose instance ends before it has it, and of one that something does not take just now."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.instances import NOW
from tests.unit.parts import Parts, parts, request
from verihook import instances
from verihook.instances.handover import MOST_TARGETS, find, hand_over, resumed
from verihook.instances.reconcile import reconcile
from verihook.model.delivery import Delivery
from verihook.model.instance import RESUME, Instance, Progress
from verihook.model.resumption import Resumption

__all__ = ["parts"]

LABEL = (("metadata.order", "7"),)


def delivery(parts: Parts, otherwise: Any = "start", *targets: str, workflow: str = "w", **fields: Any) -> Instance:
    """A row that was claimed, and whose process died before it handed anything over."""
    resumption = Resumption("w", "paid", LABEL, otherwise, 3_600_000, targets, 1)
    row = Instance(
        "d1",
        workflow,
        fields.pop("input", '{"n": 1}'),
        created_at=parts.clock.at,
        updated_at=parts.clock.at,
        source="pays",
        engine=RESUME,
        due_at=parts.clock.at + 100,
        **{"delivery": Delivery(resumption=resumption), **fields},
    )
    assert parts.ledger.claim(row) is None
    return row


def order(parts: Parts, id: str = "order-7") -> None:
    instances.submit(request(id=id, metadata={"order": "7"}), "", parts.services)


def end(parts: Parts, id: str = "order-7") -> None:
    parts.engine.end(id)
    instances.record_progress(id, 1, Progress("completed"), parts.clock.at, parts.services, "w")


def waits(parts: Parts, id: str = "order-7") -> None:
    parts.engine.tokens.add(f"token of {id}")
    instances.await_event(id, 1, "paid", f"token of {id}", parts.services)


def test_those_with_the_label_are_found_and_those_that_have_ended_are_named(parts: Parts) -> None:
    for id in ("order-1", "order-2", "order-3"):
        order(parts, id)
        parts.clock.at += 1
    end(parts, "order-2")
    found = find("w", LABEL, parts.services)
    assert (("order-3", "order-1"), ("order-2",)) == (found.alive, found.ended)
    assert ((), ()) == (find("strict", LABEL, parts.services).alive, find("w", (("tag", "7"),), parts.services).alive)
    for number in range(MOST_TARGETS):
        order(parts, f"more-{number}")
    assert MOST_TARGETS + 1 == len(find("w", LABEL, parts.services).alive)


def test_an_order_that_ended_with_the_event_has_it(parts: Parts) -> None:
    """The process died after the event was handed over, and the order ended with it: nothing starts for it again."""
    order(parts)
    waits(parts)
    row = delivery(parts, "start", "order-7")
    assert "completed" == hand_over(row, parts.services)
    assert 1 == len(parts.engine.answers)
    end(parts)
    # As it was before the end was written.
    assert "completed" == hand_over(row, parts.services)
    assert ["order-7"] == parts.engine.starts
    assert 1 == len(parts.engine.answers)


@pytest.mark.parametrize("told", [True, False], ids=["the ledger knows", "the engine alone knows"])
def test_an_order_that_ended_without_the_event_is_none(parts: Parts, told: bool) -> None:
    order(parts)
    row = delivery(parts, "start", "order-7")
    parts.engine.end("order-7")
    if told:
        end(parts)
    assert "running" == hand_over(row, parts.services)
    assert ["order-7", "d1"] == parts.engine.starts
    started = parts.row("d1")
    assert (None, "hand", 3, '{"n": 1}') == (started.resumption, started.engine, started.version, started.input)


def test_what_its_own_workflow_does_not_take_fails_in_words(parts: Parts) -> None:
    row = delivery(parts, "start", workflow="strict", input='{"n": "one"}')
    assert "failed" == hand_over(row, parts.services)
    assert "InputInvalid" == parts.row("d1").error


@pytest.mark.parametrize(("otherwise", "status"), [("ignore", "completed"), ("over", "failed"), ("hold", "suspended")])
def test_what_else_becomes_of_it(parts: Parts, otherwise: str, status: str) -> None:
    order(parts)
    end(parts)
    assert status == hand_over(delivery(parts, otherwise, "order-7"), parts.services)
    row = parts.row("d1")
    assert status == row.status
    if status == "completed":
        assert {"event": "paid", "resumed": []} == json.loads(row.output)
    assert [] == parts.engine.starts[1:]


def test_what_cannot_be_reached_is_tried_again(parts: Parts) -> None:
    order(parts)
    waits(parts)
    parts.engine.failing.add("answer")
    assert "queued" == hand_over(delivery(parts, "start", "order-7"), parts.services)
    assert ["resume by d1"] == [where for where, _ in parts.heard.failures]
    parts.engine.failing.clear()
    for _ in range(3):
        parts.clock.at += 60_000
        reconcile(parts.services)
    assert ("completed", 1) == (parts.row("d1").status, len(parts.engine.answers))


def test_a_full_mailbox_is_tried_again_and_not_lost(parts: Parts) -> None:
    order(parts)
    for number in range(3):
        instances.raise_event("order-7", "other", {"note": "x" * 90_000}, parts.services, str(number))
    row = delivery(parts, "ignore", "order-7", input=json.dumps({"note": "x" * 90_000}))
    assert "queued" == hand_over(row, parts.services)
    assert "queued" == parts.row("d1").status


def test_the_slower_of_two_writes_nothing(parts: Parts) -> None:
    """Another process has chosen meanwhile: what it wrote stays, and what it chose gets the event."""
    row = delivery(parts, "hold", delivery=Delivery(resumption=Resumption("w", "paid", LABEL, "hold", 3_600_000)))
    order(parts)
    assert parts.ledger.amend(replace(row, cause="another"))
    assert "queued" == hand_over(row, parts.services)
    assert [] == instances.mailbox("order-7", parts.services)
    assert "another" == parts.row("d1").cause


def test_what_an_operator_holds_is_not_handed_over(parts: Parts) -> None:
    delivery(parts, "hold", "order-7")
    order(parts)
    instances.suspend("d1", parts.services)
    parts.clock.at += 60_000
    reconcile(parts.services)
    assert [] == instances.mailbox("order-7", parts.services)
    instances.resume("d1", parts.services)
    parts.clock.at += 60_000
    reconcile(parts.services)
    assert "completed" == parts.row("d1").status


def test_one_can_be_ended(parts: Parts) -> None:
    delivery(parts, "hold")
    assert "terminated" == instances.terminate("d1", parts.services).status
    order(parts)
    parts.clock.at += 60_000
    reconcile(parts.services)
    assert [] == instances.mailbox("order-7", parts.services)
    assert [] == instances.steps("d1", parts.services)
    assert NOW < parts.clock.at


@pytest.mark.parametrize("ended", [True, False])
def test_a_purge_of_one_deletes_what_is_left_of_it_and_ends(parts: Parts, ended: bool) -> None:
    """Its tombstone says nothing more of what it resumed, and still has no engine to ask."""
    key = f"d1/{'0' * 64}"
    parts.services.payloads.put(key, "{}")
    delivery(parts, "hold")
    if ended:
        instances.terminate("d1", parts.services)
    instances.purge("d1", parts.services, force=not ended)
    tombstone = parts.row("d1")
    assert (True, None) == (tombstone.purged, tombstone.leased_until)
    assert parts.services.payloads.get(key) is None


def test_those_that_have_the_event_are_named_and_no_others(parts: Parts) -> None:
    order(parts, "order-1")
    order(parts, "order-2")
    row = delivery(parts, "ignore", "order-1", "order-2")
    assert ("order-1", "order-2") == resumed(row)
    end(parts, "order-2")
    hand_over(row, parts.services)
    assert ("order-1",) == resumed(parts.row("d1"))


@pytest.mark.parametrize(
    ("otherwise", "targets", "error"),
    [("over", 1, "WaitOver"), ("hold", MOST_TARGETS + 1, "TooManyInstances")],
)
def test_of_what_failed_none_is_named(parts: Parts, otherwise: Any, targets: int, error: str) -> None:
    order(parts)
    end(parts)
    row = delivery(parts, otherwise, *(f"order-{7 + number}" for number in range(targets)))
    assert (() if targets > 1 else ("order-7",)) == resumed(row)
    assert "failed" == hand_over(row, parts.services)
    assert (error, ()) == (parts.row("d1").error, resumed(parts.row("d1")))


def test_what_starts_in_its_place_is_still_of_the_delivery_that_carried_it(parts: Parts) -> None:
    kept = Delivery(resumption=Resumption("w", "paid", LABEL, "start", 3_600_000, (), 1), carrier="b1")
    hand_over(delivery(parts, delivery=kept), parts.services)
    assert Delivery(carrier="b1") == parts.row("d1").delivery
