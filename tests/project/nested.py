"""The templates that template.yaml nests, as tests read them: what each makes of the parameters that it is given."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import yaml

from tests.project.template import ROOT
from tests.project.transformed import Resolver


class Loader(yaml.CSafeLoader):
    """Reads CloudFormation's tags in their long form."""


def _tag(loader: yaml.CSafeLoader, suffix: str, node: yaml.Node) -> Any:
    value: Any
    if isinstance(node, yaml.MappingNode):
        value = loader.construct_mapping(node, deep=True)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = node.value.split(".", 1) if suffix == "GetAtt" else node.value
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


Loader.add_multi_constructor("!", _tag)


@cache
def read(name: str) -> dict[str, Any]:
    """Return a template of ``infra/``."""
    found: dict[str, Any] = yaml.load((ROOT / "infra" / name).read_text("utf-8"), Loader)
    return found


class Nested:
    """The stack that a template makes of these parameters. ``resources``: by their ids, those whose condition holds."""

    def __init__(self, template: dict[str, Any], given: dict[str, str]) -> None:
        self.template = template
        defaults = {name: str(each.get("Default", "")) for name, each in template["Parameters"].items()}
        self._resolver = Resolver(template, defaults | given)
        self.resources = self._resolver.present(template["Resources"])

    def rules_hold(self) -> bool:
        """Whether the template's rules let such a stack be made."""
        return all(
            self._resolver.holds(assertion["Assert"])
            for rule in self.template.get("Rules", {}).values()
            if self._resolver.holds(rule["RuleCondition"])
            for assertion in rule["Assertions"]
        )

    def dangling(self) -> set[str]:
        """Return what is referred to and is not there."""
        return dangling(self.resources, self._resolver.present(self.template.get("Outputs", {})))


def dangling(resources: dict[str, Any], outputs: dict[str, Any]) -> set[str]:
    """Return what resources and outputs refer to, and what they depend on, that is not there."""
    found = {it for it in references([resources, outputs]) if not it.startswith("AWS::")}
    for each in resources.values():
        needed = each.get("DependsOn", [])
        found |= {needed} if isinstance(needed, str) else set(needed)
    return found - resources.keys()


def known(value: Any) -> Any:
    """Return the text or the list that a resolved value is; None if that is known only when the stack is made."""
    match value:
        case str():
            return value
        case list():
            parts = [known(each) for each in value]
            return None if None in parts else parts
        case {"Fn::Join": [str(between), parts]}:
            given = known(parts)
            return None if given is None else between.join(given.split(",") if isinstance(given, str) else given)
        case {"Fn::Split": [str(between), text]}:
            given = known(text)
            return None if given is None else given.split(between)
        case {"Fn::Select": [at, parts]}:
            given = known(parts)
            return None if given is None else (given.split(",") if isinstance(given, str) else given)[int(at)]
        case {"Fn::Sub": str(text)}:
            return None if "${" in text else text
        case {"Fn::Sub": [str(text), values]}:
            for name, each in values.items():
                if (given := known(each)) is not None:
                    text = text.replace(f"${{{name}}}", given)
            return None if "${" in text else text
    return None


def references(value: Any) -> Iterator[str]:
    """Return the logical ids that a resolved value names."""
    if isinstance(value, list):
        for each in value:
            yield from references(each)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key in ("Ref", "Fn::GetAtt"):
                yield each if isinstance(each, str) else each[0]
            elif key == "Fn::Sub":
                text = each if isinstance(each, str) else each[0]
                own = {} if isinstance(each, str) else each[1]
                names = {name.split(".")[0] for name in _named(text)} - own.keys()
                yield from names
                yield from references(list(own.values()))
            elif key not in ("DependsOn", "Condition"):
                yield from references(each)


def _named(text: str) -> list[str]:
    return [part.partition("}")[0] for part in text.split("${")[1:]]
