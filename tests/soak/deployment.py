"""The deployment that is soaked: three sources on three engines, whose workflows tell a loopback receiver."""

from __future__ import annotations

from pathlib import Path

SECRET = "soak secret"

VARIABLES = {"SOAK_SECRET": SECRET}

SOURCES = ("machine", "durable", "function")

HOOKS = """
[sources.machine]
sender = "generic"
secrets = ["env:SOAK_SECRET"]
workflow = "machine"
[sources.durable]
sender = "generic"
secrets = ["env:SOAK_SECRET"]
workflow = "durable"
[sources.function]
sender = "generic"
secrets = ["env:SOAK_SECRET"]
workflow = "function"

[workflows.machine]
engine = "stepfunctions"
definition = "machine"
public_output = true
[workflows.durable]
engine = "durable"
definition = "durable"
public_output = true
[workflows.function]
engine = "function"
definition = "function"
public_output = true
timeout_s = 1
retries = 20
"""

#: Name or ARN of the execution are in the output, so a second execution of an instance would show.
MACHINE = """{"QueryLanguage": "JSONata", "StartAt": "Wait", "States": {
  "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Done"},
  "Done": {"Type": "Succeed", "Output": {
    "id": "{% $states.input.id %}", "name": "{% $states.context.Execution.Name %}"}}
}}"""

#: Takes its time after it has told, so that some kills hit between the effect and its record.
_TELL = """
import time
import urllib.request


def tell(name: str, id: str) -> None:
    with urllib.request.urlopen(urllib.request.Request("{url}", f"{{name}} {{id}}".encode(), method="POST"), timeout=5):
        time.sleep(0.2)
"""

DURABLE = """
from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import Duration

from verihook.authoring import read_input


@durable_execution
def handler(event, context):
    order = read_input(event)
    name = "durable " + context.execution_context.durable_execution_arn
    context.step(lambda _: tell(name, order["id"]), name="Tell")
    context.wait(Duration.from_seconds(1), name="Wait")
    return {{"id": order["id"], "name": name}}
"""

FUNCTION = """
def run(event, context):
    name = f"function {{context.instance_id}}-{{context.attempt}}"
    tell(name, event["id"])
    return {{"id": event["id"], "name": name}}
"""


def write(folder: Path, receiver: str) -> Path:
    """Lay it out in ``folder``; the path of its hooks.toml. ``receiver``: a URL."""
    machines, workflows = folder / "infra" / "workflows", folder / "handler" / "workflows"
    machines.mkdir(parents=True)
    workflows.mkdir(parents=True)
    (machines / "machine.asl.json").write_text(MACHINE)
    head = "from __future__ import annotations\n"
    for name, body in (("durable", DURABLE), ("function", FUNCTION)):
        (workflows / f"{name}.py").write_text(head + (_TELL + body).format(url=receiver))
    hooks = folder / "handler" / "hooks.toml"
    hooks.write_text(HOOKS)
    return hooks
