"""A payment comes for an order that waits for it, and the process stops at every call: the order gets it, once."""

from __future__ import annotations

import json

import pytest

from tests.crashes.faults import Kind, When, every_position
from tests.crashes.world import World
from verihook import instances
from verihook.instances import StartRequest

PHASES = ["before the wait", "during the wait", "after another event"]

#: What a payment calls whose order waits for it.
CALLS = [
    "ledger.page",
    "ledger.claim",
    "ledger.get",
    "documents.read",
    "documents.write",
    "documents.remove",
    "documents.read",
    "documents.write",
    "engine.answer",
    "documents.read",
    "documents.write",
    "documents.read",
    "ledger.record",
]


def name_of(trial: int) -> str:
    return f"order-{trial}"


def started(whole: World, trial: int, workflow: str = "machine") -> None:
    request = StartRequest(workflow, {"orderId": str(trial)}, id=name_of(trial), metadata={"order": str(trial)})
    instances.submit(request, "", whole.services)


def waits(whole: World, trial: int, token: str = "token") -> None:
    """The order waits for its payment, as its engine says."""
    token = f"{token} of {name_of(trial)}"
    whole.hand.tokens.add(token)
    instances.await_event(name_of(trial), 1, "paid", token, whole.services)


def payments(whole: World, trial: int) -> list[str]:
    """The ids of the payments that the waits of the order were answered with."""
    return [json.loads(text)["id"] for token, text in whole.hand.answers if token.endswith(f" of {name_of(trial)}")]


def prepared(whole: World, trial: int, phase: str, workflow: str) -> list[str]:
    """An order before, during or after the wait; what it was paid already."""
    started(whole, trial, workflow)
    if phase == "during the wait":
        waits(whole, trial)
    if phase != "after another event":
        return []
    waits(whole, trial, "first token")
    whole.deliver(f"pays-{workflow}", f"first_{trial}", orderId=str(trial))
    return [f"first_{trial}"]


def test_a_payment_meets_the_order_that_waits_for_it(whole: World) -> None:
    calls = _pay_everywhere(whole, "machine", "during the wait", "crash", "after", redelivered=False)
    assert CALLS == calls


@pytest.mark.parametrize(
    ("workflow", "kind", "redelivered"),
    [("machine", "crash", True), ("machine", "crash", False), ("durable", "crash", False), ("durable", "outage", True)],
)
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("phase", PHASES)
def test_a_payment_meets_its_order_once(
    on_sqlite: World, phase: str, workflow: str, kind: Kind, when: When, redelivered: bool
) -> None:
    _pay_everywhere(on_sqlite, workflow, phase, kind, when, redelivered)


def _pay_everywhere(whole: World, workflow: str, phase: str, kind: Kind, when: When, redelivered: bool) -> list[str]:
    source = f"pays-{workflow}"
    before: dict[int, list[str]] = {}

    def act(trial: int) -> None:
        whole.faults.plan(0, when)
        before[trial] = prepared(whole, trial, phase, workflow)
        whole.faults.plan(trial, when, kind)
        answer = whole.deliver(source, f"evt_{trial}", orderId=str(trial))
        assert 200 == answer.status or "5" == answer.headers["retry-after"]

    def check(trial: int, call: str) -> None:
        claimed = f"evt_{trial}" in {row.event_id for row in whole.rows()}
        if redelivered:
            answer = json.loads(whole.deliver(source, f"evt_{trial}", orderId=str(trial)).body)
            assert ([name_of(trial)], claimed) == (answer["resumed"], answer["duplicate"]), call
            whole.deliver(source, f"evt_{trial}", orderId=str(trial))
        if phase != "during the wait":
            waits(whole, trial)
        whole.settle(3, ending=False)
        paid = [*before[trial], *([f"evt_{trial}"] if claimed or redelivered else [])]
        assert paid == payments(whole, trial), (trial, call)
        if claimed or redelivered:
            (row,) = [row for row in whole.rows() if row.event_id == f"evt_{trial}"]
            assert "completed" == whole.assert_one(row.id, call).status
            assert {"event": "paid", "resumed": [name_of(trial)]} == instances.output_of(
                instances.get(row.id, whole.services), whole.services.payloads
            )
        assert [] == whole.ran

    return every_position(whole.faults, act, check, when, kind)
