"""The API of the interpreter through boto3."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from tests.unit.local.runner.interpreter.machines import PASS, ROLE, WAIT, client_of, code_of, end_of, start
from verihook.errors import ConfigurationError
from verihook.local.runner import ARN_PREFIX, Interpreter


def test_describe(client: Any) -> None:
    answer = end_of(client, start(client, "pass", "described", '{"a": 1}'))
    assert answer["executionArn"] == "arn:aws:states:us-east-1:123456789012:execution:pass:described"
    assert answer["stateMachineArn"] == ARN_PREFIX + "pass"
    assert (answer["name"], answer["status"], answer["input"], answer["output"]) == (
        "described",
        "SUCCEEDED",
        '{"a": 1}',
        '{"a":1}',
    )
    assert answer["startDate"] <= answer["stopDate"]
    assert len(answer["ResponseMetadata"]["RequestId"]) == 36


def test_starts_without_a_name_are_two(client: Any) -> None:
    assert start(client, "pass") != start(client, "pass")


def test_variables_and_the_start_time_in_jsonpath(client: Any) -> None:
    output = json.loads(end_of(client, start(client, "variables", None, '{"who": "\\"; $error()"}'))["output"])
    assert output["to"] == '"; $error()'
    assert output["at"].endswith("Z")


def test_stop_keeps_error_and_cause(client: Any) -> None:
    arn = start(client, "wait")
    stopped = client.stop_execution(executionArn=arn, error="Cancelled", cause="by the customer")
    answer = client.describe_execution(executionArn=arn)
    assert (answer["status"], answer["error"], answer["cause"]) == ("ABORTED", "Cancelled", "by the customer")
    assert answer["stopDate"] == stopped["stopDate"]
    assert client.stop_execution(executionArn=arn, error="Again")["stopDate"] == stopped["stopDate"]
    events = client.get_execution_history(executionArn=arn)["events"]
    assert events[-1]["executionAbortedEventDetails"] == {"error": "Cancelled", "cause": "by the customer"}


def test_a_machine_times_out(client: Any, interpreter: Interpreter) -> None:
    interpreter.deploy({"timeout": json.dumps(json.loads(WAIT) | {"TimeoutSeconds": 1})})
    answer = end_of(client, start(client, "timeout"))
    assert (answer["status"], "stopDate" in answer) == ("TIMED_OUT", True)
    assert (
        client.get_execution_history(executionArn=answer["executionArn"])["events"][-1]["type"] == "ExecutionTimedOut"
    )


def test_a_wrong_query_fails_with_aws_words(client: Any, interpreter: Interpreter) -> None:
    state = {"Type": "Pass", "Output": "{% $states.input.missing %}", "End": True}
    interpreter.deploy({"query": json.dumps({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}})})
    answer = end_of(client, start(client, "query"))
    assert (answer["status"], answer["error"]) == ("FAILED", "States.QueryEvaluationError")
    assert "returned nothing (undefined)" in answer["cause"]


def test_one_token_is_one_redrive_also_of_what_has_failed_again(client: Any, interpreter: Interpreter) -> None:
    interpreter.deploy({"failing": json.dumps({"StartAt": "A", "States": {"A": {"Type": "Fail", "Error": "Boom"}}})})
    arn = start(client, "failing")

    def redriven(**token: str) -> tuple[Any, int]:
        end_of(client, arn)
        date = client.redrive_execution(executionArn=arn, **token)["redriveDate"]
        return date, end_of(client, arn)["redriveCount"]

    first = redriven(clientToken="job-1")
    assert 1 == first[1]
    assert first == redriven(clientToken="job-1")
    assert 2 == redriven(clientToken="job-2")[1]
    assert 3 == redriven()[1]
    assert 4 == redriven()[1]


def test_history_in_pages_and_backwards(client: Any) -> None:
    arn = start(client, "pass")
    end_of(client, arn)
    pages = client.get_paginator("get_execution_history").paginate(executionArn=arn, PaginationConfig={"PageSize": 3})
    kinds = [event["type"] for page in pages for event in page["events"]]
    assert kinds == ["ExecutionStarted", "PassStateEntered", "PassStateExited", "ExecutionSucceeded"]
    backwards = client.get_execution_history(executionArn=arn, reverseOrder=True)["events"]
    assert [event["type"] for event in backwards] == kinds[::-1]


def test_executions_in_pages_by_status(client: Any, interpreter: Interpreter) -> None:
    interpreter.deploy({"listed": WAIT})
    arns = [start(client, "listed", f"n{number}") for number in range(3)]
    client.stop_execution(executionArn=arns[0])
    pages = client.get_paginator("list_executions").paginate(
        stateMachineArn=ARN_PREFIX + "listed", statusFilter="RUNNING", PaginationConfig={"PageSize": 1}
    )
    assert {item["executionArn"] for page in pages for item in page["executions"]} == set(arns[1:])


def test_machines(client: Any) -> None:
    created = client.create_state_machine(name="made", definition=PASS, roleArn=ROLE)
    assert created["stateMachineArn"] == ARN_PREFIX + "made"
    assert (
        client.create_state_machine(name="made", definition=PASS, roleArn=ROLE)["creationDate"]
        == created["creationDate"]
    )
    with pytest.raises(client.exceptions.StateMachineAlreadyExists):
        client.create_state_machine(name="made", definition=WAIT, roleArn=ROLE)
    client.update_state_machine(stateMachineArn=ARN_PREFIX + "made", definition=WAIT)
    assert client.describe_state_machine(stateMachineArn=ARN_PREFIX + "made")["definition"] == WAIT
    names = [machine["name"] for machine in client.list_state_machines()["stateMachines"]]
    assert {"wait", "pass", "made"} <= set(names)
    with pytest.raises(client.exceptions.InvalidDefinition):
        client.create_state_machine(name="bad", definition='{"StartAt": "A", "States": {}}', roleArn=ROLE)
    with pytest.raises(ClientError):
        client.create_state_machine(name="other", definition=PASS, roleArn=ROLE, type="OTHER")
    with pytest.raises(client.exceptions.StateMachineAlreadyExists):
        client.create_state_machine(name="made", definition=WAIT, roleArn=ROLE, type="EXPRESS")


@pytest.mark.parametrize(
    ("operation", "parameters", "code"),
    [
        ("start_execution", {"stateMachineArn": ARN_PREFIX + "no"}, "StateMachineDoesNotExist"),
        ("start_execution", {"stateMachineArn": "no"}, "InvalidArn"),
        ("start_execution", {"stateMachineArn": ARN_PREFIX + "pass", "name": "a b"}, "InvalidName"),
        ("start_execution", {"stateMachineArn": ARN_PREFIX + "pass", "name": "x" * 81}, "InvalidName"),
        ("start_execution", {"stateMachineArn": ARN_PREFIX + "pass", "input": "{"}, "InvalidExecutionInput"),
        ("describe_execution", {"executionArn": "no"}, "InvalidArn"),
        ("describe_execution", {"executionArn": "arn:aws:states:eu-west-1:1:execution:a:b"}, "ExecutionDoesNotExist"),
        ("list_executions", {"stateMachineArn": ARN_PREFIX + "pass", "nextToken": "x"}, "InvalidToken"),
        ("send_task_success", {"taskToken": "no", "output": "{}"}, "InvalidToken"),
        ("send_task_success", {"taskToken": "no", "output": "{"}, "InvalidOutput"),
        ("send_task_failure", {"taskToken": "no"}, "InvalidToken"),
        ("send_task_heartbeat", {"taskToken": "no"}, "InvalidToken"),
        ("redrive_execution", {"executionArn": "no"}, "InvalidArn"),
    ],
)
def test_errors(client: Any, operation: str, parameters: dict[str, str], code: str) -> None:
    with pytest.raises(ClientError) as raised:
        getattr(client, operation)(**parameters)
    assert code_of(raised) == code
    assert raised.value.response["ResponseMetadata"]["HTTPStatusCode"] == 400


def task(resource: str) -> str:
    return json.dumps({"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": resource, "End": True}}})


@pytest.mark.parametrize(
    ("name", "asl", "told"),
    [
        ("bad", "{", "bad.asl.json: line 1, column 2 is not JSON"),
        ("bad", '{"StartAt": "B", "States": {"A": {"Type": "Succeed"}}}', "bad.asl.json: StartAt: "),
        ("bad", '{"StartAt": "A", "States": {"A": {"Type": "Wait", "End": true}}}', "bad.asl.json: States.A: "),
        ("bad", task("${WorkerArn}"), "bad.asl.json: States.A.Resource: ${WorkerArn} is a substitution without"),
        ("b d", PASS, "b d.asl.json: Invalid Name"),
    ],
)
def test_a_bad_definition_is_not_deployed(interpreter: Interpreter, name: str, asl: str, told: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        interpreter.deploy({name: asl})
    assert str(raised.value).startswith(told)


def test_close_is_prompt_and_a_next_one_resumes(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    first = Interpreter(tmp_path / "journal.db")
    first.start()
    first.deploy({"m": WAIT})
    client = client_of(first)
    arn = start(client, "m", "n1")
    began = time.monotonic()
    first.close()
    first.close()
    # What waits for 90 seconds is not waited for.
    assert time.monotonic() - began < 45
    with pytest.raises(RuntimeError):
        first.endpoint_url  # noqa: B018  # reading it is the test
    with Interpreter(tmp_path / "journal.db") as second:
        client = client_of(second)
        second.deploy({"m": PASS})
        # It goes on by the definition that it began with.
        assert second.resume() == 1
        assert client.describe_execution(executionArn=arn)["status"] == "RUNNING"
        client.stop_execution(executionArn=arn)
        assert end_of(client, start(client, "m", "n2"))["status"] == "SUCCEEDED"
    deadline = time.monotonic() + 60
    while set(threading.enumerate()) - before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert set(threading.enumerate()) - before == set()


def test_a_taken_port_is_a_configuration_error(interpreter: Interpreter, tmp_path: Path) -> None:
    port = urlsplit(interpreter.endpoint_url).port or 0
    with pytest.raises(ConfigurationError, match="port"):
        Interpreter(tmp_path / "journal.db", port=port).start()


def test_nothing_is_printed(client: Any, interpreter: Interpreter, capfd: pytest.CaptureFixture[str]) -> None:
    state = {"Type": "Fail", "Error": "E", "Cause": "C"}
    interpreter.deploy({"fails": json.dumps({"StartAt": "A", "States": {"A": state}})})
    end_of(client, start(client, "fails"))
    arn = start(client, "wait")
    client.stop_execution(executionArn=arn)
    assert capfd.readouterr() == ("", "")
