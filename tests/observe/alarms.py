"""The alarms of infra/observability.yaml as a stack has them, with those that it nests for sources and workflows."""

from __future__ import annotations

from functools import cache
from typing import Any

from tests.project.nested import Nested, read
from tests.project.transformed import settled

TEMPLATE = read("observability.yaml")
NESTED = {name: read(name) for name in ("source-alarms.yaml", "workflow-alarms.yaml")}

#: The stack, which is the dimension "service".
SERVICE = "verihook"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:alarms"

#: What template.yaml gives the nested stack, without its lists.
GIVEN = {
    "Service": SERVICE,
    **{f"{name}Name": name for name in ("Receiver", "Api", "Recorder", "Reconciler", "Feeds", "Worker", "Ledger")},
    "DeadLettersName": "DeadLetters",
    "TopicArn": TOPIC,
    "AWS::Region": "eu-central-1",
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
}


def stack(**given: str) -> dict[str, Any]:
    """The resources of the nested stack."""
    return made(TEMPLATE, GIVEN | given)


def made(template: dict[str, Any], given: dict[str, str]) -> dict[str, Any]:
    """The resources that a template makes of these parameters."""
    resources: dict[str, Any] = settled(Nested(template, given).resources)
    return resources


@cache
def alarms(**given: str) -> dict[str, dict[str, Any]]:
    """Name -> properties of every alarm, those of the nested stacks, too."""
    found: dict[str, dict[str, Any]] = {}
    for each in stack(**given).values():
        if each["Type"] == "AWS::CloudFormation::Stack":
            inner = made(NESTED[each["Properties"]["TemplateURL"]], each["Properties"]["Parameters"])
            found |= _alarms(inner)
    return found | _alarms(stack(**given))


def _alarms(resources: dict[str, Any]) -> dict[str, dict[str, Any]]:
    of_type = [each["Properties"] for each in resources.values() if each["Type"] == "AWS::CloudWatch::Alarm"]
    return {properties["AlarmName"]: properties for properties in of_type}


def thresholds(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The parameters that are numbers: what an operator changes."""
    return {name: each for name, each in template["Parameters"].items() if each["Type"] == "Number"}
