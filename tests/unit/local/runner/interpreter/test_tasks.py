"""Tasks: tokens, nested executions, what cannot be called here; and large Maps."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from tests.flows.waiting import wait_until
from tests.unit.local.runner.interpreter.machines import client_of, end_of, start
from verihook.local.pool import MAX_THREADS
from verihook.local.runner import ARN_PREFIX, Interpreter
from verihook.local.runner.integrations import Integrations


@pytest.mark.parametrize(
    ("act", "status", "error", "output"),
    [
        ("send_task_success", "SUCCEEDED", None, '{"paid":true}'),
        ("send_task_failure", "FAILED", "Declined", None),
    ],
)
def test_a_task_token(client: Any, interpreter: Interpreter, act: str, status: str, error: str, output: str) -> None:
    """The task calls this very interpreter: it starts an execution whose input carries the token."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::states:startExecution.waitForTaskToken",
        "Parameters": {
            "StateMachineArn": ARN_PREFIX + "wait",
            "Name": f"inner-{act}",
            "Input": {"Token.$": "$$.Task.Token"},
        },
        "End": True,
    }
    interpreter.deploy({"token": json.dumps({"StartAt": "A", "States": {"A": task}})})
    arn = start(client, "token")
    inner = f"arn:aws:states:us-east-1:123456789012:execution:wait:inner-{act}"
    deadline = time.monotonic() + 60
    token = None
    while token is None and time.monotonic() < deadline:
        try:
            token = json.loads(client.describe_execution(executionArn=inner)["input"])["Token"]
        except client.exceptions.ExecutionDoesNotExist:
            time.sleep(0.01)
    client.send_task_heartbeat(taskToken=token)
    given = {"output": '{"paid": true}'} if act == "send_task_success" else {"error": "Declined", "cause": "no money"}
    getattr(client, act)(taskToken=token, **given)
    answer = end_of(client, arn)
    assert (answer["status"], answer.get("error"), answer.get("output")) == (status, error, output)
    client.stop_execution(executionArn=inner)


@pytest.mark.parametrize(
    ("resource", "output"),
    [
        ("arn:aws:states:::states:startExecution.sync:2", {"a": [1]}),
        ("arn:aws:states:::states:startExecution.sync", '{"a":[1]}'),
    ],
)
def test_a_nested_execution(client: Any, interpreter: Interpreter, resource: str, output: Any) -> None:
    parameters = {"StateMachineArn": ARN_PREFIX + "pass", "Input": {"a": [1]}}
    task = {"Type": "Task", "Resource": resource, "Parameters": parameters, "OutputPath": "$.Output", "End": True}
    interpreter.deploy({"nested": json.dumps({"StartAt": "A", "States": {"A": task}})})
    answer = end_of(client, start(client, "nested"))
    assert (answer["status"], answer.get("cause")) == ("SUCCEEDED", None)
    assert json.loads(answer["output"]) == output


def test_a_lambda_task_fails_and_stays_on_this_machine(client: Any, interpreter: Interpreter) -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": "charge"},
        "End": True,
    }
    interpreter.deploy({"lambda": json.dumps({"StartAt": "A", "States": {"A": task}})})
    answer = end_of(client, start(client, "lambda"))
    assert (answer["status"], answer["error"]) == ("FAILED", "Lambda.ResourceNotFoundException")


def test_a_map_of_more_items_than_the_recursion_limit(client: Any, interpreter: Interpreter) -> None:
    processor = {"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}}
    state = {"Type": "Map", "MaxConcurrency": 1, "ItemProcessor": processor, "End": True}
    interpreter.deploy({"map": json.dumps({"StartAt": "A", "States": {"A": state}})})
    answer = end_of(client, start(client, "map", None, json.dumps(list(range(1200)))))
    assert json.loads(answer["output"]) == list(range(1200))


def waiting(retries: int) -> str:
    """A task that waits for its token, which the function ``note`` gets."""
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
        "Arguments": {"FunctionName": "note", "Payload": "{% $states.context.Task.Token %}"},
        "Retry": [{"ErrorEquals": ["Busy"], "IntervalSeconds": 1, "MaxAttempts": retries}],
        "TimeoutSeconds": 3600,
        "Next": "B",
    }
    states = {"A": task, "B": {"Type": "Wait", "Seconds": 60, "End": True}}
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": "A", "States": states})


def test_the_first_answer_counts_and_each_try_has_its_own_token(tmp_path: Path) -> None:
    tokens: Queue[Any] = Queue()
    with Interpreter(tmp_path / "journal.db", integrations=Integrations({"note": tokens.put})) as interpreter:
        interpreter.deploy({"waiting": waiting(1)})
        client = client_of(interpreter)
        arn = start(client, "waiting")
        first = tokens.get(timeout=60)
        client.send_task_failure(taskToken=first, error="Busy", cause="later")
        second = tokens.get(timeout=60)
        assert second != first
        with pytest.raises(client.exceptions.TaskTimedOut):
            client.send_task_success(taskToken=first, output="1")
        client.send_task_success(taskToken=second, output="2")
        for act in (
            lambda: client.send_task_success(taskToken=second, output="3"),
            lambda: client.send_task_heartbeat(taskToken=second),
        ):
            with pytest.raises(client.exceptions.TaskTimedOut):
                act()
        history = client.get_execution_history(executionArn=arn)["events"]
        assert [event["type"] for event in history].count("TaskFailed") == 1
        client.stop_execution(executionArn=arn)


def test_an_output_of_the_largest_size_and_one_more(client: Any) -> None:
    with pytest.raises(client.exceptions.InvalidOutput):
        client.send_task_success(taskToken="no", output='"' + "é" * 131_072 + '"')
    with pytest.raises(client.exceptions.InvalidToken):
        client.send_task_success(taskToken="no", output='"' + "é" * 131_071 + '"')


def test_what_waits_for_a_token_has_no_thread(tmp_path: Path) -> None:
    tokens: Queue[Any] = Queue()
    with Interpreter(tmp_path / "journal.db", integrations=Integrations({"note": tokens.put})) as interpreter:
        interpreter.deploy({"waiting": waiting(0)})
        client = client_of(interpreter)
        start(client, "waiting")
        tokens.get(timeout=60)
        before = threading.active_count()
        for _ in range(40):
            start(client, "waiting")
            tokens.get(timeout=60)
        wait_until(lambda: not interpreter.busy())
        assert threading.active_count() <= before + MAX_THREADS
