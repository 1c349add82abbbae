"""How an execution ends, and how one that did not end well goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verihook.local.states.data import text_of
from verihook.local.states.effects import End
from verihook.local.states.errors import TIMEOUT
from verihook.local.states.history import given
from verihook.local.states.iterations import abort_frames
from verihook.local.states.timestamps import written

if TYPE_CHECKING:
    from verihook.local.states.turn import Turn

_KINDS = {"SUCCEEDED": "Succeeded", "FAILED": "Failed", "TIMED_OUT": "TimedOut", "ABORTED": "Aborted"}


def end(turn: Turn, status: str, output: Any, error: str | None, cause: str | None) -> None:
    """End the execution. What runs in it is aborted; the state of its own flow is kept for a redrive."""
    position = turn.position
    root = next((frame for frame in position.frames.values() if frame.parent is None), None)
    if status in {"ABORTED", "TIMED_OUT"} and root is not None:
        abort_frames(turn, [root], silent="" if status == "TIMED_OUT" else None)
    details = given("output", text_of(output)) if status == "SUCCEEDED" else {"error": error, "cause": cause}
    previous = 0 if root is None else root.previous
    if status == "TIMED_OUT":  # AWS's history tells of nothing that was cut, and the error in this event alone
        details, previous = {"error": TIMEOUT}, 0
    turn.record_in("", f"Execution{_KINDS[status]}", details, previous)
    position.status = status
    if status != "SUCCEEDED" and root is not None:
        position.left = {"state": root.state, "input": root.input, "variables": root.variables}
    position.frames.clear()
    position.ready.clear()
    turn.effects.append(End(status, output, error, cause))


def redrive(turn: Turn) -> None:
    """Go on with the state in which the execution's own flow stood, with that state's input.

    https://docs.aws.amazon.com/step-functions/latest/dg/redrive-executions.html ; of a Map or a Parallel AWS repeats
    the iterations and branches that failed, this all of them.
    """
    position, log = turn.position, turn.position.logs[""]
    if position.left is None or position.status == "RUNNING":
        return
    left, position.left, position.status = position.left, None, "RUNNING"
    count = log.execution.get("RedriveCount", 0) + 1
    log.execution = {**log.execution, "RedriveCount": count, "RedriveTime": written(turn.now)}
    position.timeout = None if turn.machine.timeout is None else turn.now + turn.machine.timeout
    number = turn.record_in("", "ExecutionRedriven", {"redriveCount": count}, log.events)
    frame = turn.add_frame(None, 0, [], "", left["input"])
    frame.state, frame.variables, frame.previous = left["state"], left["variables"], number
