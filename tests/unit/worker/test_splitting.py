"""A delivery that carries several events is split: what it waits for, what it goes on with, and how it ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.carriers import QUEUE, queued
from tests.unit.working import Working, working
from verihook.adapters.engines.batch import BatchEngine
from verihook.errors import Duplicate, LedgerUnavailable, NotSupported
from verihook.instances import lifecycle, redelivery
from verihook.instances.reconcile import reconcile
from verihook.model.instance import Instance
from verihook.model.ports import Trace
from verihook.model.source import Source
from verihook.model.workflow import Workflow
from verihook.records import replace
from verihook.request import Request
from verihook.senders import load_sender
from verihook.senders.body import parse_as
from verihook.senders.event_table import read_places
from verihook.webhooks import forgetting
from verihook.webhooks.batches import take_batch
from verihook.webhooks.feeds import take_messages
from verihook.webhooks.members import start_member
from verihook.worker import splitting

EVENT = {"each": "events", "id": {"json": "id", "optional": True}, "type": {"json": "type"}}
SENDER = replace(load_sender("generic"), places=read_places(EVENT))
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}


@pytest.fixture
def w(tmp_path: Path) -> Iterator[Working]:
    with working(tmp_path, {"w": lambda event, context: event}, sources={}) as made:
        known: Any = made.services.workflows
        known["strict"] = Workflow("strict", "function", "w", input_schema=SCHEMA)
        known["b"] = Workflow("b", "function", "w")
        services = made.services
        batch = BatchEngine(services.ledger, services.clock, lambda name, _: made.woken.append(name))
        made.services = replace(services, engines={**services.engines, "batch": batch})
        yield made


def source(w: Working, workflow: str = "w", **settings: Any) -> Source:
    made = Source("s", SENDER, (), workflow, **settings)
    known: Any = w.services.sources
    known["s"] = made
    return made


def take(w: Working, made: Source, *events: Any) -> Instance:
    """The row of a delivery of these events."""
    body = json.dumps({"events": events}).encode()
    trace = Trace("r", w.clock.now_ms(), made.name)
    request = Request("POST", "/hooks/s", "", (), body, "r")
    taken = take_batch(made, parse_as(made.sender.places, request), request, None, w.services, trace)
    assert taken.instance_id is not None
    return w.row(taken.instance_id)


def split(w: Working, row: Instance, **more: Any) -> str:
    now = w.row(row.id)
    return splitting.split(row.id, now.attempt, w.services, **more)


def statuses(w: Working, row: Instance) -> list[str]:
    return [each["status"] for each in results(w, row)]


def results(w: Working, row: Instance) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(w.row(row.id).output or "")["results"]
    return found


def ids(*names: str) -> list[dict[str, Any]]:
    return [{"id": name} for name in names]


def test_the_row_is_there_before_anything_starts(w: Working) -> None:
    row = take(w, source(w), *ids("a", "b"))
    assert ("batch", "queued", "w", None) == (row.engine, row.status, row.workflow, row.output)
    assert [row.id] == w.woken
    assert "completed" == split(w, row)
    assert ["started", "started"] == statuses(w, row)
    ended = w.row(row.id)
    assert ("completed", None) == (ended.status, ended.due_at)
    assert "skipped" == split(w, row), "an end is not split again"


def test_a_second_splitter_keeps_out(w: Working) -> None:
    row = take(w, source(w), *ids("a"))
    assert w.services.ledger.amend(replace(row, status="running", tries=1, leased_until=w.clock.now_ms() + 1))
    assert "skipped" == split(w, row)


def test_events_of_the_same_id_are_started_as_the_first_stands(w: Working) -> None:
    row = take(w, source(w), {"id": "a", "n": 1}, {"id": "a", "n": 2})
    split(w, row)
    first, second = results(w, row)
    assert ("started", "duplicate") == (first["status"], second["status"])
    assert {"id": "a", "n": 1} == json.loads(w.row(first["instanceId"]).input)


def test_an_event_without_an_id_is_known_by_its_place_or_by_its_body(w: Working) -> None:
    row = take(w, source(w), {"n": 1}, {"n": 1})
    split(w, row)
    assert ["started", "started"] == statuses(w, row)
    row = take(w, source(w, by_body=True), {"n": 2}, {"n": 2})
    split(w, row)
    assert ["started", "duplicate"] == statuses(w, row)


def test_each_workflow_starts(w: Working) -> None:
    row = take(w, source(w, by_name=("b",)), *ids("a"))
    split(w, row)
    (found,) = results(w, row)
    assert ["w", "b"] == [w.row(each).workflow for each in found["instances"]]


def test_a_bad_event_keeps_no_other_from_being_started(w: Working) -> None:
    row = take(w, source(w, "strict"), {"id": "a", "n": 1}, {"id": "b", "n": "x"}, {"id": "c" * 300}, {"id": "d"})
    assert "failed" == split(w, row)
    assert ["started", "failed", "failed", "started"] == statuses(w, row)
    ended = w.row(row.id)
    assert (splitting.EVENTS_FAILED, True) == (ended.error, str(ended.cause).startswith("2 of 4 events failed"))
    assert {"input-invalid", "event-malformed"} == {each.reason for each in w.told.refused}


def test_mended_it_is_restarted_and_starts_what_was_left(w: Working) -> None:
    row = take(w, source(w, "strict"), {"id": "a", "n": 1}, {"id": "b", "n": "x"})
    split(w, row)
    known: Any = w.services.workflows
    known["strict"] = Workflow("strict", "function", "w")
    lifecycle.restart(row.id, w.services)
    assert "completed" == split(w, row)
    assert ["duplicate", "started"] == statuses(w, row)
    with pytest.raises(NotSupported):
        redelivery.replay_as_new(w.row(row.id), w.services, "new")


def test_a_source_without_a_start_left_waits_and_goes_on(w: Working) -> None:
    row = take(w, source(w, starts_per_minute=2), *ids("a", "b", "c", "d", "e"))
    assert "again" == split(w, row)
    waiting = w.row(row.id)
    assert ("queued", "rate-limited") == (waiting.status, waiting.error)
    assert 2 == len(results(w, row))
    assert "skipped" == split(w, row)
    for _ in range(5):
        w.clock.at += 60_000
        split(w, row)
    assert 5 * ["started"] == statuses(w, row)
    assert ("completed", None) == (w.row(row.id).status, w.row(row.id).error)


def test_what_cannot_be_reached_is_waited_for(w: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    row = take(w, source(w), *ids("a", "b"))
    claim = w.services.ledger.claim

    def fails(instance: Instance) -> Instance | None:
        raise LedgerUnavailable("It did not answer.")

    monkeypatch.setattr(w.services.ledger, "claim", fails)
    assert "again" == split(w, row)
    waiting = w.row(row.id)
    assert ("queued", "ledger-unavailable") == (waiting.status, waiting.error)
    monkeypatch.setattr(w.services.ledger, "claim", claim)
    w.clock.at = waiting.not_before
    w.woken.clear()
    reconcile(w.services)
    assert [row.id] == w.woken
    assert "completed" == split(w, row)


def test_an_invocation_that_ends_leaves_the_rest_to_the_next(w: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "GROUP", 2)
    row = take(w, source(w), *ids("a", "b", "c"))
    assert "again" == split(w, row, remaining_ms=lambda: 0)
    waiting = w.row(row.id)
    assert ("queued", None, 2) == (waiting.status, waiting.leased_until, len(results(w, row)))
    assert "completed" == split(w, row)
    assert 3 * ["started"] == statuses(w, row)


def test_results_are_written_while_it_takes_long(w: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "GROUP", 1)
    monkeypatch.setattr(splitting, "WRITE_MS", 0)
    row = take(w, source(w), *ids("a", "b", "c"))
    assert "completed" == split(w, row)
    assert 1 + 1 + 3 + 1 == w.row(row.id).revision


def test_a_terminated_delivery_starts_nothing_more(w: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(splitting, "GROUP", 1)
    monkeypatch.setattr(splitting, "WRITE_MS", 0)
    row = take(w, source(w), *ids("a", "b", "c"))
    start = start_member

    def terminates(*arguments: Any) -> Any:
        lifecycle.terminate(row.id, w.services)
        return start(*arguments)

    monkeypatch.setattr(splitting, "start_member", terminates)
    assert "lost" == split(w, row)
    assert "terminated" == w.row(row.id).status
    assert 1 == len(w.services.ledger.due(w.clock.now_ms() + 10**9, 10))


def test_a_source_that_hooks_toml_has_lost_is_waited_for(w: Working) -> None:
    row = take(w, source(w), *ids("a"))
    known: Any = w.services.sources
    made = known.pop("s")
    assert "skipped" == split(w, row)
    known["s"] = replace(made, sender=replace(SENDER, places=read_places({})))
    assert "failed" == split(w, row)
    assert "InputUnreadable" == w.row(row.id).error


@pytest.mark.parametrize(("policy", "attempts"), [("return", 1), ("restart", 2)])
def test_a_redelivery_follows_the_policy_of_the_source(w: Working, policy: Any, attempts: int) -> None:
    made = source(w, duplicates=policy)
    first = take(w, made, *ids("a"))
    split(w, first)
    again = take(w, made, *ids("a"))
    assert (first.id, attempts) == (again.id, again.attempt)
    split(w, again)
    (found,) = results(w, again)
    assert attempts == w.row(found["instanceId"]).attempt
    with pytest.raises(Duplicate):
        take(w, replace(made, duplicates="reject"), *ids("a"))


def test_a_splitter_that_was_stopped_restarts_nothing_of_its_own(w: Working, monkeypatch: pytest.MonkeyPatch) -> None:
    row = take(w, source(w, duplicates="restart"), *ids("a"))
    monkeypatch.setattr(splitting, "_end", lambda *_: "lost")
    split(w, row)
    monkeypatch.undo()
    w.clock.at += splitting.LEASE_MS
    assert "completed" == split(w, row)
    (found,) = results(w, row)
    assert ("started", 1) == (found["status"], w.row(found["instanceId"]).attempt)


def test_a_message_of_a_queue_is_split(w: Working) -> None:
    source(w, feed=QUEUE)
    text = json.dumps({"events": ids("a", "b")})
    for _ in range(2):
        assert [] == take_messages(queued(text), w.services)
    assert 1 == len(set(w.woken))
    row = w.row(w.woken[0])
    assert ("completed", "batch") == (split(w, row), row.engine)
    assert ["started", "started"] == statuses(w, row)


def test_who_deletes_an_event_is_told_of_the_delivery_that_has_it_too(w: Working) -> None:
    made = source(w)
    row = take(w, made, *ids("a", "b"))
    split(w, row)
    gone = forgetting.forget_event(made, "a", w.services, force=True)
    assert [results(w, row)[0]["instanceId"]] == [*gone.instances]
    assert row.id in gone.left[-1]
    assert (row.id,) == forgetting.forget_delivery(row.id, w.services, force=True).instances


def test_a_record_of_the_stream_is_split(w: Working) -> None:
    row = take(w, source(w), *ids("a"))
    image = {"attempt": {"N": "1"}, "engine": {"S": "batch"}, "status": {"S": "queued"}}
    keys = {"pk": {"S": f"instance#{row.id}"}, "sk": {"S": "instance"}}
    change = {"Keys": keys, "NewImage": image, "SequenceNumber": "7"}
    record = {"eventSource": "aws:dynamodb", "dynamodb": change}
    assert {"batchItemFailures": []} == splitting.split_records([record], w.services, lambda: 60_000)
    assert "completed" == w.row(row.id).status
