"""A crash at any write leads to the same end."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from threading import Event

import pytest

from tests.flows.waiting import wait_until
from tests.unit.local.runner.machines import KEY, Clock, Dying, Functions, finished, opened
from verihook.local.runner.rows import Entry, Written
from verihook.local.runner.runner import Runner
from verihook.local.runner.store import Store
from verihook.local.states.effects import MapRun, Succeeded


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", range(1, 10))
def test_a_crash_at_any_write_and_the_same_end(tmp_path: Path, write: int, after: bool) -> None:
    functions, clock = Functions(), Clock()
    first = opened(tmp_path / "s.db", functions, clock)
    first.store.close()
    first.store = dying = Dying(tmp_path / "s.db", write, after=after)
    try:
        first.start("m", "e", '{"l": [1, 2]}')
        wait_until(lambda: dying.dead or _answer(first, functions, clock))
    except sqlite3.ProgrammingError:
        assert dying.dead
    first.close()
    second = opened(tmp_path / "s.db", functions, clock)
    if second.store.get(KEY) is None:
        second.start("m", "e", '{"l": [1, 2]}')
    second.resume()
    ended = finished(second, functions, clock)
    second.close()
    assert (ended.status, ended.output) == ("SUCCEEDED", "[2,3]")
    assert len(functions.called) <= 5 + 2  # what was called and not written is called again


def test_no_map_run_goes_on_after_its_execution(tmp_path: Path) -> None:
    """It may have ended by a fault of the evaluator's, which tells nothing of what runs."""
    store = Store(tmp_path / "s.db")
    store.begin(Entry(*KEY, 1, "[]", 1000), Written({}, None, [], map_runs=[MapRun("arn", "RUNNING", {})], now=1.0))
    (going_on,) = store.map_runs(KEY)
    assert (going_on.status, going_on.started_at, going_on.stopped_at) == ("RUNNING", 1000, None)
    store.write(KEY, Written({}, None, [], end=("FAILED", 2000, None, None, None), now=2.0))
    assert store.map_run("arn") == replace(going_on, status="ABORTED", stopped_at=2000)
    store.prune(3000)
    assert store.map_runs(KEY) == []
    store.close()


def test_turns_of_several_executions_share_a_commit(tmp_path: Path) -> None:
    store, statements = Store(tmp_path / "s.db"), list[str]()
    store._db.set_trace_callback(statements.append)
    goes_on = Event()
    with closing(store), ThreadPoolExecutor(9) as threads:
        busy = threads.submit(store._run, lambda _db: goes_on.wait(60))
        wait_until(lambda: bool(statements))
        entries = [Entry("m", f"e{number}", 1, "[]", 1000) for number in range(8)]
        begun = [threads.submit(store.begin, entry, Written({}, None, [], now=1.0)) for entry in entries]
        wait_until(lambda: len(store._commits._waiting) == 8)
        goes_on.set()
        assert [busy.result(60), *(each.result(60) for each in begun)] == [True, *[None] * 8]
        assert statements.count("COMMIT") == 2
        assert [key for key, _ in store.running()] == [entry.key for entry in entries]


def _answer(runner: Runner, functions: Functions, clock: Clock) -> bool:
    clock.now += 5
    for token in functions.tokens[-1:]:
        runner.answer(token, lambda call: Succeeded(call, "yes"))
    entry = runner.store.get(KEY)
    return entry is not None and entry.status != "RUNNING"
