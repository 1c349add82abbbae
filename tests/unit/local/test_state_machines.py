"""A state machine that cannot run here stops its workflow alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verihook.config import Hooks, load_hooks
from verihook.errors import ConfigurationError
from verihook.local.engines import LocalEngines
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


def test_a_file_that_is_not_text_is_a_mistake_of_the_configuration(tmp_path: Path) -> None:
    hooks = write(tmp_path, pays={}, well={})
    (tmp_path / "infra" / "workflows" / "pays.asl.json").write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match=r"workflows\.pays\.definition: .*pays\.asl\.json cannot be read"):
        machines(hooks)
