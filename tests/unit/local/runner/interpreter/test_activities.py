"""A worker takes the tasks of an activity, and answers them, by AWS's own client."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.flows.waiting import wait_until
from tests.unit.local.runner.interpreter.machines import client_of, code_of, end_of, start
from verihook.config.settings import states_door
from verihook.errors import ConfigurationError
from verihook.local.runner import AwsServices, Interpreter
from verihook.local.runner.activities import take_task
from verihook.local.runner.integrations import Integrations

ARN = "arn:aws:states:eu-central-1:123456789012:activity:pay"
PAY: dict[str, Any] = {"Type": "Task", "Resource": ARN, "End": True}
SERVICES = AwsServices({"VERIHOOK_STATES_PORT": "8083", "VERIHOOK_STATES_KEY": "k" * 16})


@pytest.fixture
def interpreter(tmp_path: Path) -> Iterator[Interpreter]:
    with Interpreter(tmp_path / "e.db", integrations=Integrations(services=SERVICES)) as running:
        running.deploy({"pays": json.dumps({"StartAt": "Pay", "States": {"Pay": PAY}})})
        yield running


def kinds(client: Any, arn: str) -> list[str]:
    return [each["type"] for each in client.get_execution_history(executionArn=arn)["events"]]


def test_a_worker_that_waits_gets_the_task_and_its_answer_is_the_result(interpreter: Interpreter) -> None:
    client = client_of(interpreter)
    with ThreadPoolExecutor() as pool:
        polled = pool.submit(client_of(interpreter).get_activity_task, activityArn=ARN, workerName="w-1")
        arn = start(client, "pays", None, '{"order": 1}')
        task = polled.result()
    assert json.loads(task["input"]) == {"order": 1}
    client.send_task_success(taskToken=task["taskToken"], output='{"paid": true}')
    assert json.loads(end_of(client, arn)["output"]) == {"paid": True}
    events = client.get_execution_history(executionArn=arn)["events"]
    assert [each["type"] for each in events[2:5]] == ["ActivityScheduled", "ActivityStarted", "ActivitySucceeded"]
    assert events[3]["activityStartedEventDetails"] == {"workerName": "w-1"}


def test_what_was_not_taken_is_offered_after_a_crash_and_what_was_taken_is_not(tmp_path: Path) -> None:
    asl = json.dumps({"StartAt": "Pay", "States": {"Pay": PAY}})
    with Interpreter(tmp_path / "e.db", integrations=Integrations(services=SERVICES)) as first:
        first.deploy({"pays": asl})
        client = client_of(first)
        arns = [start(client, "pays", name, f'"{name}"') for name in ("a", "b")]
        wait_until(lambda: all("ActivityScheduled" in kinds(client, arn) for arn in arns))
        taken = client.get_activity_task(activityArn=ARN)
    with Interpreter(tmp_path / "e.db", integrations=Integrations(services=SERVICES)) as second:
        second.deploy({"pays": asl})
        second.resume()
        client = client_of(second)
        left = client.get_activity_task(activityArn=ARN)
        assert {taken["input"], left["input"]} == {'"a"', '"b"'}
        assert take_task(second._runner, "pay", None, 0)["taskToken"] is None
        for task in (taken, left):
            client.send_task_success(taskToken=task["taskToken"], output=task["input"])
        assert [end_of(client, arn)["output"] for arn in arns] == ['"a"', '"b"']


def test_a_task_that_has_been_given_up_is_no_workers(interpreter: Interpreter) -> None:
    client, runner = client_of(interpreter), interpreter._runner
    arn = start(client, "pays")
    wait_until(lambda: runner.activities.has("pay"))
    ((place, call),) = runner.activities._waiting.items()
    client.stop_execution(executionArn=arn)
    runner.activities.put(place[0], call)
    assert take_task(runner, "pay", None, 0) == {"taskToken": None, "input": None}


def test_an_activity_that_no_machine_has(interpreter: Interpreter) -> None:
    for arn, code in ((f"{ARN}-too", "ActivityDoesNotExist"), ("pay", "InvalidArn")):
        with pytest.raises(ClientError) as error:
            client_of(interpreter).get_activity_task(activityArn=arn)
        assert code_of(error) == code


@pytest.mark.parametrize(
    ("port", "key", "named"),
    [("8083", "", "KEY"), ("", "k" * 16, "PORT"), ("0", "k" * 16, "PORT"), ("65536", "k" * 16, "PORT"),
     ("8083", "k" * 15, "KEY"), ("8083", "k" * 15 + "/", "KEY")],
)  # fmt: skip
def test_a_door_has_a_port_and_a_key_that_is_hard_to_guess(port: str, key: str, named: str) -> None:
    with pytest.raises(ConfigurationError, match=f"VERIHOOK_STATES_{named}"):
        states_door({"VERIHOOK_STATES_PORT": port, "VERIHOOK_STATES_KEY": key})
    assert states_door({}) is None
