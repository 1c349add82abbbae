"""A state machine that cannot run here stops its workflow alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.flows.waiting import wait_until
from verihook.config import Hooks, load_hooks
from verihook.local.engines import LocalEngines
from verihook.local.runner import ARN_PREFIX
from verihook.local.state_machines import machines

QUEUE = "arn:aws:states:::sqs:sendMessage"
HOOKS = """
[workflows.pays]
engine = "stepfunctions"
definition = "pays"
[workflows.pays-too]
engine = "stepfunctions"
definition = "pays"
[workflows.well]
engine = "stepfunctions"
definition = "well"
[workflows.pays-not]
engine = "function"
definition = "pays"
"""


def write(folder: Path, **definitions: Any) -> Hooks:
    (folder / "handler" / "workflows").mkdir(parents=True)
    (folder / "handler" / "hooks.toml").write_text(HOOKS)
    (folder / "handler" / "workflows" / "pays.py").write_text("def run(event, context): ...\n")
    (folder / "infra" / "workflows").mkdir(parents=True)
    for name, states in definitions.items():
        text = json.dumps({"StartAt": "A", "States": states})
        (folder / "infra" / "workflows" / f"{name}.asl.json").write_text(text)
    return load_hooks(folder / "handler" / "hooks.toml")


def test_what_cannot_run_is_marked_and_the_others_are_deployed(tmp_path: Path) -> None:
    task = {"Type": "Task", "Resource": QUEUE, "Next": "B"}
    given = {"FunctionName": "${FeedsName}", "Payload": {}}
    feeds = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": given, "End": True}
    hooks = write(tmp_path, pays={"A": task, "B": {**task, "Next": "C"}}, well={"A": feeds})
    with LocalEngines(hooks, tmp_path / "data") as engines:
        told = {name: each.refusal for name, each in engines.hooks.workflows.items()}
        client = engines.endpoints.stepfunctions
        assert [each["name"] for each in client.list_state_machines()["stateMachines"]] == ["well"]
    assert (told["well"], told["pays-not"]) == (None, None)
    assert str(told["pays"]).startswith(
        "The workflow 'pays' cannot run on this machine: infra/workflows/pays.asl.json: States."
    )
    assert str(told["pays"]).endswith(" more: `verihook check` lists them.")
    assert str(told["pays-too"]).startswith("The workflow 'pays-too' cannot run")


@pytest.mark.parametrize(("content", "why"), [(None, "No such file or directory"), (b"\xff", "invalid start byte")])
def test_a_file_that_cannot_be_read_stops_its_workflow_alone(tmp_path: Path, content: bytes | None, why: str) -> None:
    hooks = write(tmp_path, well={"A": {"Type": "Succeed"}})
    if content is not None:
        (tmp_path / "infra" / "workflows" / "pays.asl.json").write_bytes(content)
    with LocalEngines(hooks, tmp_path / "data") as engines:
        told = {name: each.refusal for name, each in engines.hooks.workflows.items()}
        client = engines.endpoints.stepfunctions
        assert [each["name"] for each in client.list_state_machines()["stateMachines"]] == ["well"]
    assert re.search(rf"infra/workflows/pays\.asl\.json: cannot be read \(.*{why}", str(told["pays"]))
    assert (told["well"], told["pays-not"]) == (None, None)


def test_an_endpoint_of_the_environment_lets_its_workflow_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    send = {"Type": "Task", "Resource": QUEUE, "Parameters": {"QueueUrl": "q", "MessageBody": "b"}, "End": True}
    hooks = write(tmp_path, pays={"A": send}, well={"A": {"Type": "Succeed"}})
    monkeypatch.setenv("AWS_ENDPOINT_URL_SQS", "http://127.0.0.1:1")
    with LocalEngines(hooks, tmp_path / "data") as engines:
        assert {each.refusal for each in engines.hooks.workflows.values()} == {None}


def test_a_connection_and_values_of_the_environment_let_a_workflow_call_an_api(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"ApiEndpoint": "${Url}", "Method": "GET", "InvocationConfig": {"ConnectionArn": "${Arn}"}}
    call = {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": given, "End": True}
    hooks = write(tmp_path, pays={"A": call}, well={"A": {"Type": "Succeed"}})
    with hooks.path.open("a") as file:
        file.write('[connections.bank]\nurl = "https://bank.example"\n')
    with LocalEngines(load_hooks(hooks.path), tmp_path / "data") as engines:
        assert "${Url} is a substitution without a value" in str(engines.hooks.workflows["pays"].refusal)
    values = {"Url": 'https://bank.example/"a', "Arn": "arn:aws:events:eu-west-1:1:connection/bank/1", "FeedsName": "x"}
    monkeypatch.setenv("VERIHOOK_SUBSTITUTIONS", json.dumps(values))
    with LocalEngines(load_hooks(hooks.path), tmp_path / "data") as engines:
        assert {each.refusal for each in engines.hooks.workflows.values()} == {None}
        (text,) = (text for name, text in machines(engines.hooks, values).items() if name == "pays")
    assert json.loads(str(text))["States"]["A"]["Parameters"]["ApiEndpoint"] == 'https://bank.example/"a'


def test_a_lambda_function_is_python_of_the_deployment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"FunctionName": "${Charge}", "Payload.$": "$"}
    charge = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": given, "End": True}
    hooks = write(tmp_path, pays={"A": {**charge, "OutputPath": "$.Payload"}}, well={"A": {"Type": "Succeed"}})
    monkeypatch.setenv("VERIHOOK_SUBSTITUTIONS", '{"Charge": "charge-card"}')
    with LocalEngines(hooks, tmp_path / "data") as engines:
        assert (
            "there is no Lambda function 'charge-card' on one machine; write lambda_handler(event, context) in "
            "workflows/charge_card.py beside hooks.toml"
        ) in str(engines.hooks.workflows["pays"].refusal)
    code = "def lambda_handler(event, context):\n    return {'charged': event['amount']}\n"
    (hooks.path.parent / "workflows" / "charge_card.py").write_text(code)
    with LocalEngines(hooks, tmp_path / "data") as engines:
        assert {each.refusal for each in engines.hooks.workflows.values()} == {None}
        client = engines.endpoints.stepfunctions
        asked = {"stateMachineArn": f"{ARN_PREFIX}pays", "name": "n", "input": '{"amount": 7}'}
        arn = client.start_execution(**asked)["executionArn"]
        ended = wait_until(lambda: (told := client.describe_execution(executionArn=arn)).get("stopDate") and told)
        assert (ended["status"], ended["output"]) == ("SUCCEEDED", '{"charged":7}')


def test_no_value_takes_the_place_of_our_own(tmp_path: Path) -> None:
    hooks = write(tmp_path, pays={"A": {"Type": "Pass", "Result": "${FeedsName}", "End": True}}, well={})
    assert '"verihook-feeds"' in str(machines(hooks, {"FeedsName": "x"})["pays"])
