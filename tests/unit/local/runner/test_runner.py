"""Executions on one machine: quick, woken, and going on after a restart."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest

from tests.flows.waiting import wait_until
from tests.unit.local.runner.machines import (
    CALLBACK,
    KEY,
    START,
    Clock,
    Dying,
    Functions,
    asl,
    ended_one,
    finished,
    opened,
    stand,
    task,
)
from verihook.local.pool import MAX_THREADS
from verihook.local.runner.arns import ARN_PREFIX
from verihook.local.runner.integrations import Integrations
from verihook.local.runner.rows import Entry, Key, Taken
from verihook.local.runner.runner import Runner
from verihook.local.states.effects import Beat, Failed, Succeeded
from verihook.local.states.errors import Refused


def test_a_machine_without_effects_ends_by_itself(tmp_path: Path) -> None:
    ends: list[Entry] = []
    runner = Runner(tmp_path / "s.db", Integrations(), now=time.time, on_end=ends.append)
    runner.deploy("m", asl(A={"Type": "Pass", "End": True}))
    runner.start("m", "e", '{"a": 1}')
    wait_until(lambda: ends)
    assert [(end.status, end.output) for end in ends] == [("SUCCEEDED", '{"a":1}')]
    assert [event["type"] for event in runner.store.history(KEY)] == [
        "ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded",
    ]  # fmt: skip
    runner.close()


def test_a_stretch_of_states_without_effects_is_one_write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    states = {f"S{number}": {"Type": "Pass", "Next": f"S{number + 1}"} for number in range(40)}
    runner = opened(tmp_path / "s.db", Functions(), Clock(), asl(**states, S40={"Type": "Succeed"}))
    keys, write = list[Key](), runner.store.write
    monkeypatch.setattr(
        runner.store, "write", lambda key, *more, **named: (keys.append(key), write(key, *more, **named))
    )
    runner.start("m", "e", "{}")
    wait_until(lambda: ended_one(runner))
    assert keys == [KEY]
    runner.close()


def test_who_starts_waits_for_no_state_and_a_later_process_enters_what_none_was(tmp_path: Path) -> None:
    """As if no thread had come to it before the process died."""
    runner = opened(tmp_path / "s.db", Functions(), Clock(), asl(A={"Type": "Pass", "Result": 7, "End": True}))
    runner.hold()
    assert runner.start("m", "e", "{}").status == "RUNNING"
    assert [event["type"] for event in runner.store.history(KEY)] == ["ExecutionStarted"]
    runner.close()
    again = opened(tmp_path / "s.db", Functions(), Clock())
    assert again.resume() == 1
    assert wait_until(lambda: ended_one(again)).output == "7"
    again.close()


def test_the_same_start_again_and_another_of_its_name(tmp_path: Path) -> None:
    runner = opened(tmp_path / "s.db", Functions(), Clock())
    first = runner.start("m", "e", '{"l": [1]}')
    assert runner.start("m", "e", '{ "l":[1] }') == first
    with pytest.raises(Taken) as taken:
        runner.start("m", "e", '{"l": [2]}')
    assert taken.value.entry.input == '{"l": [1]}'
    with pytest.raises(Refused):
        runner.deploy("m", "{}")
    runner.close()


def test_nothing_is_called_before_it_is_written(tmp_path: Path) -> None:
    functions, clock = Functions(), Clock()
    runner = opened(
        tmp_path / "s.db",
        functions,
        clock,
        asl(A={"Type": "Wait", "Seconds": 1, "Next": "B"}, B=task("split", End=True)),
    )
    runner.start("m", "e", '{"l": []}')
    stand(runner)
    runner.store.close()
    runner.store = dying = Dying(tmp_path / "s.db", 1, after=False)
    clock.now += 1
    wait_until(lambda: dying.dead)
    runner.close()
    assert functions.called == []


def is_due(runner: Runner, at: float) -> bool:
    """Whether the state has been entered, which another thread does."""
    return runner.store.running() == [(KEY, at)]


def test_a_deadline_outlives_twenty_restarts(tmp_path: Path) -> None:
    clock = Clock()
    waiting = asl(A={"Type": "Wait", "Seconds": 604_800, "End": True})
    for day in range(20):
        runner = opened(tmp_path / "s.db", Functions(), clock, waiting)
        if day == 0:
            runner.start("m", "e", "{}")
        runner.resume()
        wait_until(partial(is_due, runner, START + 604_800))
        clock.now += 604_700 / 20
        runner.close()
    clock.now = START + 604_800
    runner = opened(tmp_path / "s.db", Functions(), clock, waiting)
    runner.resume()
    ended = wait_until(lambda: ended_one(runner))
    assert ended.stopped_at == int((START + 604_800) * 1000)
    runner.close()


def test_a_token_and_a_heartbeat_outlive_a_restart(tmp_path: Path) -> None:
    functions, clock = Functions(), Clock()
    calling = asl(A={**CALLBACK, "HeartbeatSeconds": 10, "End": True})
    first = opened(tmp_path / "s.db", functions, clock, calling)
    first.start("m", "e", "{}")
    wait_until(lambda: functions.tokens and first.store.open_calls() == [])
    clock.now += 9
    assert first.answer(functions.tokens[0], Beat)
    first.close()
    clock.now += 9
    second = opened(tmp_path / "s.db", functions, clock, calling)
    second.resume()
    assert second.answer(functions.tokens[0], lambda call: Succeeded(call, 1))
    assert not second.answer(functions.tokens[0], lambda call: Succeeded(call, 2))
    entry = second.store.get(KEY)
    assert entry is not None
    assert (entry.status, entry.output, functions.called) == ("SUCCEEDED", "1", ["note"])
    second.close()


def test_a_redrive_goes_on_with_the_state_that_failed(tmp_path: Path) -> None:
    functions, clock = Functions(), Clock()
    runner = opened(tmp_path / "s.db", functions, clock, asl(A=task("split", Next="B"), B={**CALLBACK, "End": True}))
    runner.start("m", "e", '{"l": []}')
    token = wait_until(lambda: functions.tokens)[0]
    assert wait_until(lambda: runner.answer(token, lambda call: Failed(call, "E", "why")))
    assert runner.redrive(KEY, "once")
    assert not runner.redrive(KEY, "twice")
    ended = finished(runner, functions, clock)
    assert (ended.status, ended.output, runner.store.redriven_by(KEY)) == ("SUCCEEDED", '"yes"', "once")
    assert functions.called == ["split", "note", "note"]
    kinds = [event["type"] for event in runner.store.history(KEY)]
    assert kinds[-6:-4] == ["ExecutionRedriven", "TaskStateEntered"] or "ExecutionRedriven" in kinds
    assert [event["id"] for event in runner.store.history(KEY)] == list(range(1, len(kinds) + 1))
    runner.close()


def test_half_a_character_and_a_sum_without_end_are_no_faults_of_ours(tmp_path: Path) -> None:
    failing = asl(A={"Type": "Pass", "Parameters": {"s.$": "$.n.sum()"}, "End": True})
    runner = opened(tmp_path / "s.db", Functions(), Clock(), asl(A={"Type": "Pass", "End": True}))
    runner.start("m", "e", '{"a": "\\ud83d"}')
    runner.deploy("m", failing)
    runner.start("m", "f", '{"n": [1e308, 1e308]}')
    wait_until(lambda: not runner.store.running())
    ends = [runner.store.get(KEY), runner.store.get(("m", "f"))]
    assert [end and (end.status, end.output, end.error) for end in ends] == [
        ("SUCCEEDED", '{"a":"\\ud83d"}', None),
        ("FAILED", None, "States.Runtime"),
    ]
    runner.close()


def test_a_stop_is_an_end(tmp_path: Path) -> None:
    runner = opened(tmp_path / "s.db", Functions(), Clock(), asl(A={"Type": "Wait", "Seconds": 9, "End": True}))
    runner.start("m", "e", "{}")
    assert runner.stop(KEY, "E", "why")
    assert not runner.stop(KEY, None, None)
    entry = runner.store.get(KEY)
    assert entry is not None
    assert (entry.status, entry.error, entry.cause) == ("ABORTED", "E", "why")
    assert runner.store.running() == []
    runner.close()


def test_an_execution_goes_on_with_the_definition_that_it_began_with(tmp_path: Path) -> None:
    clock = Clock()
    old = opened(
        tmp_path / "s.db",
        Functions(),
        clock,
        asl(A={"Type": "Wait", "Seconds": 9, "Next": "B"}, B={"Type": "Pass", "Result": "old", "End": True}),
    )
    old.start("m", "e", "{}")
    stand(old)
    old.close()
    clock.now += 9
    new = opened(tmp_path / "s.db", Functions(), clock, asl(A={"Type": "Pass", "Result": "new", "End": True}))
    new.resume()
    entry = wait_until(lambda: ended_one(new))
    assert entry.output == '"old"'
    new.start("m", "f", "{}")
    wait_until(lambda: not new.store.running())
    assert getattr(new.store.get(("m", "f")), "output", None) == '"new"'
    new.close()


def test_waiting_executions_take_a_row_and_no_thread(tmp_path: Path) -> None:
    clock = Clock()
    runner = opened(tmp_path / "s.db", Functions(), clock, asl(A={"Type": "Wait", "Seconds": 9, "End": True}))
    before = threading.active_count()
    for number in range(300):
        runner.start("m", f"e{number}", "{}")
    stand(runner)
    assert threading.active_count() <= before + 1 + MAX_THREADS
    clock.now += 9
    runner.start("m", "last", "{}")
    wait_until(lambda: [key for key, _ in runner.store.running()] == [("m", "last")])
    runner.close()


def test_what_began_with_a_definition_that_is_refused_now_ends_and_says_so(tmp_path: Path) -> None:
    """A former version took it. Its children end, too, and a redrive does not begin it."""
    functions, clock = Functions(), Clock()
    wait = asl(A={"Type": "Wait", "Seconds": 60, "End": True})
    nested = {"StateMachineArn": ARN_PREFIX + "child"}
    starts = {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution.sync", "Parameters": nested}
    first = opened(tmp_path / "s.db", functions, clock, asl(A={**starts, "End": True}))
    first.deploy("child", wait)
    first.start("m", "e", "{}")
    wait_until(lambda: first.store.children(KEY))
    first.close()
    with closing(sqlite3.connect(tmp_path / "s.db", isolation_level=None)) as db:
        db.execute("UPDATE definitions SET asl = '{}' WHERE machine = 'm'")
    ends: list[Entry] = []
    second = Runner(tmp_path / "s.db", Integrations(functions), now=clock, on_end=ends.append)
    second.deploy("m", wait)
    second.resume()
    ended = ended_one(second)
    assert ended is not None
    assert (ended.status, ended.error) == ("FAILED", "States.Runtime")
    assert "is refused by this version" in str(ended.cause)
    assert {(each.machine, each.status) for each in ends} == {("m", "FAILED"), ("child", "ABORTED")}
    assert second.store.history(KEY)[-1]["type"] == "ExecutionFailed"
    assert not second.redrive(KEY, None)
    second.close()
