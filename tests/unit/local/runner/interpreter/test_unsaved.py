"""A journal that is full for a while: what runs stands still, goes on by itself, and calls nothing twice."""

from __future__ import annotations

import json
import logging
import sqlite3
import time
from pathlib import Path
from typing import Any

import pytest

from tests.flows.waiting import wait_until
from tests.unit.local.runner.interpreter.machines import client_of, end_of
from tests.unit.local.runner.interpreter.test_executions import TWO_CALLS
from verihook.local import full_disk
from verihook.local.runner import ARN_PREFIX, Interpreter
from verihook.local.runner.integrations import Integrations


def fill(db: sqlite3.Connection) -> None:
    db.execute("CREATE TABLE fill (it BLOB)")
    db.execute("INSERT INTO fill VALUES (zeroblob(20000))")
    db.execute("PRAGMA max_page_count = 1")


@pytest.mark.parametrize("when", ["first", "second"])
def test_what_could_not_be_written_goes_on_when_there_is_room(
    tmp_path: Path, when: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """After the first call its answer cannot be written, after the second the end."""
    assert 5 == full_disk.PACE_S
    monkeypatch.setattr("verihook.local.runner.runner.PACE_S", 0.05)
    calls: list[str] = []

    def call(name: str, answer: Any) -> Any:
        calls.append(name)
        if name == when:
            interpreter._runner.store._run(fill)
        return answer

    much = {"much": "x" * 50_000}
    functions = {"first": lambda _: call("first", much), "second": lambda event: call("second", event)}
    with (
        caplog.at_level(logging.ERROR, "verihook"),
        Interpreter(tmp_path / "j.db", integrations=Integrations(functions)) as interpreter,
    ):
        interpreter.deploy({"two-calls": json.dumps(TWO_CALLS)})
        client = client_of(interpreter)
        arn = client.start_execution(stateMachineArn=ARN_PREFIX + "two-calls", name="a")["executionArn"]
        wait_until(lambda: bool(caplog.records))
        time.sleep(0.3)
        assert "RUNNING" == client.describe_execution(executionArn=arn)["status"]
        assert caplog.records[0].getMessage() == interpreter.fault()
        # What could not be written is not given up: its thread tries again.
        assert interpreter.busy() == ["a"]
        assert calls == (["first"] if when == "first" else ["first", "second"])
        interpreter._runner.store._run(lambda db: db.execute("PRAGMA max_page_count = 1000000"))
        end = end_of(client, arn)
        wait_until(lambda: interpreter.fault() is None)
    assert ("SUCCEEDED", much) == (end["status"], json.loads(end["output"]))
    assert ["first", "second"] == calls
    why = f"{tmp_path / 'j.db'} cannot be written (database or disk is full). What runs in it goes on by itself"
    assert [True] == [each.getMessage().startswith(why) for each in caplog.records]
