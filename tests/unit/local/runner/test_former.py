"""A file that an earlier version wrote: nothing in it is lost, and what ran goes on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.flows.waiting import wait_until
from tests.unit.local.runner.machines import CALLBACK, Clock, Functions, asl, opened, task
from verihook.local.runner.rows import Entry, packed
from verihook.local.runner.runner import Runner
from verihook.local.states.effects import Succeeded

#: As version 0.2.0 made it.
FORMER = """
CREATE TABLE executions (
    machine TEXT NOT NULL, name TEXT NOT NULL, input TEXT NOT NULL, started_at INTEGER NOT NULL,
    status TEXT NOT NULL, stopped_at INTEGER, output TEXT, error TEXT, cause TEXT, history BLOB,
    mark TEXT, redrives INTEGER NOT NULL DEFAULT 0, redriven_at INTEGER, redriven_by TEXT,
    PRIMARY KEY (machine, name)
);
CREATE INDEX running ON executions (started_at) WHERE status = 'RUNNING';
CREATE INDEX by_start ON executions (machine, started_at);
CREATE TABLE chapters (
    machine TEXT NOT NULL, name TEXT NOT NULL, number INTEGER NOT NULL, history BLOB NOT NULL,
    PRIMARY KEY (machine, name, number)
) WITHOUT ROWID;
CREATE TABLE waits (
    number INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, machine TEXT NOT NULL, name TEXT NOT NULL,
    place TEXT NOT NULL, answer TEXT
);
CREATE INDEX waits_of ON waits (machine, name);
PRAGMA user_version = 4;
"""
STARTED = {"id": 1, "previousEventId": 0, "type": "ExecutionStarted", "timestamp": 1.5}
FAILED = {"id": 2, "previousEventId": 1, "type": "ExecutionFailed", "timestamp": 2.5}
ORDER = asl(A=task("split", Next="B"), B={**CALLBACK, "End": True})
TOKEN = "0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
STANDS_IN_B = json.dumps(["B", {"l": [7]}, {}])


def written(path: Path, status: str, **more: Any) -> Path:
    """A file with the execution ``e`` of the machine ``m``, which has this status, and a wait if ``place`` is given."""
    place, answer = more.pop("place", None), more.pop("answer", None)
    row = {"machine": "m", "name": "e", "input": '{"l": [1]}', "started_at": 1000, "status": status, **more}
    with sqlite3.connect(path) as db:
        db.executescript(FORMER)
        columns, values = ", ".join(row), ", ".join("?" for _ in row)
        db.execute(f"INSERT INTO executions ({columns}) VALUES ({values})", tuple(row.values()))
        if status == "RUNNING" and "mark" in row:
            db.execute("INSERT INTO chapters VALUES ('m', 'e', 1, ?)", (packed([STARTED]),))
        if place is not None:
            wait = (TOKEN, "m", "e", json.dumps(place), answer)
            db.execute("INSERT INTO waits (token, machine, name, place, answer) VALUES (?, ?, ?, ?, ?)", wait)
    db.close()
    return path


@pytest.fixture
def functions() -> Functions:
    return Functions()


Resumed = Callable[[Path], Runner]


@pytest.fixture
def resumed(functions: Functions) -> Resumed:
    def resumed(path: Path) -> Runner:
        runner = opened(path, functions, Clock(), ORDER)
        runner.resume()
        return runner

    return resumed


def end(runner: Runner) -> Entry:
    def ended() -> Entry | None:
        entry = runner.store.get(("m", "e"))
        return entry if entry is not None and entry.status != "RUNNING" else None

    return wait_until(ended)


def test_what_has_ended_is_as_it_was(tmp_path: Path, resumed: Resumed, functions: Functions) -> None:
    history = packed([STARTED, {**FAILED, "type": "ExecutionSucceeded"}])
    path = written(tmp_path / "s.db", "SUCCEEDED", stopped_at=2500, output='"x"', history=history, redrives=2)
    for _ in range(2):  # the second time it is a file of this version
        runner = resumed(path)
        entry = runner.store.get(("m", "e"))
        assert entry is not None
        assert (entry.status, entry.input, entry.output, entry.stopped_at) == ("SUCCEEDED", '{"l": [1]}', '"x"', 2500)
        assert (entry.started_at, entry.redrives) == (1000, 2)
        assert [event["type"] for event in runner.store.history(entry.key)] == [
            "ExecutionStarted",
            "ExecutionSucceeded",
        ]
        assert not runner.redrive(entry.key, None)
        runner.close()
    assert functions.called == []


def test_what_has_failed_is_redriven_into_its_state(tmp_path: Path, resumed: Resumed, functions: Functions) -> None:
    failed = {"stopped_at": 2500, "error": "E", "history": packed([STARTED, FAILED]), "mark": STANDS_IN_B}
    runner = resumed(written(tmp_path / "s.db", "FAILED", **failed))
    assert runner.redrive(("m", "e"), None)
    token = wait_until(lambda: functions.tokens)[0]
    assert wait_until(lambda: runner.answer(token, lambda call: Succeeded(call, "yes")))
    assert (end(runner).output, end(runner).redrives, functions.called) == ('"yes"', 1, ["note"])
    events = runner.store.history(("m", "e"))
    assert [event["id"] for event in events] == list(range(1, len(events) + 1))
    assert [event["type"] for event in events[:3]] == ["ExecutionStarted", "ExecutionFailed", "ExecutionRedriven"]
    runner.close()


def test_what_waited_for_an_answer_has_its_token(tmp_path: Path, resumed: Resumed, functions: Functions) -> None:
    runner = resumed(written(tmp_path / "s.db", "RUNNING", mark=STANDS_IN_B, place=["B"]))
    assert wait_until(lambda: functions.tokens) == [TOKEN]
    assert runner.answer(TOKEN, lambda call: Succeeded(call, "yes"))
    assert (end(runner).status, end(runner).output, functions.called) == ("SUCCEEDED", '"yes"', ["note"])
    kinds = [event["type"] for event in runner.store.history(("m", "e"))]
    assert kinds[:2] == ["ExecutionStarted", "TaskStateEntered"]
    runner.close()


def test_an_answer_that_was_confirmed_is_used(tmp_path: Path, resumed: Resumed, functions: Functions) -> None:
    answer = json.dumps({"output": '"kept"'})
    runner = resumed(written(tmp_path / "s.db", "RUNNING", mark=STANDS_IN_B, place=["B"], answer=answer))
    assert (end(runner).status, end(runner).output) == ("SUCCEEDED", '"kept"')
    assert functions.called == []
    runner.close()


def test_what_was_only_accepted_begins(tmp_path: Path, resumed: Resumed, functions: Functions) -> None:
    runner = resumed(written(tmp_path / "s.db", "RUNNING"))
    token = wait_until(lambda: functions.tokens)[0]
    assert wait_until(lambda: runner.answer(token, lambda call: Succeeded(call, 1)))
    assert (end(runner).status, functions.called) == ("SUCCEEDED", ["split", "note"])
    runner.close()


def test_one_without_its_machine_waits_for_it_and_can_be_stopped(tmp_path: Path, functions: Functions) -> None:
    path = written(tmp_path / "s.db", "RUNNING", mark=STANDS_IN_B)
    runner = opened(path, functions, Clock(), ORDER)
    runner._deployed.clear()
    runner.resume()
    entry = runner.store.get(("m", "e"))
    assert entry is not None
    assert entry.status == "RUNNING"
    assert runner.stop(entry.key, "E", "why")
    assert (end(runner).status, end(runner).error, functions.called) == ("ABORTED", "E", [])
    runner.close()


def test_a_file_of_the_first_version(tmp_path: Path, resumed: Resumed) -> None:
    with sqlite3.connect(tmp_path / "s.db") as db:
        db.executescript(
            """CREATE TABLE executions (machine TEXT NOT NULL, name TEXT NOT NULL, input TEXT NOT NULL,
               started_at INTEGER NOT NULL, status TEXT NOT NULL, stopped_at INTEGER, output TEXT, error TEXT,
               cause TEXT, history BLOB, PRIMARY KEY (machine, name));
               INSERT INTO executions VALUES ('m', 'e', '{}', 1, 'FAILED', 2, NULL, 'E', NULL, NULL);
               PRAGMA user_version = 1;"""
        )
    db.close()
    runner = resumed(tmp_path / "s.db")
    assert end(runner).error == "E"
    runner.close()
