"""Workflows of three engines that tell what they were given; the state machine asks the function Feeds for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def asking(what: str, tell: Mapping[str, Any]) -> str:
    """The definition of a state machine that asks for this, and ends with ``tell``, where $given is the answer."""
    machine = {
        "QueryLanguage": "JSONata",
        "StartAt": "Ask",
        "States": {
            "Ask": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {
                    "FunctionName": "${FeedsName}",
                    "Payload": {what: {"execution": "{% $states.context.Execution.Id %}"}},
                },
                "Assign": {"given": "{% $states.result.Payload %}"},
                "Output": "{% $states.input %}",
                "Next": "Tell",
            },
            "Tell": {"Type": "Succeed", "Output": {**tell, "input": "{% $states.input %}"}},
        },
    }
    return json.dumps(machine)


def write_workflows(folder: Path, called: str, waiting: str, machine: str) -> Path:
    """Write the workflows ``called``, ``waiting`` and ``asking``. Return where their hooks.toml belongs."""
    workflows, machines = folder / "handler" / "workflows", folder / "infra" / "workflows"
    workflows.mkdir(parents=True)
    machines.mkdir(parents=True)
    (workflows / "called.py").write_text(called)
    (workflows / "waiting.py").write_text(waiting)
    (machines / "asking.asl.json").write_text(machine)
    return folder / "handler" / "hooks.toml"
