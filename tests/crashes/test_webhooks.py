"""At every call that a webhook makes the process stops or the call fails: its workflow starts once, in the end."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress

import pytest

from tests.crashes.faults import Kind, When, every_position
from tests.crashes.sources import QUEUE
from tests.crashes.world import World
from tests.flows.signing import order
from verihook.errors import LedgerUnavailable
from verihook.webhooks.feeds import handle

LARGE = {"note": "x" * 2_000}

#: What a webhook calls, by source and size of its body.
CALLS = {
    ("stepfunctions", False): ["ledger.claim", "engine.start"],
    ("stepfunctions", True): ["payloads.put", "ledger.claim", "engine.start"],
    ("durable", False): ["ledger.claim", "engine.start"],
    ("durable", True): ["payloads.put", "ledger.claim", "engine.start"],
    ("function", False): ["ledger.claim"],
}


def name_of(trial: int) -> str:
    return f"evt_{trial}"


@pytest.mark.parametrize("redelivered", [True, False], ids=["redelivered", "reconcile alone"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("source", "large"), CALLS)
def test_a_webhook(whole: World, source: str, large: bool, when: When, redelivered: bool) -> None:
    _deliver_everywhere(whole, (source, large), "crash", when, redelivered)


@pytest.mark.parametrize("redelivered", [True, False], ids=["redelivered", "reconcile alone"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("source", "large"), CALLS)
def test_a_webhook_one_call_of_which_fails(
    on_sqlite: World, source: str, large: bool, when: When, redelivered: bool
) -> None:
    _deliver_everywhere(on_sqlite, (source, large), "outage", when, redelivered)


def _deliver_everywhere(whole: World, sent: tuple[str, bool], kind: Kind, when: When, redelivered: bool) -> None:
    source, large = sent
    fields = LARGE if large else {}
    statuses: list[int] = []

    def act(trial: int) -> None:
        answer = whole.deliver(source, name_of(trial), **fields)
        statuses.append(answer.status)
        assert 200 == answer.status or "5" == answer.headers["retry-after"]

    def check(trial: int, call: str) -> None:
        known = {row.event_id for row in whole.rows()}
        if redelivered or not call:
            answer = json.loads(whole.deliver(source, name_of(trial), **fields).body)
            assert (name_of(trial) in known) == answer["duplicate"]
            whole.deliver(source, name_of(trial), **fields)
        # As if the process had died: who was to be woken is not.
        whole.woken.clear()
        whole.settle()
        rows = [row for row in whole.rows() if row.event_id == name_of(trial)]
        # Before the claim nothing was accepted: without a redelivery there is nothing to start.
        claimed = redelivered or not call or name_of(trial) in known
        assert claimed == (1 == len(rows)), (trial, call)
        for row in rows:
            assert "completed" == whole.assert_one(row.id, f"{when} {call}").status
            started = whole.ran if source == "function" else whole.hand.starts
            assert 1 == started.count(row.id), (trial, call)

    calls = CALLS[sent]
    assert calls == every_position(whole.faults, act, check, when, kind)
    if kind == "outage":
        # What is acknowledged is in the ledger: only the engine may be away.
        assert [200 if call == "engine.start" else 503 for call in calls] + [200] == statuses


@pytest.mark.parametrize("redelivered", [True, False], ids=["redelivered", "reconcile alone"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_batch_of_a_queue(whole: World, when: When, redelivered: bool) -> None:
    _bring_everywhere(whole, "crash", when, redelivered)


@pytest.mark.parametrize("redelivered", [True, False], ids=["redelivered", "reconcile alone"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_batch_of_a_queue_one_call_of_which_fails(on_sqlite: World, when: When, redelivered: bool) -> None:
    _bring_everywhere(on_sqlite, "outage", when, redelivered)


def _bring_everywhere(whole: World, kind: Kind, when: When, redelivered: bool) -> None:
    """Two messages to two sources, a state machine's and a function's. A queue brings again what was not taken."""

    def batch(trial: int, *numbers: str) -> list[str]:
        bodies = {number: order(id=f"{name_of(trial)}{number}").decode() for number in numbers}
        records = [
            {"eventSource": "aws:sqs", "eventSourceARN": QUEUE, "messageId": number, "body": body}
            for number, body in bodies.items()
        ]
        answer = handle({"Records": records}, whole.services)
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    failed: dict[int, list[str]] = {}

    def act(trial: int) -> None:
        failed[trial] = ["a", "b"]
        failed[trial] = batch(trial, "a", "b")

    def check(trial: int, call: str) -> None:
        if redelivered and failed[trial]:
            assert [] == batch(trial, *failed[trial])
        whole.woken.clear()
        whole.settle()
        rows = [row for row in whole.rows() if str(row.event_id).startswith(f"{name_of(trial)}")]
        for row in rows:
            assert "completed" == whole.assert_one(row.id, call).status
            assert 1 == (whole.hand.starts + whole.ran).count(row.id), call
        # Both sources have what was said to be taken.
        taken = "ab" if redelivered else [number for number in "ab" if number not in failed[trial]]
        there = Counter(row.event_id for row in rows)
        assert {2} >= {there[f"{name_of(trial)}{number}"] for number in taken}, call

    calls = every_position(whole.faults, act, check, when, kind)
    assert 2 * ["ledger.claim", "engine.start", "ledger.claim"] == calls


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_worker(whole: World, when: When) -> None:
    """A function whose worker dies may run again; its end is written once."""

    def act(trial: int) -> None:
        if trial not in made:
            whole.faults.plan(0, when)
            made[trial] = json.loads(whole.deliver("function", name_of(trial)).body)["instanceId"]
            whole.faults.plan(trial, when)
        whole.work()

    def check(trial: int, call: str) -> None:
        whole.woken.clear()
        whole.settle()
        row = whole.assert_one(made[trial], f"{when} {call}")
        assert ("completed", 1) == (row.status, row.attempt)
        # The one call after which it has run and nothing knows: before its end is written.
        assert whole.ran.count(row.id) in (1, 2), call

    made: dict[int, str] = {}
    assert ["ledger.get", "ledger.amend", "ledger.amend"] == every_position(whole.faults, act, check, when)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["crash", "outage"])
def test_a_worker_whose_function_fails_first(whole: World, kind: Kind, when: When) -> None:
    """Wherever its worker stops, it is tried again and ends well."""
    made: dict[int, str] = {}

    def act(trial: int) -> None:
        whole.faults.plan(0, when)
        made[trial] = json.loads(whole.deliver("function", name_of(trial), note="again").body)["instanceId"]
        whole.faults.plan(trial, when, kind)
        with suppress(LedgerUnavailable):
            whole.work()

    def check(trial: int, call: str) -> None:
        whole.woken.clear()
        whole.settle()
        row = whole.assert_one(made[trial], f"{when} {call}")
        assert "completed" == row.status
        # A crash takes a try of its own, at most.
        assert 2 <= row.tries <= 3, call
        assert whole.ran.count(row.id) <= row.tries, call

    assert ["ledger.get", "ledger.amend", "ledger.amend"] == every_position(whole.faults, act, check, when, kind)
