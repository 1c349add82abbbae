"""Executions that a Task starts: ``states:startExecution``, and ``.sync`` and ``.sync:2``, which wait for their end.

https://docs.aws.amazon.com/step-functions/latest/dg/connect-stepfunctions.html
"""

from __future__ import annotations

import json
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from verihook.local.runner.arns import ARN_PREFIX, execution_arn
from verihook.local.runner.rows import Entry, Key, Parent, Taken
from verihook.local.states.data import text_of
from verihook.local.states.effects import Call, Failed, Stimulus, Submitted, Succeeded
from verihook.local.states.resources import Resource
from verihook.strict_json import parse

if TYPE_CHECKING:
    from verihook.local.runner.runner import Runner

#: What a name is made from that its Task does not give: the same after a crash, so that no second child is started.
_NAMES = uuid.UUID("6b0e1c1e-4f0a-4b7e-9d0e-2f3a6c1d5b17")


@dataclass(frozen=True, slots=True)
class Child:
    """What a Task wants started; ``named`` says whether it gave the name itself."""

    machine: str
    name: str
    document: str
    named: bool


def starts_execution(resource: Resource) -> bool:
    """Whether the resource is one of startExecution."""
    return (resource.service, resource.action, resource.sdk) == ("states", "startExecution", False)


def child_of(key: Key, call: Call) -> Child:
    """Return what a call of an execution wants started. Raises ValueError if it does not say."""
    asked = call.arguments if isinstance(call.arguments, dict) else {}
    arn, name = asked.get("StateMachineArn"), asked.get("Name")
    if not isinstance(arn, str) or ":stateMachine:" not in arn:
        raise ValueError("StateMachineArn is missing, or names no state machine")
    given = name if isinstance(name, str) and name else str(uuid.uuid5(_NAMES, "/".join((*key, call.call))))
    return Child(arn.rpartition(":stateMachine:")[2], given, text_of(asked.get("Input", {})), name is not None)


def started(entry: Entry) -> dict[str, Any]:
    """Return the result of a Task that does not wait."""
    return {"ExecutionArn": execution_arn(entry.machine, entry.name), "StartDate": entry.started_at / 1000}


def start_child(runner: Runner, key: Key, call: Call) -> None:
    """Start what a call of an execution wants started. The call is submitted before it can have a result."""
    waits = call.resource.pattern == "sync"
    parent = Parent(*key, call.call, parsed=call.resource.arn.endswith(":2")) if waits else None
    try:
        child = child_of(key, call)
        entry = _begun(runner, child, parent)
    except Taken as taken:
        if child.named:
            runner.apply(key, Failed(call.call, "StepFunctions.ExecutionAlreadyExistsException", str(taken)))
            return
        entry = taken.entry  # ours: a crash came between its start and what follows
    except (KeyError, ValueError) as error:
        runner.apply(key, Failed(call.call, "StepFunctions.StateMachineDoesNotExistException", str(error)))
        return
    result = started(entry)
    if call.resource.pattern == "":
        runner.apply(key, Succeeded(call.call, result))
        return
    runner.apply(key, Submitted(call.call, result))
    if waits and (ended := runner.store.get(entry.key)) is not None:
        tell_parent(runner, ended)


def _begun(runner: Runner, child: Child, parent: Parent | None) -> Entry:
    """Start it. An Express execution is not waited for: AWS takes no .sync of one."""
    if runner.express is None or parent is not None or not runner.express.has(child.machine):
        return runner.start(child.machine, child.name, child.document, parent)
    runner.express.start(child.machine, child.name, child.document)
    return Entry(child.machine, child.name, 0, child.document, int(time.time() * 1000))


def tell_parent(runner: Runner, child: Entry) -> None:
    """Say the end of a child to the execution that waits for it, once that has submitted it."""
    parent = child.parent
    if parent is not None and child.status != "RUNNING" and runner.store.is_taken(parent.key, parent.call):
        runner.apply(parent.key, _outcome(child, parent))


def _outcome(child: Entry, parent: Parent) -> Stimulus:
    told = _described(child)
    if child.status != "SUCCEEDED":
        return Failed(parent.call, "States.TaskFailed", text_of(told))
    if parent.parsed:
        told["Output"] = parse(child.output or "null")
    return Succeeded(parent.call, told)


def _described(entry: Entry) -> dict[str, Any]:
    included = {"Included": True}
    told = {
        "ExecutionArn": execution_arn(entry.machine, entry.name),
        "Input": json.dumps(parse(entry.input), separators=(",", ":")),
        "InputDetails": included,
        "Name": entry.name,
        "Output": entry.output,
        "OutputDetails": None if entry.output is None else included,
        "Error": entry.error,
        "Cause": entry.cause,
        "StartDate": entry.started_at,
        "StateMachineArn": ARN_PREFIX + entry.machine,
        "Status": entry.status,
        "StopDate": entry.stopped_at,
    }
    return {name: value for name, value in told.items() if value is not None}
