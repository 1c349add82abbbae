"""What the terminal shows of workflows: what they log, and of a failure the step, the error and the stack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import takewhile
from typing import Any

import pytest

from tests.flows.deployment import VARIABLES
from tests.flows.faces import run_key, serving
from tests.flows.waiting import wait_until
from tests.flows.workshop import Api, write_workshop

MORE = """
[workflows.blind]
engine = "function"
definition = "blind"
retries = 0

[workflows.charge]
engine = "durable"
definition = "charge"

[workflows.leave]
engine = "durable"
definition = "leave"

[workflows.look-up]
engine = "stepfunctions"
definition = "look-up"

[workflows.look-up-express]
engine = "stepfunctions"
definition = "look-up-express"
express = true
"""

BLIND = """
import logging
import threading

LOG = logging.getLogger("blind")
logging.basicConfig(level=logging.INFO)


def run(event, context):
    LOG.info("looks at %s\\nand on", event["name"])
    LOG.info("%d places", "too few", "values")
    beside = threading.Thread(target=LOG.info, args=("goes on beside",))
    beside.start()
    beside.join()
    try:
        return find(event)
    except KeyError as error:
        raise LookupError(f"nothing\\n202 orders accepted -> forged\\x1b[2J") from error


def find(event):
    return event["nope"]
"""

CHARGE = """
import logging

from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import StepConfig
from aws_durable_execution_sdk_python.retries import RetryStrategyConfig, create_retry_strategy

ONCE = StepConfig(retry_strategy=create_retry_strategy(RetryStrategyConfig(max_attempts=1)))


@durable_execution
def handler(event, context):
    context.logger.info("begins")
    context.step(look, name="Look")
    context.step(lambda step: take(event["amount"]), name="Charge", config=ONCE)


def look(step):
    step.logger.info("looks")
    logging.getLogger("charge").info("plainly")


def take(amount):
    raise ValueError(f"{amount} cannot be charged")
"""

LEAVE = """
import sys

from aws_durable_execution_sdk_python import durable_execution


@durable_execution
def handler(event, context):
    context.step(lambda step: leave(), name="Leave") if event["step"] else leave()


def leave():
    sys.exit("out of words")
