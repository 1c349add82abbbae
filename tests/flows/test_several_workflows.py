"""One source that starts several workflows: an instance each, once, and a redelivery repairs what is missing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.carriers import QUEUE, queued
from tests.unit.working import Working, working
from verihook.errors import Duplicate, InputInvalid, LedgerUnavailable, NotActive
from verihook.model.instance import derive_id
from verihook.model.ports import Trace
from verihook.model.source import Source
from verihook.model.workflow import Workflow
from verihook.records import replace
from verihook.request import Request
from verihook.senders import load_sender
from verihook.webhooks.feeds import take_messages
from verihook.webhooks.intake import IntakeResult, ProvenEvent, start_for_event
from verihook.webhooks.receive import receive

SENDER = load_sender("generic")
BOTH = Source("both", SENDER, (), "a", feed=QUEUE, by_name=("a", "b"))
MORE = Source("more", SENDER, (), "a", by_name=("b",))
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer", "default": 7}}}


class Proven:
    verified_by = "current"
    signed = ""


@pytest.fixture
def w(tmp_path: Path) -> Iterator[Working]:
    runs = {name: lambda event, context: event for name in ("a", "b")}
    workflows = {
        "a": Workflow("a", "function", "a"),
        "b": Workflow("b", "function", "b", input_schema=SCHEMA),
        "paused": Workflow("paused", "function", "a", status="paused"),
    }
    with working(tmp_path, runs, sources={"both": BOTH}) as made:
        known: Any = made.services.workflows
        known.update(workflows)
        yield made


def arrive(w: Working, source: Source, content: Any = None) -> tuple[IntakeResult, Trace]:
    content = {"id": "e", "n": 1} if content is None else content
    trace = Trace("r", w.clock.now_ms(), source.name)
    text = json.dumps(content)
    request = Request("POST", "/", "", (), text.encode(), "r")
    return start_for_event(source, ProvenEvent(content, text, "e", None, request), w.services, trace), trace


def id_of(w: Working, source: str, workflow: str = "") -> str:
    named = f"workflow {workflow} " if workflow else ""
    return derive_id(w.services.instance_key, source, f"{named}id e")


def test_each_workflow_has_an_instance_of_its_own(w: Working) -> None:
    taken, trace = arrive(w, BOTH, {"id": "e"})
    a, b = id_of(w, "both", "a"), id_of(w, "both", "b")
    assert (a, False, b, False) == (
        taken.instance_id,
        taken.duplicate,
        taken.others[0].instance_id,
        taken.others[0].duplicate,
    )
    assert ("accepted", a) == (trace.outcome, trace.instance_id)
    assert {a, b} == set(w.woken)
    assert ("a", '{"id": "e"}') == (w.row(a).workflow, w.row(a).input)
    # Each has its own schema, with its own defaults.
    assert ("b", {"id": "e", "n": 7}) == (w.row(b).workflow, json.loads(w.row(b).input))
    again, trace = arrive(w, BOTH, {"id": "e"})
    assert (True, True, "duplicate", 2) == (again.duplicate, again.others[0].duplicate, trace.outcome, len(w.woken))


def test_their_order_does_not_matter_and_one_more_beside_workflow_changes_no_id(w: Working) -> None:
    arrive(w, BOTH)
    turned, _ = arrive(w, replace(BOTH, workflow="b", by_name=("b", "a")))
    assert (True, True) == (turned.duplicate, turned.others[0].duplicate)
    first, _ = arrive(w, replace(MORE, by_name=()))
    taken, trace = arrive(w, MORE)
    assert (id_of(w, "more"), True, False) == (taken.instance_id, taken.duplicate, taken.others[0].duplicate)
    assert (first.instance_id, "accepted") == (taken.instance_id, trace.outcome)


@pytest.mark.parametrize("policy", ["return", "reject"])
def test_a_redelivery_repairs_the_one_that_is_missing(w: Working, policy: Any) -> None:
    source = replace(BOTH, duplicates=policy, changed=policy)
    ledger: Any = w.services.ledger
    claim, calls = ledger.claim, []

    def claim_once(row: Any) -> Any:
        calls.append(row.id)
        if len(calls) == 2:
            raise LedgerUnavailable("The ledger did not answer.")
        return claim(row)

    ledger.claim = claim_once
    with pytest.raises(LedgerUnavailable):
        arrive(w, source)
    taken, trace = arrive(w, source)
    assert (True, False, "accepted") == (taken.duplicate, taken.others[0].duplicate, trace.outcome)
    if policy == "reject":
        with pytest.raises(Duplicate):
            arrive(w, source)


def test_nothing_is_claimed_unless_all_take_it(w: Working) -> None:
    with pytest.raises(InputInvalid):
        arrive(w, BOTH, {"id": "e", "n": "x"})
    with pytest.raises(NotActive):
        arrive(w, replace(MORE, by_name=("paused",), on_paused="refuse"))
    now = w.clock.now_ms()
    assert [None] * 3 == [
        w.services.ledger.get(id, now) for id in (id_of(w, "both", "a"), id_of(w, "both", "b"), id_of(w, "more"))
    ]


def test_a_message_of_a_queue_starts_them_too(w: Working) -> None:
    assert [] == take_messages(queued({"id": "e", "n": 1}), w.services)
    assert {id_of(w, "both", "a"), id_of(w, "both", "b")} == set(w.woken)
    assert 1 == len(w.told.deliveries)


def test_the_answer_names_all(w: Working) -> None:
    ports: Any = w.services
    ports.verify["both"] = lambda request, now: Proven()
    reply = receive(Request("POST", "/hooks/both", "", (), b'{"id": "e"}', "r"), ports)
    a, b = id_of(w, "both", "a"), id_of(w, "both", "b")
    content = json.loads(reply.body)
    assert (200, a, f"/?instanceId={a}") == (reply.status, content["instanceId"], reply.headers["location"])
    assert [("a", a, False), ("b", b, False)] == [
        (each["workflow"], each["instanceId"], each["duplicate"]) for each in content["instances"]
    ]
    assert f'</?instanceId={a}>; rel="item", </?instanceId={b}>; rel="item"' == reply.headers["link"]
