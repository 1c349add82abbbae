"""The template that `sam build` wrote, read as CloudFormation would: references, conditions, names and ARNs filled in.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/intrinsic-function-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

NAME = "verihook"
REGION = "us-east-1"
ACCOUNT = "123456789012"

_PSEUDO = {
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": NAME,
    "AWS::URLSuffix": "amazonaws.com",
}
#: Type -> its ARN; what a name is made of where the template gives none.
_ARNS = {
    "AWS::DynamoDB::Table": f"arn:aws:dynamodb:{REGION}:{ACCOUNT}:table/{{}}",
    "AWS::IAM::Role": f"arn:aws:iam::{ACCOUNT}:role/{{}}",
    "AWS::Logs::LogGroup": f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{{}}:*",
    "AWS::S3::Bucket": "arn:aws:s3:::{}",
    "AWS::SQS::Queue": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{{}}",
    "AWS::SecretsManager::Secret": f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:{{}}-AbCdEf",
    "AWS::Serverless::Function": f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{{}}",
    "AWS::Serverless::StateMachine": f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:{{}}",
}
#: Those whose Ref is the ARN.
_REFERRED_BY_ARN = ("AWS::SecretsManager::Secret", "AWS::Serverless::StateMachine")
_NOTHING = object()


class Stack:
    """A stack of this template with these parameters."""

    #: The types of resources whose ARNs are known.
    known = frozenset(_ARNS)

    def __init__(self, path: Path, parameters: Mapping[str, str]) -> None:
        self.path = path
        template = yaml.load(path.read_text("utf-8"), yaml.CSafeLoader)
        self.resources: dict[str, Any] = template["Resources"]
        self._conditions: dict[str, Any] = template["Conditions"]
        self._globals: dict[str, Any] = template["Globals"]["Function"]
        declared = template["Parameters"]
        self._values: dict[str, Any] = dict(_PSEUDO)
        for name, parameter in declared.items():
            value = str(parameters[name] if name in parameters else parameter["Default"])
            self._values[name] = value.split(",") if parameter["Type"] == "CommaDelimitedList" else value

    def names(self, kind: str) -> list[str]:
        """The logical ids of this type that the conditions leave in."""
        return [name for name, resource in self.resources.items() if resource["Type"] == kind and self.has(name)]

    def has(self, resource: str) -> bool:
        """Whether the conditions leave it in."""
        condition = self.resources[resource].get("Condition")
        return condition is None or self.holds(condition)

    def properties(self, name: str, *keys: str) -> dict[str, Any]:
        """Of these properties of a resource, those that it has."""
        given = self.resources[name]["Properties"]
        found = {key: self.value(given[key]) for key in keys if key in given}
        return {key: value for key, value in found.items() if value is not _NOTHING}

    def environment(self, function: str) -> dict[str, str]:
        """The variables of a function; dynamic references to secrets are left as they are."""
        own = self.resources[function]["Properties"].get("Environment", {}).get("Variables", {})
        found: dict[str, str] = self.value(self._globals["Environment"]["Variables"] | own)
        return found

    def statements(self, function: str) -> list[dict[str, Any]]:
        """Everything that the policies of the function's role say."""
        role = self.resources[function]["Properties"]["Role"]["Fn::GetAtt"][0]
        policies = self.value(self.resources[role]["Properties"]["Policies"])
        return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]

    def name(self, resource: str) -> str:
        """The physical name: the template's, else one such as CloudFormation makes."""
        given = self.resources[resource]["Properties"]
        for key in ("FunctionName", "Name", "TableName", "BucketName", "LogGroupName"):
            if key in given:
                return str(self.value(given[key]))
        made = f"{NAME}-{resource}-1a2b3c4d5e6f"
        return made.lower() if self.resources[resource]["Type"] == "AWS::S3::Bucket" else made

    def arn(self, resource: str) -> str:
        """The ARN of a resource of the template."""
        return _ARNS[self.resources[resource]["Type"]].format(self.name(resource))

    def holds(self, condition: Any) -> bool:
        """Whether a condition, or the name of one, is true."""
        if isinstance(condition, str):
            return self.holds(self._conditions[condition])
        ((kind, given),) = condition.items()
        match kind:
            case "Fn::Equals":
                one, other = (str(self.value(each)) for each in given)
                return one == other
            case "Fn::Not":
                return not self.holds(given[0])
            case "Fn::And":
                return all(self.holds(each) for each in given)
            case "Fn::Or":
                return any(self.holds(each) for each in given)
            case "Condition":
                return self.holds(given)
        raise NotImplementedError(f"condition {kind}: say here what it means")

    def value(self, node: Any) -> Any:
        """What a node of the template comes to."""
        if isinstance(node, list):
            values = [self.value(each) for each in node]
            return [value for value in values if value is not _NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            ((kind, given),) = node.items()
            if kind == "Ref" or kind.startswith("Fn::"):
                return self._function(kind, given)
        found = {key: self.value(each) for key, each in node.items()}
        return {key: value for key, value in found.items() if value is not _NOTHING}

    def _function(self, kind: str, given: Any) -> Any:
        match kind:
            case "Ref":
                return self._refer(given)
            case "Fn::GetAtt":
                name, attribute = given if isinstance(given, list) else given.split(".", 1)
                return self._attribute(name, attribute)
            case "Fn::Sub":
                text, own = (given[0], self.value(given[1])) if isinstance(given, list) else (given, {})
                return re.sub(r"\$\{([^!}]+)\}", lambda match: str(own.get(match[1], self._named(match[1]))), text)
            case "Fn::Join":
                return given[0].join(self.value(given[1]))
            case "Fn::If":
                return self.value(given[1 if self.holds(given[0]) else 2])
            case "Fn::Select":
                return self.value(given[1])[int(given[0])]
            case "Fn::Split":
                return self.value(given[1]).split(given[0])
        raise NotImplementedError(f"{kind}: say here what it means")

    def _named(self, name: str) -> Any:
        """What stands in ``${...}``."""
        if name in self._values or (name not in self.resources and "." not in name):
            return self._refer(name)
        resource, _, attribute = name.partition(".")
        return self._attribute(resource, attribute) if attribute else self._refer(name)

    def _refer(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return _NOTHING
        if name in self._values:
            return self._values[name]
        resource, _, made = name.partition(".")
        if made == "Alias":
            return f"{self.arn(resource)}:{self.value(self.resources[resource]['Properties']['AutoPublishAlias'])}"
        kind = self.resources[resource]["Type"]
        return self.arn(resource) if kind in _REFERRED_BY_ARN else self.name(resource)

    def _attribute(self, resource: str, attribute: str) -> str:
        match attribute:
            case "Arn" | "Id":
                return self.arn(resource)
            case "StreamArn":
                return f"{self.arn(resource)}/stream/2026-11-29T00:00:00.000"
            case "Name":
                return self.name(resource)
        raise NotImplementedError(f"{resource}.{attribute}: say here what it is")
