"""A store that is full for a while: what could not be saved goes on by itself, and no saved step runs again."""

from __future__ import annotations

import logging
import time
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from tests.flows.waiting import PATIENCE_S, wait_until
from tests.unit.local.durable.starting import start
from verihook.adapters.repeats import RepeatFilter
from verihook.local import full_disk
from verihook.local.durable import DurableRunner
from verihook.local.loopback import Handler

FLOW = """
import time
from pathlib import Path

from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import Duration


def step(event, line):
    with Path(event["lines"]).open("a") as file:
        file.write(line + "\\n")
    while line != "first" and not Path(event["go"]).exists():
        time.sleep(0.01)
    return line if line == "first" else line * 20_000


@durable_execution
def handler(event, context):
    first = context.step(lambda _: step(event, "first"), name="First")
    if event["waits"]:
        context.wait(Duration.from_seconds(1))
    return [first, len(context.step(lambda _: step(event, "second"), name="Second"))]
"""


def bound(runner: DurableRunner, pages: int) -> None:
    """No more pages than these, but never fewer than there are: at 1 the disk is full."""
    with runner._executions._kept._connection() as db:
        db.execute(f"PRAGMA max_page_count = {pages}")


def allot_none(runner: DurableRunner) -> None:
    """Use up the free pages, too."""
    with runner._executions._kept._connection() as db:
        db.execute("CREATE TABLE fill (it BLOB)")
        free = db.execute("PRAGMA freelist_count").fetchone()[0]
        db.execute("INSERT INTO fill VALUES (zeroblob(?))", (4096 * (free + 4),))
    bound(runner, 1)


@pytest.mark.parametrize("waits", [False, True])
def test_what_could_not_be_saved_goes_on_when_there_is_room(
    tmp_path: Path, waits: bool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert 5 == full_disk.PACE_S
    monkeypatch.setattr("verihook.local.durable.unsaved.PACE_S", 0.05)
    (tmp_path / "flow.py").write_text(FLOW)
    lines, go = tmp_path / "lines", tmp_path / "go"
    ends: Queue[dict[str, Any]] = Queue()
    runner = DurableRunner(tmp_path / "store.db", tmp_path, on_end=ends.put)
    with caplog.at_level(logging.ERROR, "verihook"), runner:
        assert 202 == start(runner, "flow", "a", {"lines": str(lines), "go": str(go), "waits": waits})
        wait_until(lambda: lines.exists() and ("first" if waits else "second") in lines.read_text().split())
        if waits:
            # A busy machine may see it after its second of rest.
            wait_until(lambda: not runner.busy() or "second" in lines.read_text().split())
        allot_none(runner)
        go.touch()
        wait_until(runner.fault)
        wait_until(lambda: not runner.busy())
        # For as long as nothing can be saved, nothing runs.
        time.sleep(0.5)
        assert ends.empty()
        assert str(tmp_path / "store.db") in str(runner.fault())
        assert "full" in str(runner.fault())
        before = lines.read_text().split()
        bound(runner, 1_000_000)
        end = ends.get(timeout=PATIENCE_S)
        wait_until(lambda: runner.fault() is None)
    assert ("SUCCEEDED", '["first", 120000]') == (end["status"], end["Result"])
    assert [*before, "second"] == lines.read_text().split()
    assert before in (["first"], ["first", "second"])
    told = [each for each in caplog.records if "cannot be written" in each.getMessage()]
    assert 1 == len(told)


def test_starts_that_cannot_be_kept_are_refused_and_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("verihook.local.durable.unsaved.PACE_S", 0.05)
    monkeypatch.setattr(Handler, "repeats", RepeatFilter())
    (tmp_path / "flow.py").write_text(FLOW)
    event = {"lines": str(tmp_path / "lines"), "go": str(tmp_path / "go"), "waits": True, "much": "x" * 50_000}
    with caplog.at_level(logging.ERROR, "verihook"), DurableRunner(tmp_path / "store.db", tmp_path) as runner:
        allot_none(runner)
        assert [500] * 5 == [start(runner, "flow", f"a-{number}", event) for number in range(5)]
        bound(runner, 1_000_000)
        # What was refused waits for nothing: who asked for it asks again.
        wait_until(lambda: runner.fault() is None)
        assert 202 == start(runner, "flow", "a-0", event)
    told = [each.getMessage() for each in caplog.records]
    assert 1 == len([each for each in told if each == "the runner of durable functions failed"])
    assert 1 == len([each for each in told if "cannot be written" in each])
