"""Events of a history, with AWS's names and fields.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html
"""

from __future__ import annotations

from typing import Any

from verihook.local.states.resources import Resource

_WHOLE = {"truncated": False}

#: How events end that AWS was seen to leave out of the chain of previousEventId.
ASIDE = ("StateSucceeded", "MapRunSucceeded", "MapIterationFailed", "StateAborted")

#: A STANDARD execution has at most so many. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MAX_EVENTS = 25_000


def event(number: int, kind: str, now: float, previous: int, details: dict[str, Any] | None) -> dict[str, Any]:
    """Return a HistoryEvent."""
    made: dict[str, Any] = {"timestamp": now, "type": kind, "id": number, "previousEventId": previous}
    if details is not None:
        made[_member(kind)] = {name: value for name, value in details.items() if value is not None}
    return made


def _member(kind: str) -> str:
    for end in ("StateEntered", "StateExited"):
        if kind.endswith(end):
            return f"s{end[1:]}EventDetails"
    return f"{kind[0].lower()}{kind[1:]}EventDetails"


def given(name: str, text: str) -> dict[str, Any]:
    """Return a member with JSON, and that it is whole."""
    return {name: text, f"{name}Details": _WHOLE}


def prefix(resource: Resource) -> str:
    """Return how the events of a task begin."""
    return {"lambda": "LambdaFunction", "activity": "Activity", "service": "Task"}[resource.kind]


def about(resource: Resource) -> dict[str, Any]:
    """Return what a service's events say of it."""
    if resource.kind != "service":
        return {}
    return {"resourceType": resource.service_name, "resource": resource.resource_name}
