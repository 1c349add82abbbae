"""Task states: the call, its answers, its timeouts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verihook.local.states import history
from verihook.local.states.data import MAX_BYTES, text_of
from verihook.local.states.effects import Call
from verihook.local.states.errors import DATA_LIMIT, HEARTBEAT, TIMEOUT, StateError, too_large
from verihook.local.states.intrinsic_functions import unique_id
from verihook.local.states.processing import arguments, effective_input, whole_number

if TYPE_CHECKING:
    from verihook.local.states.machine import State
    from verihook.local.states.positions import Frame
    from verihook.local.states.resources import Resource
    from verihook.local.states.scope import Scope
    from verihook.local.states.turn import Turn


def run_task(turn: Turn, frame: Frame, state: State) -> None:
    """Make the call."""
    resource: Resource = state.of["Resource"]
    if resource.pattern == "callback" or resource.kind == "activity":
        frame.token = unique_id(turn.chance).replace("-", "")
    scope = turn.scope(frame)
    data = effective_input(state, scope)
    given = arguments(state, scope, data)
    credentials = state.of["Credentials"].render(scope.on(data), "Credentials") if "Credentials" in state.of else None
    timeout, heartbeat = _limits(state, scope.on(data))
    _schedule(turn, frame, resource, given, timeout, heartbeat)
    frame.phase = "call"
    frame.call = turn.call_name(frame)
    if resource.kind != "activity":  # the clocks of an activity begin when a worker takes it
        _start_clocks(turn, frame, timeout, heartbeat)
    turn.effects.append(Call(frame.call, resource, given, frame.token, credentials, frame.timeout))


def _start_clocks(turn: Turn, frame: Frame, timeout: int | None, heartbeat: int | None) -> None:
    frame.timeout = None if timeout is None else turn.now + timeout
    frame.heartbeat_seconds = heartbeat
    frame.heartbeat = None if heartbeat is None else turn.now + heartbeat


def _limits(state: State, scope: Scope) -> tuple[int | None, int | None]:
    timeout = whole_number(state, "TimeoutSeconds", scope, least=1)
    return timeout, whole_number(state, "HeartbeatSeconds", scope, least=1)


def _schedule(
    turn: Turn, frame: Frame, resource: Resource, given: Any, timeout: int | None, heartbeat: int | None
) -> None:
    kind = history.prefix(resource)
    limits = {"timeoutInSeconds": timeout, "heartbeatInSeconds": heartbeat}
    text = text_of(given)
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        cause = "The state/task input has a size exceeding the maximum number of bytes service limit."
        raise StateError(DATA_LIMIT, cause)
    if resource.kind == "service":
        region = resource.arn.split(":")[3] or "us-east-1"
        details = {**history.about(resource), "region": region, "parameters": text, **limits}
    else:
        details = {"resource": resource.arn, **history.given("input", text), **limits}
    turn.record(frame, f"{kind}Scheduled", details)
    if resource.kind != "activity":
        turn.record(frame, f"{kind}Started", history.about(resource) or None)


def submitted(turn: Turn, frame: Frame, state: State, output: Any) -> None:
    """The call was taken; its result comes later."""
    resource: Resource = state.of["Resource"]
    if resource.kind == "activity":
        turn.record(frame, "ActivityStarted", {"workerName": output if isinstance(output, str) else None})
        scope = turn.scope(frame)
        _start_clocks(turn, frame, *_limits(state, scope.on(effective_input(state, scope))))
    else:
        text = text_of(output)
        turn.record(frame, "TaskSubmitted", {**history.about(resource), **history.given("output", text)})


def succeeded(turn: Turn, frame: Frame, state: State, output: Any) -> None:
    """The call has a result."""
    resource: Resource = state.of["Resource"]
    text = text_of(output)
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        name = resource.service if resource.kind == "service" else resource.arn
        failed(turn, frame, state, DATA_LIMIT, too_large(name))
        return
    details = {**history.about(resource), **history.given("output", text)}
    turn.record(frame, f"{history.prefix(resource)}Succeeded", details)
    frame.rest()
    turn.finish(frame, state, output)


def failed(turn: Turn, frame: Frame, state: State, error: str | None, cause: str | None) -> None:
    """Raise what the call failed with."""
    resource: Resource = state.of["Resource"]
    details = {**history.about(resource), "error": error, "cause": cause}
    turn.record(frame, f"{history.prefix(resource)}Failed", details)
    frame.rest()
    raise StateError(error, cause)


def beat(turn: Turn, frame: Frame) -> None:
    """The call is alive."""
    if frame.heartbeat_seconds is not None:
        frame.heartbeat = turn.now + frame.heartbeat_seconds


def time_out(turn: Turn, frame: Frame, state: State) -> StateError:
    """Record that the call took too long, and return the error."""
    resource: Resource = state.of["Resource"]
    late = frame.timeout is not None and frame.timeout <= turn.now
    error = TIMEOUT if late else HEARTBEAT
    turn.record(frame, f"{history.prefix(resource)}TimedOut", {**history.about(resource), "error": error})
    turn.forget(frame)
    frame.rest()
    return StateError(error)
