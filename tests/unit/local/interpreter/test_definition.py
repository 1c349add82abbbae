"""A fault in a state machine is named with its place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from verihook.local.interpreter.definition import DefinitionError, check_definition

PASS = {"Type": "Pass", "End": True}
ORDER_CREATED = Path(__file__).parents[4] / "infra/workflows/order-created.asl.json"


def one(state: dict[str, Any], **others: Any) -> str:
    """A machine that starts with this state, A."""
    return json.dumps({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state, **others}})


@pytest.mark.parametrize(
    ("asl", "key"),
    [
        ("", ""),
        ("{", ""),
        ("[]", ""),
        ('{"TimeoutSeconds": NaN}', ""),
        ("{}", "States"),
        ('{"States": {}}', "States"),
        ('{"States": {"A": {"Type": "Pass", "End": true}}}', "StartAt"),
        ('{"StartAt": "B", "States": {"A": {"Type": "Pass", "End": true}}}', "StartAt"),
        (one({}), "States.A.Type"),
        (one({"Type": "pass", "End": True}), "States.A.Type"),
        (one({"Type": "Pass"}), "States.A"),
        (one({"Type": "Pass", "End": True, "Next": "A"}), "States.A"),
        (one({"Type": "Pass", "Next": "B"}), "States.A.Next"),
        (one({"Type": "Choice", "Default": "A"}), "States.A.Choices"),
        (one({"Type": "Choice", "Choices": [{"Condition": "{% true %}"}]}), "States.A.Choices[0].Next"),
        (one({"Type": "Choice", "Choices": [{"Condition": "{% true %}", "Next": "B"}]}), "States.A.Choices[0].Next"),
        (one({"Type": "Choice", "Choices": [{"Next": "A"}], "Default": "B"}), "States.A.Default"),
        (one({"Type": "Task", "End": True, "Catch": [{"Next": "B"}]}), "States.A.Catch[0].Next"),
        (one({"Type": "Parallel", "End": True}), "States.A.Branches"),
        (one({"Type": "Parallel", "End": True, "Branches": [{"StartAt": "A", "States": {"B": PASS}}]}),
         "States.A.Branches[0].StartAt"),
        (one({"Type": "Map", "End": True}), "States.A.ItemProcessor"),
        (one({"Type": "Map", "End": True, "ItemProcessor": {"StartAt": "B", "States": {"B": {"Type": "Pass"}}}}),
         "States.A.ItemProcessor.States.B"),
        (one(PASS | {"Output": "{% 1 + %}"}), "States.A.Output"),
        (one(PASS | {"Output": {"x": ["{% 1 "]}}), "States.A.Output.x[0]"),
        (one(PASS, **{"B" * 81: PASS}), "States." + "B" * 81),
    ],
)  # fmt: skip
def test_a_fault_and_its_place(asl: str, key: str) -> None:
    with pytest.raises(DefinitionError) as raised:
        check_definition(asl)
    assert raised.value.key == key
    assert raised.value.mend != ""


def test_order_created_has_no_fault() -> None:
    check_definition(ORDER_CREATED.read_text())


def task(resource: str) -> str:
    return one({"Type": "Task", "Resource": resource, "Arguments": {}, "End": True})


@pytest.mark.parametrize(
    ("resource", "words"),
    [("arn:aws:states:::http:invoke", "AWS alone"), ("${WorkerArn}", "substitution without a value")],
)
def test_what_cannot_run_here_is_told_in_words(resource: str, words: str) -> None:
    with pytest.raises(DefinitionError, match=words) as raised:
        check_definition(task(resource))
    assert raised.value.key == "States.A.Resource"


@pytest.mark.parametrize(
    "resource", ["arn:aws:states:::lambda:invoke.waitForTaskToken", "arn:aws:states:::states:startExecution.sync:2"]
)
def test_an_express_machine_waits_for_nobody(resource: str) -> None:
    check_definition(task(resource))
    with pytest.raises(DefinitionError, match="Express"):
        check_definition(task(resource), express=True)
