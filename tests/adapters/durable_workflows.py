"""Durable workflows with a known behaviour, as files in a folder for a runner to load."""

from __future__ import annotations

from pathlib import Path

_HEAD = """
from __future__ import annotations
import os, pathlib, time, uuid
from aws_durable_execution_sdk_python import CallbackTimeoutError, StepError, durable_execution
from aws_durable_execution_sdk_python.config import CallbackConfig, Duration, StepConfig
from aws_durable_execution_sdk_python.retries import RetryDecision
from verihook.authoring import read_input

HERE = pathlib.Path(__file__).parent
ONCE = StepConfig(retry_strategy=lambda error, attempt: RetryDecision.no_retry())

def seconds(number):
    return Duration.from_seconds(number)

def note(word):
    with (HERE / "notes").open("a") as notes:
        notes.write(word + "\\n")

class NoStock(Exception):
    pass

@durable_execution
"""

_BODIES = {
    "echo": """
def handler(event, context):
    content = read_input(event)
    # The result of a step is at most 256 KiB as the SDK writes it, that of a workflow is not.
    return context.step(lambda _: content, name="Echo") if len(str(content)) < 10_000 else content
""",
    "stamp": """
def handler(event, context):
    return context.step(lambda _: str(uuid.uuid4()), name="Stamp")
""",
    "slow": """
def handler(event, context):
    context.wait(seconds(90), name="Ninety seconds")
""",
    "failing": """
def handler(event, context):
    def look(_):
        raise NoStock("sold out")
    try:
        context.step(look, name="Look into the store", config=ONCE)
    except StepError as error:
        raise NoStock(error.message) from error
""",
    "leaving": """
def handler(event, context):
    import sys
    if event["in"] == "handler":
        sys.exit("no more")
    def leave(_):
        if event["in"] == "step":
            sys.exit("no more")
        raise KeyboardInterrupt("no more")
    context.step(leave, name="Leave")
""",
    "deadly": """
def handler(event, context):
    def die(_):
        note("dies")
        os._exit(9)
    context.step(die, name="Die")
""",
    "waiting": """
def handler(event, context):
    import json
    answer = context.create_callback(name="answer", config=CallbackConfig(timeout=seconds(60))).result()
    return json.loads(answer)
""",
    "expiring": """
def handler(event, context):
    try:
        context.create_callback(name="answer", config=CallbackConfig(timeout=seconds(1))).result()
    except CallbackTimeoutError:
        return "expired"
""",
    # For the tests of a crash: one step before and one after what is interrupted.
    "wait-between": """
def handler(event, context):
    context.step(lambda _: note("first"), name="First")
    context.wait(seconds(event["seconds"]), name="Wait")
    context.step(lambda _: note("second"), name="Second")
    return "done"
""",
    "retry-between": """
def handler(event, context):
    context.step(lambda _: note("first"), name="First")
    def work(_):
        note("try")
        if not (HERE / "mended").exists():
            raise OSError("not yet")
        return "worked"
    again = StepConfig(retry_strategy=lambda error, attempt: RetryDecision.retry(seconds(2)))
    return context.step(work, name="Work", config=again)
""",
    "callback-between": """
def handler(event, context):
    context.step(lambda _: note("first"), name="First")
    answer = context.create_callback(name="answer", config=CallbackConfig(timeout=seconds(event["seconds"])))
    try:
        return answer.result()
    except CallbackTimeoutError:
        return "expired"
""",
    "busy": """
def handler(event, context):
    def work(_):
        note("begin")
        while not (HERE / "go").exists():
            time.sleep(0.01)
        note("end")
    context.step(work, name="Work")
    context.step(lambda _: note("after"), name="After")
    return "done"
""",
    "parent": """
def handler(event, context):
    return context.invoke("echo", {"from": "parent"}, name="Child")
""",
}


def write_workflows(folder: Path) -> Path:
    """The folder, with all of them in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, body in _BODIES.items():
        (folder / f"{name.replace('-', '_')}.py").write_text(_HEAD.lstrip() + body.lstrip())
    return folder
