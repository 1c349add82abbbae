"""At every call that a delivery of several events makes the process stops or the call fails: each starts once."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.crashes.faults import Kind, When, every_position
from tests.crashes.world import World
from tests.flows.signing import x_signature
from verihook.errors import LedgerUnavailable
from verihook.instances.reconcile import reconcile
from verihook.model.instance import Instance
from verihook.request import Request
from verihook.webhooks.receive import receive
from verihook.worker import splitting

#: Events that an earlier delivery brings: duplicates.
KNOWN = ["known_a", "known_b", "known_c"]

#: How long after its claim reconcile looks at a delivery, in milliseconds (bootstrap.AWS_PACE).
FIRST_LOOK_MS = 60_000


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that the n-th call is the same each time."""
    monkeypatch.setattr(splitting, "THREADS", 1)


def events(trial: int, good: int) -> list[Any]:
    """So many good events, 3 without an id, 3 that are known, and 2 that stand there twice."""
    ids = [f"evt_{trial}_{number}" for number in range(good)]
    bad: list[Any] = [{"id": None}, {}, 7]
    found = [{"id": each} for each in (*ids[:1], *KNOWN[:2], *ids[1:], ids[0], KNOWN[2], ids[-1])]
    return [*found[:3], *bad[:2], *found[3:], bad[2]]


def deliver(w: World, content: list[Any], source: str = "batch") -> str | None:
    """The id of the delivery, None if it was not accepted."""
    body = json.dumps({"events": content}).encode()
    headers = tuple((name.lower(), value) for name, value in x_signature(body))
    answer = receive(Request("POST", f"/hooks/{source}", "", headers, body, "r"), w.services)
    return json.loads(answer.body)["instanceId"] if answer.status < 300 else None


def assert_right(row: Instance | None, good: int, note: str) -> Any:
    assert row is not None, note
    assert ("failed", splitting.EVENTS_FAILED, None) == (row.status, row.error, row.due_at), (note, row)
    found = json.loads(row.output or "")
    counts = {name: value for name, value in found.items() if name != "results"}
    assert {"count": good + 8, "started": good, "duplicate": 5, "ignored": 0, "failed": 3} == counts, note
    assert [*range(good + 8)] == [each["number"] for each in found["results"]], note
    return found["results"]


@pytest.mark.parametrize("redelivered", [True, False], ids=["redelivered", "reconcile alone"])
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("kind", ["crash", "outage"])
def test_a_few_events(whole: World, kind: Kind, when: When, redelivered: bool) -> None:
    good = 3
    deliver(whole, [{"id": each} for each in KNOWN])
    whole.settle()
    delivered: dict[int, str | None] = {}

    def act(trial: int) -> None:
        delivered[trial] = None
        delivered[trial] = deliver(whole, events(trial, good))
        with suppress(LedgerUnavailable):
            whole.work()

    def check(trial: int, call: str) -> None:
        whole.woken.clear()
        whole.to_split.clear()
        claimed = [row for row in whole.rows() if row.engine == "batch" and f"evt_{trial}_" in input_of(whole, row)]
        if redelivered or not call:
            again = deliver(whole, events(trial, good))
            assert again is not None
            assert [again] == [row.id for row in claimed] or not claimed
        elif not claimed:
            assert (None, True) == (delivered[trial], call in ("ledger.claim", "engine.start"))
            return
        whole.settle()
        delivery = claimed[0].id if claimed else str(again)
        results = assert_right(whole.row(delivery), good, f"{when} {call}")
        for each in results:
            if each["status"] == "started":
                row = whole.assert_one(each["instanceId"], f"{when} {call}")
                assert "completed" == row.status
                assert 1 == whole.hand.starts.count(row.id), call

    calls = every_position(whole.faults, act, check, when, kind)
    assert ["ledger.claim", "ledger.get", "ledger.amend"] == calls[:3]
    assert 3 + (3 + 5) + 3 + 1 == len(calls), calls


def input_of(w: World, row: Instance) -> str:
    kept = w.row(row.id)
    return "" if kept is None else kept.input


#: The claim, the read and the lease of the row, 247 claims of events, and the end of the row.
CALLS = 3 + 247 + 1


class Snapshots:
    """Copies of the ledger, each made and put back in a millisecond: what a stopped process leaves is all in there."""

    def __init__(self, path: Path) -> None:
        self._live = sqlite3.connect(path, check_same_thread=False)
        self.copies: list[sqlite3.Connection] = []

    def take(self) -> None:
        self.copies.append(sqlite3.connect(":memory:", check_same_thread=False))
        self._live.backup(self.copies[-1])

    def put_back(self, number: int) -> None:
        self.copies[number].backup(self._live)

    def rows(self) -> int:
        found: int = self._live.execute("SELECT count(*) FROM instances").fetchone()[0]
        return found

    def close(self) -> None:
        for each in (self._live, *self.copies):
            each.close()


@pytest.mark.in_turn
def test_250_events(on_sqlite: World, tmp_path: Path) -> None:
    """Stopped before or after every call: each leaves what the ledger has before a call, or after the last one.

    One run gives all these states. Of each, a redelivery wakes a splitter and changes nothing, and so does reconcile
    alone, whose splitter then comes to the end.
    """
    w, good, source = on_sqlite, 242, "batch-function"
    deliver(w, [{"id": each} for each in KNOWN], source)
    w.split()
    content, begun = events(0, good), w.clock.at
    with closing(Snapshots(tmp_path / "ledger.db")) as snapshots:
        w.faults.plan(0, "before")
        w.faults.watch = snapshots.take
        delivery = deliver(w, content, source)
        w.clock.at += 10
        w.split()
        w.faults.watch = lambda: None
        snapshots.take()
        assert CALLS == len(w.faults.calls) == len(snapshots.copies) - 1
        assert delivery is not None
        for number in range(CALLS + 1):
            snapshots.put_back(number)
            # Then the delivery is due, and its events are not yet.
            w.clock.at = begun + FIRST_LOOK_MS + 5
            before = w.row(delivery)
            woken = [] if before is not None and before.final else [delivery]
            assert delivery == deliver(w, content, source)
            assert (before or w.row(delivery), woken) == (w.row(delivery), w.to_split), number
            if before is not None:
                w.to_split.clear()
                reconcile(w.services)
                assert woken == w.to_split, number
            w.split()
            results = assert_right(w.row(delivery), good, f"{number}")
            assert good == len({each["instanceId"] for each in results if each["status"] == "started"})
            assert 2 + len(KNOWN) + good == snapshots.rows()
