"""Reads the history of a durable execution into steps: one per operation, however often it was tried.

https://docs.aws.amazon.com/lambda/latest/api/API_Event.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from verihook.model.instance import Step, milliseconds_of
from verihook.model.resumption import ADDRESS_STEP
from verihook.records import replace
from verihook.strict_json import parse

#: What the types of an operation's events begin with -> the name of its step if the workflow gave it none.
_KINDS = {
    "Context": "context",
    "Wait": "wait",
    "Step": "step",
    "ChainedInvoke": "invoke",
    "Callback": "callback",
}
_ENDS = frozenset({"ExecutionSucceeded", "ExecutionFailed", "ExecutionTimedOut", "ExecutionStopped"})


def steps_of(events: Iterable[Mapping[str, Any]]) -> list[Step]:
    """The steps in the order they started. ``events`` are boto3's, oldest first, with their data.

    A step that failed and is tried again counts as running; a step that runs at the end of the execution has failed.
    """
    steps: dict[str, Step] = {}
    for event in events:
        kind = str(event.get("EventType"))
        if kind in _ENDS:
            _end(steps, event)
            continue
        family = next((family for family in _KINDS if kind.startswith(family)), None)
        if family is not None:
            identity = str(event.get("Id"))
            steps[identity] = _after(steps.get(identity), family, kind.removeprefix(family), event)
    return list(steps.values())


def _after(step: Step | None, family: str, change: str, event: Mapping[str, Any]) -> Step:
    at = milliseconds_of(event["EventTimestamp"])
    details = _details(event)
    step = step or Step(str(event.get("Name") or _KINDS[family]), "running", at)
    if change == "Started":
        return replace(step, status="running", ended_at=None, input=_payload(details, "Input") or step.input)
    if change == "Succeeded":
        if details.get("RetryDetails", {}).get("NextAttemptDelaySeconds"):  # a condition that does not hold yet
            return step
        secret = step.name.startswith(ADDRESS_STEP)
        output = None if secret else _plain(_payload(details, "Result"))
        return replace(step, status="completed", ended_at=at, output=output, error=None, cause=None)
    error, cause = error_of(_payload(details, "Error")) if "Error" in details else (change, None)
    if details.get("RetryDetails", {}).get("NextAttemptDelaySeconds"):
        return replace(step, error=error, cause=cause)
    return replace(step, status="failed", ended_at=at, error=error or change, cause=cause)


def _end(steps: dict[str, Step], event: Mapping[str, Any]) -> None:
    error, cause = error_of(_payload(_details(event), "Error"))
    at = milliseconds_of(event["EventTimestamp"])
    for identity, step in steps.items():
        if step.status == "running":
            steps[identity] = replace(
                step,
                status="failed",
                ended_at=at,
                error=step.error or error or str(event["EventType"]),
                cause=step.cause or cause,
            )


def error_of(error: Mapping[str, Any] | None) -> tuple[str | None, str | None]:
    """(error, cause) of Lambda's ErrorObject: a Python class without its module, and the message."""
    if not error:
        return None, None
    kind = error.get("ErrorType")
    return str(kind).rpartition(".")[2] if kind else None, error.get("ErrorMessage")


def _details(event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the details of an event, which each type of event has under another key."""
    found = event.get(f"{event.get('EventType')}Details")
    return found if isinstance(found, Mapping) else {}


def _plain(text: str | None) -> str | None:
    """Return plain JSON of a step's result: the SDK writes [1] with Python's types, {"t":"l","v":[{"t":"i","v":1}]}."""
    if text is None or not text.startswith('{"t":"'):
        return text
    try:
        return json.dumps(_value(parse(text)))
    except (ValueError, RecursionError):
        return text


def _value(value: Any) -> Any:
    if isinstance(value, list):
        return [_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    if set(value) == {"t", "v"} and isinstance(value["t"], str):
        inner = value["v"]
        plain_members = value["t"] == "m" and isinstance(inner, dict)
        return {key: _value(item) for key, item in inner.items()} if plain_members else _value(inner)
    return {key: _value(item) for key, item in value.items()}


def _payload(details: Mapping[str, Any], key: str) -> Any:
    holder = details.get(key)
    return holder.get("Payload") if isinstance(holder, Mapping) else None
