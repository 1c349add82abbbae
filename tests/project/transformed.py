"""The stack as AWS makes it of template.yaml: transformed by SAM's own translator, conditions and mappings resolved.

The translator and the schemas of resources are in .venv-sam, and so run there.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
from functools import cache
from typing import Any, NoReturn

import pytest

from tests.project.template import ROOT, TEMPLATE

PYTHON = ROOT / ".venv-sam" / "bin" / "python"

#: A rollout by shares.
SHIFTED = "Canary10Percent5Minutes"

#: Prints the transformed template, for some types of resources the properties of which a change replaces them, and for
#: every type, those of nested templates too, the properties that it has to have, and what CloudFormation does for it.
PROGRAM = """
import json, sys
from pathlib import Path
import boto3
from cfnlint.data import AdditionalSpecs
from cfnlint.helpers import load_resource
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator
from samtranslator.yaml_helper import yaml_parse
template = yaml_parse(open("template.yaml").read())
template["Globals"]["Function"]["CodeUri"] = "s3://bucket/code"
for resource in template["Resources"].values():
    if "DefinitionUri" in resource.get("Properties", {}):
        resource["Properties"]["DefinitionUri"] = "s3://bucket/definition"
session = boto3.session.Session(region_name="us-east-1")
made = Translator({}, Parser(), boto_session=session).translate(template, json.loads(sys.argv[1]))
replacing, required, actions = {}, {}, {}
known = load_resource(AdditionalSpecs, "Policies.json")
def is_known(action):
    service, _, name = action.lower().partition(":")
    return name in known.get(service, {}).get("Actions", ())
nested = [yaml_parse(path.read_text()) for path in Path("infra").glob("*.yaml")]
for kind in sorted({each["Type"] for one in [made, *nested] for each in one.get("Resources", {}).values()}):
    schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    required[kind] = schema.get("required", [])
    handlers = [each for name, each in schema.get("handlers", {}).items() if name != "list"]
    actions[kind] = sorted({action for each in handlers for action in each["permissions"] if is_known(action)})
    if kind in {f"AWS::Lambda::{each}" for each in ("Url", "Alias", "Version", "Function")}:
        replacing[kind] = [path.rpartition("/")[2] for path in schema["createOnlyProperties"]]
print(json.dumps([made, replacing, required, actions]))
"""


#: By type of resource.
_Lists = dict[str, list[str]]
_Made = tuple[dict[str, Any], _Lists, _Lists, _Lists]


@cache
def _made(shifted: bool = False) -> _Made:
    if not PYTHON.exists():
        _absent("there is no .venv-sam: make lint-template")
    # What the parameters are is resolved below: SAM keeps references to them. Whether traffic is shifted it
    # asks while it transforms; one such rollout stands for all.
    parameters = defaults() | ({"Rollout": SHIFTED} if shifted else {})
    given = json.dumps(parameters)
    text = b"".join(path.read_bytes() for path in (ROOT / "template.yaml", *sorted((ROOT / "infra").glob("*.yaml"))))
    # It takes seconds, and several processes of the tests ask for it.
    kept = PYTHON.parents[1] / f"transformed-{hashlib.sha256(text + (given + PROGRAM).encode()).hexdigest()[:16]}.json"
    if not kept.exists():
        done = subprocess.run(
            [str(PYTHON), "-c", PROGRAM, given], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        written = kept.with_suffix(f".{os.getpid()}")
        written.write_text(done.stdout.splitlines()[-1], "utf-8")
        written.replace(kept)
    made, replacing, required, actions = json.loads(kept.read_text("utf-8"))
    return made, replacing, required, actions


def defaults() -> dict[str, str]:
    """What the parameters are if the operator says nothing."""
    return {name: str(each.get("Default", "given")) for name, each in TEMPLATE["Parameters"].items()}


def stack(**given: str) -> dict[str, Any]:
    """The resources of a stack with these parameters: logical id -> ``{"Type", "Properties", ...}``."""
    made = _made("AllAtOnce" != given.get("Rollout", "AllAtOnce"))[0]
    return Resolver(made, defaults() | given).present(made["Resources"])


def rules_hold(**given: str) -> bool:
    """Whether the rules of the template let such a stack be made."""
    made = _made()[0]
    resolver = Resolver(made, defaults() | given)
    return all(
        resolver.holds(assertion["Assert"])
        for rule in made["Rules"].values()
        if resolver.holds(rule["RuleCondition"])
        for assertion in rule["Assertions"]
    )


def rules() -> dict[str, Any]:
    """The rules of the template, each with its condition and what it asserts."""
    found: dict[str, Any] = _made()[0]["Rules"]
    return found


def whole(**given: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The resources of a stack with these parameters as :func:`stack` has them, and its outputs."""
    made = _made("AllAtOnce" != given.get("Rollout", "AllAtOnce"))[0]
    resolver = Resolver(made, defaults() | given)
    return stack(**given), resolver.present(made["Outputs"])


