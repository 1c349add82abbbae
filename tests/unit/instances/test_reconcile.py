"""What a round does with what is due: starts, refreshes, postpones, and how often it looks."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.instances import NOW
from tests.unit.parts import Parts, parts, request
from tests.unit.working import working
from verihook import instances
from verihook.instances.reconcile import MAX_OUTAGES, THREADS, call_back, reconcile
from verihook.instances.round_report import Report
from verihook.model.instance import Progress
from verihook.model.ports import Answer
from verihook.worker import leases

__all__ = ["parts"]


def submit(parts: Parts, workflow: str = "w") -> None:
    instances.submit(request(workflow, id="a"), "", parts.services)


def later(parts: Parts, milliseconds: int) -> Report:
    parts.clock.at += milliseconds
    return reconcile(parts.services)


def test_nothing_is_due_before_its_time(parts: Parts) -> None:
    submit(parts)
    assert Report() == later(parts, 99)
    assert Report(looked=1) == later(parts, 1)


def test_what_runs_is_looked_at_a_tenth_of_its_age_later(parts: Parts) -> None:
    submit(parts)
    later(parts, 100_000)
    assert NOW + 110_000 == parts.row("a").due_at
    later(parts, 3_600_000 * 24)
    assert parts.clock.at + 3_600_000 == parts.row("a").due_at


def test_an_end_is_written_with_what_it_says(parts: Parts) -> None:
    submit(parts)
    parts.engine.executions["a"] = Progress("timed_out", None, "E" * 600, "c" * 5_000)
    assert Report(looked=1, finished=1) == later(parts, 100)
    row = parts.row("a")
    assert ("timed_out", 500, 4_000, None) == (row.status, len(row.error), len(row.cause), row.due_at)
    assert Report() == later(parts, 3_600_000)


def test_what_was_never_started_is(parts: Parts) -> None:
    parts.engine.failing.add("start")
    submit(parts)
    parts.engine.failing.clear()
    assert Report(looked=1, started=1) == later(parts, 100)
    assert ("running", ["a"]) == (parts.row("a").status, parts.engine.starts)


def test_an_outage_postpones_and_is_told(parts: Parts) -> None:
    submit(parts)
    parts.engine.failing.add("describe")
    assert Report(looked=1, postponed=1) == later(parts, 100)
    assert ["reconcile a"] == [where for where, _ in parts.heard.failures]
    # Not started as far as the ledger knows: it is looked at soon.
    assert parts.row("a").due_at == parts.clock.at + 100


def test_one_that_fails_keeps_no_other_from_its_turn(parts: Parts) -> None:
    submit(parts)
    instances.submit(request(id="b"), "", parts.services)
    parts.engine.end("b")
    lost = replace(parts.row("a"), workflow="gone")
    assert parts.ledger.amend(lost)
    assert Report(looked=2, finished=1, postponed=1) == later(parts, 100)
    assert "completed" == parts.row("b").status


def test_what_an_operator_holds_is_shown_as_held(parts: Parts) -> None:
    submit(parts)
    instances.record_progress("a", 1, Progress("running"), NOW, parts.services)
    instances.suspend("a", parts.services)
    parts.engine.executions["a"] = Progress("running")
    later(parts, 1_000_000)
    assert "suspended" == parts.row("a").status


def test_a_round_is_limited(parts: Parts) -> None:
    for number in range(3):
        instances.submit(request(id=f"i{number}"), "", parts.services)
    parts.clock.at += 100
    assert 2 == reconcile(parts.services, 2).looked


@pytest.mark.parametrize("words", ["cut \ud83d", "x" * 100_000])
def test_an_engines_odd_words_stop_nothing(parts: Parts, words: str) -> None:
    """A lone surrogate: an emoji that somebody has cut in two, and a workflow quotes."""
    submit(parts)
    instances.submit(request(id="b"), "", parts.services)
    parts.engine.executions["a"] = Progress("failed", json.dumps(words, ensure_ascii=False), words, words)
    parts.engine.end("b")
    assert Report(looked=2, finished=2) == later(parts, 100)
    assert ("failed", "completed") == (parts.row("a").status, parts.row("b").status)


def test_whatever_goes_wrong_with_one_stops_no_other(parts: Parts) -> None:
    submit(parts)
    instances.submit(request(id="b"), "", parts.services)
    parts.engine.end("b")
    describe = parts.engine.describe

    def odd(definition: str, name: str) -> Progress | None:
        if name == "a":
            raise KeyError("nobody thought of this")
        return describe(definition, name)

    parts.engine.describe = odd  # type: ignore[assignment, method-assign]
    assert Report(looked=2, finished=1, postponed=1) == later(parts, 100)
    assert parts.row("a").due_at > parts.clock.at


def test_an_engine_that_is_away_is_not_asked_for_every_row(parts: Parts) -> None:
    for number in range(40):
        instances.submit(request(id=f"i{number}"), "", parts.services)
    parts.engine.failing.add("describe")
    parts.engine.calls.clear()
    assert Report(looked=40, postponed=40) == later(parts, 100)
    assert MAX_OUTAGES <= len(parts.engine.calls) < MAX_OUTAGES + THREADS


def test_callbacks_and_repairs_do_not_stand_in_each_others_way(parts: Parts) -> None:
    for number in range(250):
        told = instances.submit(request(id=f"t{number}", callback_url="https://x.example/"), "", parts.services)
        instances.record_progress(told.instance.id, 1, Progress("completed"), NOW, parts.services)
    submit(parts)
    parts.engine.end("a")
    assert Report(looked=1, finished=1) == later(parts, 1000)


def test_round_follows_upon_round_while_there_is_time(parts: Parts) -> None:
    for number in range(30):
        instances.submit(request(id=f"i{number}"), "", parts.services)
        parts.engine.end(f"i{number}")
    left = iter([100_000] * 20 + [39_000] * 100)
    parts.clock.at += 100
    some = reconcile(parts.services, 4, lambda: next(left))
    assert 10 < some.finished < 30
    assert 30 == some.finished + reconcile(parts.services, 4, lambda: 100_000).finished


def test_a_workflow_that_is_gone_keeps_no_other_of_its_engine_from_its_turn(parts: Parts) -> None:
    for number in range(2 * MAX_OUTAGES):
        instances.submit(request(id=f"a{number}"), "", parts.services)
        assert parts.ledger.amend(replace(parts.row(f"a{number}"), workflow="gone"))
        instances.submit(request(id=f"z{number}"), "", parts.services)
        parts.engine.end(f"z{number}")
    report = later(parts, 100)
    assert (2 * MAX_OUTAGES, 2 * MAX_OUTAGES) == (report.finished, report.postponed)


@pytest.mark.parametrize(("workflow", "operation"), [("w", "start"), ("express", "run")])
def test_an_engine_that_takes_no_starts_is_not_asked_for_every_row(parts: Parts, workflow: str, operation: str) -> None:
    parts.engine.failing.add(operation)
    for number in range(40):
        instances.submit(request(workflow, id=f"i{number}"), "", parts.services)
    parts.engine.calls.clear()
    later(parts, 400_000)
    assert MAX_OUTAGES <= parts.engine.calls.count(operation) < MAX_OUTAGES + THREADS


def test_an_end_that_cannot_be_told_keeps_no_other_from_its_turn(parts: Parts, tmp_path: Path) -> None:
    class Posting:
        def check(self, url: str) -> None: ...

        def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
            return Answer(200)

    services = replace(parts.services, caller=Posting())
    for number in range(20):
        output = '"' + "x" * 400_000 + '"' if number == 0 else "1"
        instances.submit(request(id=f"i{number}", callback_url="https://x.example/"), "", services)
        instances.record_progress(f"i{number}", 1, Progress("completed", output), NOW, services)
    (damaged,) = (tmp_path / "payloads" / "i0").iterdir()
    damaged.write_bytes(b"\xff\xfe")
    report = call_back(services)
    assert (20, 19, 1) == (report.looked, report.called_back, report.postponed)


def test_what_a_worker_has_is_looked_at_when_its_lease_is_over(tmp_path: Path) -> None:
    with working(tmp_path, {"w": print}) as w:
        w.claim(due_at=NOW + 100)
        assert leases.acquire(w.row(), 5_000, w.services) is not None
        w.clock.at += 100
        assert Report(looked=1) == reconcile(w.services)
        assert ("running", NOW + 5_000) == (w.row().status, w.row().due_at)
        assert [] == w.woken
        w.clock.at = NOW + 4_999
        assert Report() == reconcile(w.services)
        w.clock.at += 1
        assert 1 == reconcile(w.services).started
        assert ["a"] == w.woken
