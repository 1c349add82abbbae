"""The Tasks of state machines: for an event, a gate, parts of a large input, the connection, what came beside it.

docs/workflows/stepfunctions.md has the states. Each of them invokes the Lambda function ``Feeds``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from verihook import instances
from verihook.errors import BodyTooLarge, RequestInvalid
from verihook.instances import payload
from verihook.instances.open_waits import Notice
from verihook.model.instance import parse_execution_name
from verihook.model.ports import MAX_INLINE, Payloads
from verihook.records import asdict
from verihook.request import json_text
from verihook.strict_json import parse_json

if TYPE_CHECKING:
    from verihook.model.ports.sets import TaskPorts

_KINDS = frozenset({"gate", "await", "read", "connection", "delivery"})


def is_task(event: Mapping[str, Any]) -> bool:
    """Whether a state machine sent the event: messages of queues, topics and buses have none of these names."""
    return not _KINDS.isdisjoint(event)


def answer(event: Mapping[str, Any], ports: TaskPorts) -> Any:
    """Return the result of the Task.

    ``{"gate": {"execution", "token"}}``, ``{"await": {"execution", "name", "token", "seconds"?, "shows"?}}``: None; for
    a list of waits, the second says how long it lasts and what it shows. ``{"read":
    {"execution", "input", "paths"}}``: what is at the paths. ``{"connection": {"execution"}}``: ``{"name", "url"}`` of
    the connection that the start chose, None if it chose none. ``{"delivery": {"execution"}}``: ``{"source", "type",
    "id", "headers"}`` of the event. Raises RequestInvalid for any other event, BodyTooLarge,
    and all that the operation raises, so that the machine tries again.
    """
    match event:
        case {"gate": {"execution": str(execution), "token": str(token)}}:
            instances.pass_gate(*_instance(execution), token, ports, _arn(execution))
            return None
        case {"await": {"execution": str(execution), "name": str(awaited), "token": str(token), **rest}}:
            notice = Notice(_seconds(rest.get("seconds")), rest.get("shows"))
            instances.await_event(*_instance(execution), awaited, token, ports, _arn(execution), notice)
            return None
        case {"read": {"execution": str(execution), "input": input, "paths": [*paths]}}:
            return _read(_instance(execution)[0], input, paths, ports.payloads)
        case {"connection": {"execution": str(execution)}}:
            return _connection(execution, ports)
        case {"delivery": {"execution": str(execution)}}:
            return asdict(instances.facts_of(*_instance(execution), ports, _arn(execution)))
    raise RequestInvalid(
        "A task is gate {execution, token}, await {execution, name, token}, read {execution, input, paths}, "
        "connection {execution} or delivery {execution}."
    )


def _seconds(value: object) -> int | None:
    if value is None or (type(value) is int and value > 0):
        return value
    raise RequestInvalid("await.seconds: must be a whole number of seconds, as TimeoutSeconds of the state is.")


def _connection(execution: str, ports: TaskPorts) -> dict[str, str] | None:
    """Return the name and URL, but no credentials: the history of an execution shows what each of its states gets."""
    name = instances.connection_of(*_instance(execution), ports, _arn(execution))
    if name is None:
        return None
    found = ports.connections.get(name)
    if found is None:
        raise RequestInvalid(f"connection: hooks.toml has no [connections.{name[:63]}] any more.")
    return {"name": name, "url": found.url}


def _read(instance_id: str, input: object, paths: list[Any], payloads: Payloads) -> Any:
    """Return the parts at these paths of an input that was too large for the state machine.

    Raises BodyTooLarge if the parts do not fit into a state. A reference to the payload of another instance was not
    written by Verihook: it is data.
    """
    if not all(isinstance(path, str) and path for path in paths):
        raise RequestInvalid("read.paths: is a list of paths such as orderId and items.*.price.")
    text = json_text(input)
    key = payload.key_of(text)
    if key is not None and key.startswith(f"{instance_id}/"):
        text = payload.load(text, payloads)
    content = parse_json(text, "The input")
    found = payload.pick(content, paths)
    if len(json_text(found).encode()) > MAX_INLINE:
        raise BodyTooLarge(f"What read.paths finds is larger than the {MAX_INLINE} bytes that a state holds.")
    return found


def _instance(execution: str) -> tuple[str, int]:
    """The instance id and attempt of an execution, by its ARN or name."""
    parsed = parse_execution_name(execution.rpartition(":")[2])
    if parsed is None:
        raise RequestInvalid("execution: is not one of ours; give $states.context.Execution.Id.")
    return parsed


def _arn(execution: str) -> str:
    """Return the ARN, or "" for a name alone, which state machines that were deployed long ago give."""
    return execution if execution.startswith("arn:") else ""
