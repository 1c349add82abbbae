"""The optimized integrations that are offered here, besides Lambda and Step Functions itself.

https://docs.aws.amazon.com/step-functions/latest/dg/integrate-optimized.html
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verihook.local.states.resources import Resource


@dataclass(frozen=True, slots=True)
class Optimized:
    """``service``: its name in ``aws-sdk:``; ``prefix``: of its errors; ``spoken``: what their causes call it."""

    service: str
    prefix: str
    spoken: str
    actions: tuple[str, ...]
    patterns: tuple[str, ...] = ("", "callback")


_ITEMS = ("getItem", "putItem", "updateItem", "deleteItem")
_OPTIMIZED = {
    "dynamodb": Optimized("dynamodb", "DynamoDB", "AmazonDynamoDBv2", _ITEMS, ("",)),
    "events": Optimized("eventbridge", "EventBridge", "AmazonEventBridge", ("putEvents",)),
    "sns": Optimized("sns", "SNS", "AmazonSNS", ("publish",)),
    "sqs": Optimized("sqs", "SQS", "AmazonSQS", ("sendMessage",)),
}


def optimized(resource: Resource) -> Optimized | None:
    """Return the optimized integration of the resource's service, None if it is of ``aws-sdk`` or has none here."""
    return None if resource.sdk else _OPTIMIZED.get(resource.service)


def is_offered(resource: Resource) -> bool:
    """Whether there is such an action, and such a way to wait for it. Of ``aws-sdk`` the service's model says it."""
    found = optimized(resource)
    if found is None:
        return resource.sdk and resource.pattern != "sync"
    return resource.action in found.actions and resource.pattern in found.patterns


def service_of(resource: Resource) -> str:
    """Return the name of the service as ``aws-sdk`` has it."""
    found = optimized(resource)
    return resource.service if found is None else found.service


def with_origin(resource: Resource, given: Any, arns: tuple[str, ...]) -> Any:
    """Return the parameters: PutEvents says in the Resources of each entry which machine and execution it is from."""
    entries = given.get("Entries") if isinstance(given, dict) else None
    if resource.sdk or resource.action != "putEvents" or not isinstance(entries, list):
        return given
    return {**given, "Entries": [_from(each, arns) for each in entries]}


def _from(entry: Any, arns: tuple[str, ...]) -> Any:
    named = entry.get("Resources", []) if isinstance(entry, dict) else None
    return {**entry, "Resources": [*named, *arns]} if isinstance(named, list) else entry
