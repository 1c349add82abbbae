"""Executions that a Task starts."""

from __future__ import annotations

import json
from pathlib import Path
from threading import Event
from typing import Any

import pytest

from tests.flows.waiting import PATIENCE_S, wait_until
from tests.unit.local.runner.machines import KEY, Clock, Functions, asl, ended_one, opened
from verihook.local.runner import children
from verihook.local.runner.integrations import NO_ROLES
from verihook.local.runner.rows import Entry
from verihook.local.runner.runner import Runner

ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:child"


def starting(pattern: str, **more: Any) -> str:
    arguments = {"StateMachineArn": ARN, "Input.$": "$", **more}
    resource = f"arn:aws:states:::states:startExecution{pattern}"
    return asl(A={"Type": "Task", "Resource": resource, "Parameters": arguments, "End": True})


def running(path: Path, parent: str, child: str, clock: Clock | None = None) -> Runner:
    runner = opened(path / "s.db", Functions(), clock or Clock(), parent)
    runner.deploy("child", child)
    return runner


DOUBLE = asl(A={"Type": "Pass", "Parameters": {"n.$": "States.MathAdd($.n, $.n)"}, "End": True})
WAITING = asl(A={"Type": "Wait", "Seconds": 60, "End": True})


@pytest.mark.parametrize(("pattern", "output"), [(".sync", '{"n":4}'), (".sync:2", {"n": 4})])
def test_its_end_is_the_tasks_result(tmp_path: Path, pattern: str, output: Any) -> None:
    runner = running(tmp_path, starting(pattern), DOUBLE)
    runner.start("m", "e", '{"n": 2}')
    ended = wait_until(lambda: ended_one(runner))
    told = json.loads(ended.output or "")
    assert (ended.status, told["Status"], told["Output"]) == ("SUCCEEDED", "SUCCEEDED", output)
    kinds = [event["type"] for event in runner.store.history(KEY)]
    assert kinds[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    runner.close()


def test_what_needs_a_role_is_not_started(tmp_path: Path) -> None:
    definition = json.loads(starting(""))
    definition["States"]["A"]["Credentials"] = {"RoleArn": "arn:aws:iam::1:role/r"}
    runner = running(tmp_path, json.dumps(definition), WAITING)
    runner.start("m", "e", "{}")
    ended = wait_until(lambda: ended_one(runner))
    assert (ended.status, ended.error, ended.cause) == ("FAILED", "States.Runtime", f"Credentials: {NO_ROLES}")
    assert [key for key, _ in runner.store.running()] == []
    runner.close()


def test_an_end_that_comes_first_is_told_after_the_submission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another thread enters the child's states: it may have ended before the call that began it comes back."""
    told, begin, tell = Event(), Runner.start, children.tell_parent

    def telling(of: Runner, child: Entry) -> None:
        tell(of, child)
        if child.machine == "child" and child.status != "RUNNING":
            told.set()

    def starting_slowly(of: Runner, machine: str, *given: Any) -> Entry:
        entry = begin(of, machine, *given)
        assert machine == "m" or told.wait(PATIENCE_S)
        return entry

    monkeypatch.setattr("verihook.local.runner.runner.tell_parent", telling)
    monkeypatch.setattr(Runner, "start", starting_slowly)
    runner = running(tmp_path, starting(".sync"), DOUBLE)
    runner.start("m", "e", '{"n": 2}')
    wait_until(lambda: ended_one(runner))
    kinds = [event["type"] for event in runner.store.history(KEY)]
    assert kinds[2:6] == ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"]
    runner.close()


def test_one_that_is_not_waited_for(tmp_path: Path) -> None:
    runner = running(tmp_path, starting("", Name="mine"), WAITING)
    runner.start("m", "e", "{}")
    ended = wait_until(lambda: ended_one(runner))
    assert json.loads(ended.output or "")["ExecutionArn"].endswith(":execution:child:mine")
    assert runner.store.running()[0][0] == ("child", "mine")
    runner.close()


def test_its_failure_is_the_tasks(tmp_path: Path) -> None:
    runner = running(tmp_path, starting(".sync"), asl(A={"Type": "Fail", "Error": "Mine", "Cause": "why"}))
    runner.start("m", "e", "{}")
    ended = wait_until(lambda: ended_one(runner))
    assert (ended.status, ended.error) == ("FAILED", "States.TaskFailed")
    assert [json.loads(ended.cause or "")[name] for name in ("Status", "Error", "Cause")] == ["FAILED", "Mine", "why"]
    runner.close()


def test_a_stop_goes_down(tmp_path: Path) -> None:
    runner = running(tmp_path, starting(".sync"), WAITING)
    runner.start("m", "e", "{}")
    (child,) = wait_until(lambda: runner.store.children(KEY))
    assert runner.stop(KEY, None, None)
    stopped = wait_until(lambda: ended(runner, child))
    assert (stopped.status, stopped.error) == ("ABORTED", "States.Aborted")
    runner.close()


def ended(runner: Runner, child: Entry) -> Entry | None:
    entry = runner.store.get(child.key)
    return entry if entry is not None and entry.status != "RUNNING" else None


def test_a_restart_starts_no_second_child_and_loses_no_end(tmp_path: Path) -> None:
    clock = Clock()
    first = running(tmp_path, starting(".sync:2"), WAITING, clock)
    first.start("m", "e", "{}")
    wait_until(lambda: first.store.is_taken(KEY, "1.1"))
    (child,) = first.store.children(KEY)
    first.close()
    clock.now += 60
    second = running(tmp_path, starting(".sync:2"), WAITING, clock)
    second.resume()
    assert wait_until(lambda: ended_one(second)).status == "SUCCEEDED"
    assert [entry.name for entry in second.store.of_machine("child", None, 9, 0)] == [child.name]
    second.close()


def test_a_machine_that_there_is_not(tmp_path: Path) -> None:
    runner = opened(tmp_path / "s.db", Functions(), Clock(), starting(""))
    runner.start("m", "e", "{}")
    assert wait_until(lambda: ended_one(runner)).error == "StepFunctions.StateMachineDoesNotExistException"
    runner.close()
