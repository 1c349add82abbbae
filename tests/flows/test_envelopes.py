"""Inputs made of our own envelope's members, on three engines: an input never says which instance it is."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.flows.deployment import VARIABLES, write
from tests.flows.faces import run_key, serving
from tests.flows.workshop import Api
from verihook.instances.payload import pick

HOOKS = """
[workflows.mirror-stepfunctions]
engine = "stepfunctions"
definition = "mirror"

[workflows.mirror-durable]
engine = "durable"
definition = "mirror-durable"

[workflows.mirror-function]
engine = "function"
definition = "mirror-function"

[workflows.victim]
engine = "durable"
definition = "victim"
"""

DURABLE = """
from aws_durable_execution_sdk_python import durable_execution
from verihook.authoring import instance_of, read_input, wait_for_event


@durable_execution
def handler(event, context):
    told = wait_for_event(context, "go", 60)
    return {"input": read_input(event), "instance": list(instance_of(context)), "told": told}
"""

VICTIM = """
from aws_durable_execution_sdk_python import durable_execution
from verihook.authoring import wait_for_event


@durable_execution
def handler(event, context):
    return wait_for_event(context, "approved", 600)
"""

FUNCTION = """
def run(event, context):
    return {"input": event, "instance": [context.instance_id, context.attempt], "told": {"n": 1}}
