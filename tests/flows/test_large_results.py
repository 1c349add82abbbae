"""Results at their bound, one byte above it, and far above: each ends its instance, in words, and can be read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.flows.deployment import VARIABLES
from tests.flows.faces import run_key, serving
from tests.flows.workshop import Api, write_workshop
from verihook.adapters.payloads.bounds import MAX_BYTES

MORE = """
[workflows.large]
engine = "function"
definition = "large"
retries = 3

[workflows.large-durable]
engine = "durable"
definition = "large-durable"

[workflows.large-step]
engine = "durable"
definition = "large-step"

[workflows.large-machine]
engine = "stepfunctions"
definition = "large-machine"
"""

#: ``size`` bytes of JSON.
LARGE = """
def run(event, context):
    return "x" * (event["size"] - 2)
"""

LARGE_DURABLE = """
from aws_durable_execution_sdk_python import durable_execution


@durable_execution
def handler(event, context):
    context.step(lambda _: "small", name="Small")
    return "x" * (event["size"] - 2)
"""

#: Tells how often the step was tried, and what it raised.
LARGE_STEP = """
from aws_durable_execution_sdk_python import StepError, durable_execution

tries = []


@durable_execution
def handler(event, context):
    def large(_):
        tries.append(event["size"])
        return "x" * (event["size"] - 2)

    try:
        return len(context.step(large, name="Large"))
    except StepError as error:
        if event.get("caught"):
            return [str(error), tries.count(event["size"])]
        raise
"""

LARGE_MACHINE = {
    "QueryLanguage": "JSONata",
    "StartAt": "Make",
    "States": {
        "Make": {
            "Type": "Pass",
            "Output": "{% ($it := $pad('', $states.input.size - 2, 'x'); $states.input.twice ? [$it, $it] : $it) %}",
            "End": True,
        }
    },
}

#: Of one machine; of Lambda's answers; of Step Functions and of a step.
OUTPUT, ANSWER, STATE = MAX_BYTES, 6 * 1024 * 1024 - 50, 262_144


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("large")
    hooks = write_workshop(folder / "deployment", MORE)
    workflows = hooks.parent / "workflows"
    for name, text in (("large", LARGE), ("large_durable", LARGE_DURABLE), ("large_step", LARGE_STEP)):
        (workflows / f"{name}.py").write_text(text)
    machine = hooks.parent.parent / "infra" / "workflows" / "large-machine.asl.json"
    machine.write_text(json.dumps(LARGE_MACHINE))
    with serving(folder / "data", VARIABLES, "--hooks", str(hooks)) as server:
        made = Api(server.url, folder / "data", run_key(folder / "data"))
        with made.http:
            yield made


def ended(api: Api, workflow: str, **event: Any) -> dict[str, Any]:
    """The instance, once it has ended: it is read on every face of it, and others go on."""
    id = api.start(workflow, event)
    found = api.until(id)
    assert api.http.get("/v1/instances").status_code == 200
    assert api.until(api.start("large", {"size": 10}), "completed")["output"] == "x" * 8
    return found


def told(found: dict[str, Any]) -> tuple[Any, ...]:
    return found["status"], found["output"], found["error"]["code"], found["error"]["message"]


@pytest.mark.parametrize(("workflow", "most"), [("large", OUTPUT), ("large-durable", ANSWER), ("large-step", STATE)])
def test_at_the_bound_it_is_kept(api: Api, workflow: str, most: int) -> None:
    found = ended(api, workflow, size=most)
    assert ("completed", None) == (found["status"], found["error"])
    assert most - 2 == (found["output"] if workflow == "large-step" else len(found["output"]))


@pytest.mark.parametrize(
    ("workflow", "most", "size"),
    [
        ("large", OUTPUT, OUTPUT + 1),
        ("large", OUTPUT, 2 * OUTPUT),
        ("large-durable", ANSWER, ANSWER + 1),
        ("large-durable", ANSWER, 2 * OUTPUT),
    ],
)
def test_above_it_the_instance_has_failed(api: Api, workflow: str, most: int, size: int) -> None:
    words = f"The output has {size:,} bytes, and {most:,} at most are kept: keep it elsewhere, and return where it is."
    assert ("failed", None, "OutputTooLarge", words) == told(ended(api, workflow, size=size))


@pytest.mark.parametrize("size", [STATE + 1, 800 * 1024, 2 * OUTPUT])
def test_a_large_step_has_failed_without_another_try(api: Api, size: int) -> None:
    words = (
        f"The result of the step 'Large' has {size:,} bytes, and 262,144 at most are kept: "
        "keep it elsewhere, and return where it is."
    )
    assert ("failed", None, "StepError", words) == told(ended(api, "large-step", size=size))
    caught = ended(api, "large-step", size=size, caught=True)
    # The execution before had a try of its own.
    assert ("completed", [words, 2]) == (caught["status"], caught["output"])


def test_a_state_machine_has_aws_own_bound(api: Api) -> None:
    found = ended(api, "large-machine", size=STATE)
    assert ("completed", STATE - 2) == (found["status"], len(found["output"]))
    for twice, size in ((False, STATE + 1), (True, STATE)):
        status, output, error, _ = told(ended(api, "large-machine", size=size, twice=twice))
        assert ("failed", None, "States.DataLimitExceeded") == (status, output, error)
