"""A state machine that cannot run here stops its workflow alone."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from verihook.config import Hooks, load_hooks
from verihook.local.engines import LocalEngines

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
