"""A planned stop of the interpreter."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.flows.waiting import wait_until
from tests.unit.local.runner.interpreter.machines import client_of, end_of
from verihook.local.runner import ARN_PREFIX, Interpreter
from verihook.local.runner.integrations import Integrations

CALL = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "OutputPath": "$.Payload"}
TWO_CALLS = {
    "StartAt": "First",
    "States": {
        "First": {**CALL, "Parameters": {"FunctionName": "first"}, "Next": "Look"},
        "Look": {"Type": "Pass", "Next": "Second"},
        "Second": {**CALL, "Parameters": {"FunctionName": "second", "Payload.$": "$"}, "End": True},
    },
}
EXPRESS = {"StartAt": "Rest", "States": {"Rest": {**CALL, "Parameters": {"FunctionName": "rest"}, "End": True}}}


def test_a_call_is_answered_its_answer_is_kept_and_no_other_is_made(tmp_path: Path) -> None:
    calls: list[str] = []
    begun, release = threading.Event(), threading.Event()

    def first(event: Any) -> Any:
        calls.append("first")
        begun.set()
        release.wait(120)
        return {"n": 1}

    def second(event: Any) -> Any:
        calls.append("second")
        return event

    journal, functions = tmp_path / "journal.db", {"first": first, "second": second}
    machines = {"two-calls": json.dumps(TWO_CALLS)}
    with Interpreter(journal, integrations=Integrations(functions)) as interpreter:
        interpreter.deploy(machines)
        client = client_of(interpreter)
        arn = client.start_execution(stateMachineArn=ARN_PREFIX + "two-calls", name="a")["executionArn"]
        assert begun.wait(60)
        assert ["a"] == interpreter.busy()
        interpreter.hold()
        late = client.start_execution(stateMachineArn=ARN_PREFIX + "two-calls", name="late")["executionArn"]
        assert ["a"] == interpreter.busy()
        release.set()
        wait_until(lambda: not interpreter.busy())
        assert "RUNNING" == client.describe_execution(executionArn=arn)["status"]
    assert ["first"] == calls
    with Interpreter(journal, integrations=Integrations(functions)) as interpreter:
        interpreter.deploy(machines)
        client = client_of(interpreter)
        assert 2 == interpreter.resume()
        ends = [end_of(client, each) for each in (arn, late)]
        assert [("SUCCEEDED", '{"n":1}')] * 2 == [(end["status"], end["output"]) for end in ends]
    assert ["first", "first", "second", "second"] == sorted(calls)


def test_an_express_execution_is_waited_for_and_none_begins(tmp_path: Path) -> None:
    release = threading.Event()
    functions = {"rest": lambda event: release.wait(120)}
    with Interpreter(tmp_path / "journal.db", integrations=Integrations(functions)) as interpreter:
        interpreter.deploy({"express": json.dumps(EXPRESS)}, express={"express"})
        client = client_of(interpreter)
        client.start_execution(stateMachineArn=ARN_PREFIX + "express", name="a")
        wait_until(lambda: ["a"] == interpreter.busy())
        interpreter.hold()
        with pytest.raises(client.exceptions.ClientError, match="closing"):
            client.start_execution(stateMachineArn=ARN_PREFIX + "express", name="late")
        assert ["a"] == interpreter.busy()
        release.set()
        wait_until(lambda: not interpreter.busy())


@pytest.mark.parametrize("stopped", [True, False])
def test_a_wait_that_a_stop_ends_is_told_as_no_failure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, stopped: bool
) -> None:
    asked = threading.Event()
    ask = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Parameters": {"FunctionName": "ask", "Payload": {"token.$": "$$.Task.Token"}},
        "End": True,
    }
    with Interpreter(
        tmp_path / "journal.db", integrations=Integrations({"ask": lambda event: asked.set()})
    ) as interpreter:
        interpreter.deploy({"asking": json.dumps({"StartAt": "Ask", "States": {"Ask": ask}})})
        client = client_of(interpreter)
        arn = client.start_execution(stateMachineArn=ARN_PREFIX + "asking", name="a")["executionArn"]
        assert asked.wait(60)
        wait_until(lambda: not interpreter.busy())
        if stopped:
            client.stop_execution(executionArn=arn)
    assert [] == [record.getMessage() for record in caplog.records if record.name.startswith("verihook")]