def required(kind: str) -> list[str]:
    """The properties that a resource of this type has to have."""
    # A rollout by shares has types more, and none less.
    return _made(shifted=True)[2][kind]


def replacing(kind: str) -> list[str]:
    """The properties of which a change makes another resource of this type."""
    return _made()[1][kind]


def actions() -> dict[str, list[str]]:
    """Type of each resource that a stack may have -> the actions of IAM that CloudFormation's own schema asks for."""
    return _made(shifted=True)[3]


class Resolver:
    """What CloudFormation knows before it makes anything: parameters, conditions, mappings. Other references stay."""

    def __init__(self, made: dict[str, Any], parameters: dict[str, str]) -> None:
        self._made, self._parameters = made, parameters

    def resolved(self, value: Any) -> Any:
        if isinstance(value, list):
            return [each for each in map(self.resolved, value) if each != _NOTHING]
        if not isinstance(value, dict):
            return value
        match value:
            case {"Ref": str(name)}:
                return {**self._parameters, "AWS::NoValue": _NOTHING}.get(name, value)
            case {"Fn::If": [str(condition), yes, no]}:
                return self.resolved(yes if self.holds({"Condition": condition}) else no)
            case {"Fn::FindInMap": [mapping, key, name]}:
                return self._made["Mappings"][mapping][self.resolved(key)][name]
            case {"Fn::Sub": str(text)}:
                return {"Fn::Sub": self.filled(text, self._parameters)}
            case {"Fn::Sub": [text, values]}:
                given = self.resolved(values)
                known = {name: each for name, each in given.items() if isinstance(each, str)}
                left = {name: each for name, each in given.items() if name not in known}
                filled = self.filled(text, self._parameters | known)
                return {"Fn::Sub": [filled, left] if left else filled}
        made = {key: self.resolved(each) for key, each in value.items()}
        return {key: each for key, each in made.items() if each != _NOTHING}

    def present(self, parts: dict[str, Any]) -> dict[str, Any]:
        """Return resources, or outputs, whose condition holds."""
        return {
            name: self.resolved(each)
            for name, each in parts.items()
            if "Condition" not in each or self.holds({"Condition": each["Condition"]})
        }

    @staticmethod
    def filled(text: str, values: dict[str, str]) -> str:
        for name, value in values.items():
            text = text.replace(f"${{{name}}}", value)
        return text

    def holds(self, condition: Any) -> bool:
        match condition:
            case {"Condition": str(name)}:
                return self.holds(self._made["Conditions"][name])
            case {"Fn::Not": [inner]}:
                return not self.holds(inner)
            case {"Fn::And": inner}:
                return all(map(self.holds, inner))
            case {"Fn::Or": inner}:
                return any(map(self.holds, inner))
            case {"Fn::Contains": [{"Ref": str(name)}, str(value)]}:
                return value in self._parameters[name].split(",")
            case {"Fn::Equals": [left, right]}:
                return self._text(left) == self._text(right)
        raise AssertionError(f"a condition that this test does not know: {condition}")

    def _text(self, value: Any) -> str:
        return str(settled(self.resolved(value)))


def settled(value: Any) -> Any:
    """What is resolved, without the functions of which everything is known."""
    if isinstance(value, list):
        return [settled(each) for each in value]
    if not isinstance(value, dict):
        return value
    match made := {key: settled(each) for key, each in value.items()}:
        case {"Fn::Sub": [str(text), dict(values)]}:
            return settled({"Fn::Sub": Resolver.filled(text, values)})
        case {"Fn::Sub": str(text)} if "${" not in text:
            return text
        case {"Fn::Split": [str(between), str(text)]}:
            return text.split(between)
        case {"Fn::Select": [index, list(parts)]}:
            return parts[int(index)]
        case {"Fn::Join": [str(between), parts]} if isinstance(parts, list | str):
            return between.join(parts if isinstance(parts, list) else parts.split(","))
    return made


_NOTHING = "(no value)"


def _absent(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)
