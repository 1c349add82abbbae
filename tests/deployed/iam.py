"""What a role's policies say to a call, as IAM evaluates them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

LEADING_KEYS = "dynamodb:LeadingKeys"


@dataclass(frozen=True, slots=True)
class Call:
    """One thing that is done to one resource. ``keys``: partition keys of rows; empty if it has none."""

    action: str
    resource: str
    keys: frozenset[str] = frozenset()

    def __str__(self) -> str:
        rows = f" ({', '.join(sorted(self.keys))})" if self.keys else ""
        return f"{self.action} on {self.resource}{rows}"


@dataclass(frozen=True, order=True, slots=True)
class Grant:
    """The least part of a statement: one action on one resource, and of rows one pattern of their keys."""

    action: str
    resource: str
    key: str = ""


@dataclass(slots=True)
class Role:
    """The statements of a role, and which of its grants have been used."""

    statements: list[dict[str, Any]]
    used: set[Grant] = field(default_factory=set)

    def grants(self) -> set[Grant]:
        """All of them."""
        return {grant for statement in self.statements for grant in _grants(statement)}

    def allows(self, call: Call) -> bool:
        """Whether it may be done, and if so notes by what."""
        fitting = [statement for statement in self.statements if _fits(statement, call)]
        if not fitting or any(statement["Effect"] == "Deny" for statement in fitting):
            return False
        self.used |= {grant for statement in fitting for grant in _grants(statement) if _serves(grant, call)}
        return True


def _grants(statement: dict[str, Any]) -> Iterable[Grant]:
    keys = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get(LEADING_KEYS, [""])
    for action in _list(statement["Action"]):
        for resource in _list(statement["Resource"]):
            for key in _list(keys):
                yield Grant(action, resource, key)


def _serves(grant: Grant, call: Call) -> bool:
    rows = not grant.key or any(_like(grant.key, key) for key in call.keys)
    return _like(grant.action, call.action, re.IGNORECASE) and _like(grant.resource, call.resource) and rows


def _fits(statement: dict[str, Any], call: Call) -> bool:
    if not any(_like(action, call.action, re.IGNORECASE) for action in _list(statement["Action"])):
        return False
    if not any(_like(resource, call.resource) for resource in _list(statement["Resource"])):
        return False
    return all(
        _condition(operator, name, _list(wanted), call)
        for operator, conditions in statement.get("Condition", {}).items()
        for name, wanted in conditions.items()
    )


def _condition(operator: str, name: str, wanted: list[str], call: Call) -> bool:
    match operator, name:
        case "ForAllValues:StringLike", "dynamodb:LeadingKeys":
            # True of a call that has no keys, as IAM has it: a Scan is kept out by its action alone.
            return all(any(_like(pattern, key) for pattern in wanted) for key in call.keys)
        case "StringEquals", "kms:ViaService":
            return False  # a call of our own comes through no service
    raise NotImplementedError(f"condition {operator} of {name}: say here what it means")


def _like(pattern: str, text: str, flags: int = 0) -> bool:
    wild = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(wild, text, flags | re.DOTALL) is not None


def _list(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else list(value)
