"""template.yaml as tests read it: resources, what roles allow, the environment of functions."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml

from verihook.config import load_hooks

ROOT = Path(__file__).parents[2]

PARAMETERS = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${SsmPath}"
MACHINES = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:${AWS::StackName}_"
EXECUTIONS = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:execution:${AWS::StackName}_*:*"
#: With their versions, and the durable executions of these.
FUNCTION_ARNS = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${AWS::StackName}_"
DURABLE = f"{FUNCTION_ARNS}*"
OBJECTS = "${Payloads.Arn}/*"


#: Those that see deliveries, and so have the secrets of sources.
VERIFYING = ["Receiver", "Api"]

#: Durable function -> its definition in hooks.toml.
DURABLE_FUNCTIONS = {"OrderApproval": "order-approval", "ProcessOrderFunction": "process-order"}

#: Those that run Python workflows, and so have the secrets of connections.
WORKFLOWS = ["Worker", *DURABLE_FUNCTIONS]


class Loader(yaml.CSafeLoader):
    """Reads CloudFormation's tags: ``!GetAtt A.Arn`` and ``!Sub text`` become their text."""


def _tag(loader: yaml.CSafeLoader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    return node.value


Loader.add_multi_constructor("!", _tag)

TEMPLATE: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text("utf-8"), Loader)
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
GLOBAL: dict[str, str] = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]


def of_type(name: str) -> dict[str, dict[str, Any]]:
    """The properties of every resource of this type."""
    return {key: resource["Properties"] for key, resource in RESOURCES.items() if resource["Type"] == name}


FUNCTIONS = of_type("AWS::Serverless::Function")
ENVIRONMENT: dict[str, dict[str, str]] = {
    name: GLOBAL | function.get("Environment", {}).get("Variables", {}) for name, function in FUNCTIONS.items()
}
HOOKS = load_hooks(ROOT / "handler" / "hooks.toml")
MACHINE_ROLES = {name: machine["Role"] for name, machine in of_type("AWS::Serverless::StateMachine").items()}


def variables(references: Iterable[str]) -> set[str]:
    """Of the references to secrets, the names of variables."""
    return {reference.removeprefix("env:") for reference in references if reference.startswith("env:")}


SOURCE_SECRETS = variables(secret.reference for source in HOOKS.sources.values() for secret in source.secrets)
CONNECTION_SECRETS = variables(connection.secret for connection in HOOKS.connections.values())


def entries(role: str) -> list[tuple[str, dict[str, Any]]]:
    """(condition, statement) of everything that a role allows; "" for the condition of what is always allowed."""
    found = []
    for policy in RESOURCES[role]["Properties"]["Policies"]:
        whole, its, _ = _under(policy)
        for entry in its["PolicyDocument"]["Statement"]:
            condition, statement, _ = _under(entry)
            assert "Allow" == statement["Effect"]
            found.append((condition or whole, statement))
    return found


def _under(entry: Any) -> tuple[str, Any, str]:
    """What is there under a condition alone: that, and it; "" for what is always there."""
    condition, it, otherwise = entry if isinstance(entry, list) else ("", entry, "AWS::NoValue")
    assert "AWS::NoValue" == otherwise
    return condition, it, otherwise


def rights(role: str) -> dict[str, str]:
    """Action -> what it may be done to, in the words of ALLOWED."""
    found: dict[str, list[str]] = {}
    for condition, statement in entries(role):
        resource = statement["Resource"]
        keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
        text = " ".join([resource, *keys])
        for action in actions(statement):
            found.setdefault(action, []).append(f"{condition}: {text}" if condition else text)
    return {action: " | ".join(sorted(each)) for action, each in found.items()}


def actions(statement: dict[str, Any]) -> list[str]:
    actions = statement["Action"]
    return [actions] if isinstance(actions, str) else actions
