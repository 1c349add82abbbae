"""What state machines ask of us by a Task: to wait for an event, to pass a gate, to read of a large input.

docs/workflows/stepfunctions.md has the states. Each invokes the function ``Feeds``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verihook import manage, payload
from verihook.errors import BodyTooLarge, RequestInvalid
from verihook.event import parse_json
from verihook.instance import parse_execution_name
from verihook.ports import MAX_INLINE, Services
from verihook.request import json_text

_KINDS = frozenset({"gate", "await", "read"})


def is_task(event: Mapping[str, Any]) -> bool:
    """Whether a state machine sent the event: messages of queues, topics and buses have none of these names."""
    return not _KINDS.isdisjoint(event)


def answer(event: Mapping[str, Any], services: Services) -> Any:
    """What the Task gets.

    ``{"gate": {"execution", "token"}}``, ``{"await": {"execution", "name", "token"}}``: None. ``{"read": {"input",
    "paths"}}``: what is at the paths. Raises RequestInvalid for what is none of them, BodyTooLarge, and whatever the
    operation raises, so that the machine tries again.
    """
    match event:
        case {"gate": {"execution": str(name), "token": str(token)}}:
            manage.pass_gate(*_execution(name), token, services)
            return None
        case {"await": {"execution": str(name), "name": str(awaited), "token": str(token)}}:
            manage.await_event(*_execution(name), awaited, token, services)
            return None
        case {"read": {"input": input, "paths": [*paths]}}:
            return _read(input, paths, services)
    raise RequestInvalid("A task is gate {execution, token}, await {execution, name, token} or read {input, paths}.")


def _read(input: object, paths: list[Any], services: Services) -> Any:
    """Of an input that was too large for the state machine, what it asks for; it has to fit into a state."""
    if not all(isinstance(path, str) and path for path in paths):
        raise RequestInvalid("read.paths: is a list of paths such as orderId and items.*.price.")
    content = parse_json(payload.load(json_text(input), services.payloads), "The input")
    found = payload.prune(content, paths)
    if len(json_text(found).encode()) > MAX_INLINE:
        raise BodyTooLarge(f"What read.paths finds is larger than the {MAX_INLINE} bytes that a state holds.")
    return found


def _execution(name: str) -> tuple[str, int]:
    parsed = parse_execution_name(name)
    if parsed is None:
        raise RequestInvalid("execution: is not the name of one of ours; give $states.context.Execution.Name.")
    return parsed