"""

LOOK_UP: Any = {
    "StartAt": "Choose",
    "States": {
        "Choose": {"Type": "Pass", "Next": "Look up"},
        "Look up": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "${FeedsName}", "Payload": {"read": {"of": "nothing"}}},
            "Retry": [
                {"ErrorEquals": ["RequestInvalid"], "MaxAttempts": 1, "IntervalSeconds": 1},
            ],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Give up"}],
            "End": True,
        },
        "Give up": {"Type": "Fail", "Error": "NotFound", "Cause": "nothing\n202 orders accepted -> forged"},
    },
}


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("log")
    machines = folder / "deployment" / "infra" / "workflows"
    hooks = write_workshop(folder / "deployment", MORE)
    workflows = hooks.parent / "workflows"
    (workflows / "blind.py").write_text(BLIND)
    (workflows / "charge.py").write_text(CHARGE)
    (workflows / "leave.py").write_text(LEAVE)
    for name in ("look-up", "look-up-express"):
        (machines / f"{name}.asl.json").write_text(json.dumps(LOOK_UP))
    with serving(folder / "data", VARIABLES, "--hooks", str(hooks)) as server:
        made = Api(server.url, folder / "data", run_key(folder / "data"))
        with made.http:
            yield made


def shown(api: Api, *wanted: str) -> list[str]:
    """The lines of the terminal, once all that is wanted is among them."""
    path = api.data.with_suffix(".out")

    def found() -> list[str] | None:
        text = path.read_text()
        return text.splitlines() if all(each in text for each in wanted) else None

    return wait_until(found, what=f"{wanted} not in {path}")


def answers(api: Api, instance_id: str) -> str:
    """All that HTTP says of an instance."""
    paths = [f"/v1/instances/{instance_id}{part}" for part in ("", "/steps", "/attempts", "/result")]
    return "".join(api.http.get(path).text for path in [*paths, f"/?instanceId={instance_id}"])


def test_a_function_that_raises_shows_file_and_line(api: Api) -> None:
    id = api.start("blind", {"name": "an order"})
    assert "failed" == api.until(id)["status"]
    lines = shown(api, f"! function {id} try 1: LookupError", 'in find: return event["nope"]\n')
    # Once, although the workflow has called logging.basicConfig().
    assert [f"[{id}] INFO blind: looks at an order"] == [each for each in lines if "looks at an order" in each]
    assert "    and on" in lines
    assert f"[{id}] INFO blind: %d places" in lines
    at = next(number for number, each in enumerate(lines) if each.startswith(f"! function {id}"))
    assert ": LookupError: nothing\N{REPLACEMENT CHARACTER}202 orders" in lines[at]
    file = f'    File "{api.data.parent}/deployment/handler/workflows/blind.py", line'
    frames = [each for each in lines[at + 1 : at + 5] if each.startswith("    ")]
    assert [f"{file} {number}, in" for number in (18, 16, 22)] == [
        each.rpartition(" in ")[0] + " in" for each in frames if "File" in each
    ]
    assert "    because of KeyError: 'nope'" in frames
    assert frames[-1].endswith('in find: return event["nope"]')
    assert not any(each.startswith("202 orders accepted -> forged") for each in lines)
    assert "blind.py" not in answers(api, id)


def test_a_durable_step_that_fails_is_named_with_its_stack(api: Api) -> None:
    id = api.start("charge", {"amount": -1})
    assert "failed" == api.until(id)["status"]
    lines = shown(
        api, f"! [{id}] charge failed: ", f"! [{id}] step 'Charge' failed: ", f"! [{id}] the workflow failed: "
    )
    for told in ("INFO: begins", "INFO Look: looks", "INFO charge: plainly"):
        assert 1 == lines.count(f"[{id}] {told}"), lines
    at = lines.index(f"! [{id}] step 'Charge' failed: ValueError: -1 cannot be charged")
    assert lines[at + 1].endswith(
        'in <lambda>: context.step(lambda step: take(event["amount"]), name="Charge", config=ONCE)'
    )
    assert lines[at + 2].endswith('/charge.py", line 24, in take: raise ValueError(f"{amount} cannot be charged")')
    assert any(each.startswith(f"! [{id}] the workflow failed: ") for each in lines)
    assert "charge.py" not in answers(api, id)


@pytest.mark.parametrize("step", [False, True])
def test_a_durable_workflow_that_leaves_its_thread_shows_file_and_line(api: Api, step: bool) -> None:
    id = api.start("leave", {"step": step})
    assert "failed" == api.until(id)["status"]
    left = f"! [{id}] the workflow ended its thread: SystemExit: out of words"
    lines = shown(api, f"! [{id}] leave failed: ", left)
    at = lines.index(left)
    frames = list(takewhile(lambda each: each.startswith("    "), lines[at + 1 :]))
    assert frames
    assert all("/workflows/leave.py" in each for each in frames), frames
    assert frames[-1].endswith('line 13, in leave: sys.exit("out of words")')
    assert "leave.py" not in answers(api, id)


@pytest.mark.parametrize("workflow", ["look-up", "look-up-express"])
def test_a_state_that_fails_is_named_with_error_and_cause(api: Api, workflow: str) -> None:
    id = api.start(workflow, {})
    assert "failed" == api.until(id)["status"]
    lines = shown(api, f"! [{id}] {workflow} failed: NotFound: nothing", f"! [{id}] state 'Give up' fails\n")
    failed = [each for each in lines if each.startswith(f"! [{id}] state 'Look up': TaskFailed: RequestInvalid: ")]
    assert 2 == len(failed), lines
    assert "A task is gate" in failed[0]
    assert ".py" not in answers(api, id)
    assert f"! [{id}] state 'Give up' fails" in lines
    assert not any(each.startswith("202 orders accepted -> forged") for each in lines)


def test_the_shipped_example_is_seen(api: Api) -> None:
    id = api.start("order-log", {"orderId": "1", "items": []})
    api.until(id)
    shown(api, f"[{id}] INFO order-log: instance {id}, try 1: ")