"""

#: The members at the top that the machine asks for if its input is a reference of ours.
MEMBERS = ("verihookInstance", "verihookInput", "verihookPayload", "id", "attempt", "input", "execution", "uri", "key")

MACHINE = {
    "QueryLanguage": "JSONata",
    "StartAt": "Wait",
    "States": {
        "Wait": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken",
            "Arguments": {
                "FunctionName": "${FeedsName}",
                "Payload": {
                    "await": {
                        "execution": "{% $states.context.Execution.Id %}",
                        "name": "go",
                        "token": "{% $states.context.Task.Token %}",
                    }
                },
            },
            "TimeoutSeconds": 60,
            "Assign": {"told": "{% $states.result %}"},
            "Next": "Read",
        },
        "Read": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Arguments": {
                "FunctionName": "${FeedsName}",
                "Payload": {
                    "read": {
                        "execution": "{% $states.context.Execution.Id %}",
                        "input": "{% $states.context.Execution.Input %}",
                        "paths": list(MEMBERS),
                    }
                },
            },
            "Output": {
                "input": "{% $states.result.Payload %}",
                "instance": "{% $states.context.Execution.Name %}",
                "told": "{% $told %}",
            },
            "End": True,
        },
    },
}

WORKFLOWS = ("mirror-stepfunctions", "mirror-durable", "mirror-function")

#: The victim's words, and references to payloads that are, or may be, there.
TEXTS = st.sampled_from(["victim", "go", "approved", "", "local", "--2-" + "0" * 40, "a" * 64])
NUMBERS = st.sampled_from([1, 2, 0, True, None])
INSTANCES = st.fixed_dictionaries({"id": TEXTS, "attempt": NUMBERS})
REFERENCES = st.fixed_dictionaries(
    {
        "uri": st.sampled_from(["victim/" + "0" * 64, "file:///victim/" + "f" * 64, "s3://payloads/a/b"]),
        "bucket": TEXTS,
        "key": TEXTS,
        "sha256": TEXTS,
        "size": NUMBERS,
    }
)


def _nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    members = {
        "verihookInstance": INSTANCES | inner,
        "verihookInput": inner,
        "verihookPayload": REFERENCES | inner,
    }
    other = st.dictionaries(st.sampled_from(MEMBERS), inner, max_size=3)
    envelope = st.fixed_dictionaries({"verihookInstance": INSTANCES, "verihookInput": inner})
    reference = st.fixed_dictionaries({"verihookPayload": REFERENCES})
    return envelope | reference | st.fixed_dictionaries({}, optional=members) | other | st.lists(inner, max_size=2)


INPUTS = _nested(st.recursive(INSTANCES | REFERENCES | TEXTS | NUMBERS, _nested, max_leaves=6))

VICTIM_1 = {"id": "victim", "attempt": 1}
REFERENCE = {"uri": "victim/" + "0" * 64, "bucket": "local", "key": "victim/" + "0" * 64, "sha256": "0" * 64, "size": 1}
#: What is among the inputs each time: the very shapes of our own envelopes.
ATTACKS: list[Any] = [
    {"verihookInstance": VICTIM_1, "verihookInput": {"forged": True}},
    {"verihookInstance": VICTIM_1, "verihookInput": {"verihookPayload": REFERENCE}},
    {"verihookInstance": VICTIM_1, "amount": 1},
    {"verihookPayload": REFERENCE},
    {"verihookPayload": REFERENCE, "id": "victim"},
    {"verihookInput": {"verihookInstance": VICTIM_1, "verihookInput": 1}},
]


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """A server of the mirrors, and of one that waits for an approval."""
    folder = tmp_path_factory.mktemp("envelopes")
    hooks = write(folder / "deployment")
    with hooks.open("a") as file:
        file.write(HOOKS + "\n[api]\nstarts_per_minute = 0\n")
    (hooks.parents[1] / "infra" / "workflows" / "mirror.asl.json").write_text(json.dumps(MACHINE))
    for name, text in (("mirror_durable", DURABLE), ("mirror_function", FUNCTION), ("victim", VICTIM)):
        (hooks.parent / "workflows" / f"{name}.py").write_text(text)
    data: Path = folder / "data"
    with serving(data, VARIABLES, "--hooks", str(hooks)) as server:
        api = Api(server.url, data, run_key(data))
        with api.http:
            api.start("victim", {"secret": "of the victim"}, id="victim")
            api.waits("victim", "approved")
            yield api


def started(api: Api, workflow: str, inputs: list[Any]) -> list[str]:
    """An instance for each, some with ids so long that their later attempts have a hash for a name."""
    ids = [uuid.uuid4().hex + ("x" * 32 if number % 2 else "") for number in range(len(inputs))]
    starts = [{"id": id, "input": content} for id, content in zip(ids, inputs, strict=True)]
    reply = api.http.post(f"/v1/workflows/{workflow}/instances:batch", json={"instances": starts})
    assert {202} == {each["status"] for each in reply.json()["results"]}, reply.text
    return ids


@pytest.mark.parametrize("workflow", WORKFLOWS)
@given(drawn=st.lists(INPUTS, min_size=8, max_size=8))
@settings(max_examples=3, suppress_health_check=list(HealthCheck), deadline=None)
def test_an_input_comes_as_it_was_given_and_a_wait_is_the_instances_own(
    api: Api, workflow: str, drawn: list[Any]
) -> None:
    inputs = [*ATTACKS, *drawn]
    before = api.mailbox("victim")
    ids = started(api, workflow, inputs)
    for attempt in (1, 2):
        for id in ids:
            if workflow != "mirror-function":
                assert api.act(id, "events/go", {"n": 1}).status_code == 202
        for id, content in zip(ids, inputs, strict=True):
            check(api, workflow, id, content, attempt)
        if attempt == 1:
            assert {200} == {api.act(id, "restart").status_code for id in ids}
    assert before == api.mailbox("victim")


def check(api: Api, workflow: str, id: str, content: Any, attempt: int) -> None:
    found = api.until(id)
    assert (found["status"], found["input"]) == ("completed", content), found
    output = found["output"]
    if workflow == "mirror-stepfunctions":
        assert output["instance"] == (id if attempt == 1 else f"{id}.2")
        assert output["input"] == pick(content, MEMBERS)
    else:
        assert (output["input"], output["instance"]) == (content, [id, attempt])
    assert output["told"] == {"n": 1}
