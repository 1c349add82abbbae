"""What follows when a state fails: Retry, Catch, or the end of its flow.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verihook.local.states import map_runs
from verihook.local.states.errors import QUERY, RUNTIME, StateError
from verihook.local.states.iterations import abort_frames
from verihook.local.states.processing import assigned, placed
from verihook.local.states.retrying import Catcher, matches

if TYPE_CHECKING:
    from verihook.local.states.machine import State
    from verihook.local.states.positions import Frame
    from verihook.local.states.turn import Turn


def fail(turn: Turn, frame: Frame, error: StateError) -> None:
    """Retry the frame's state, catch the error, or give up."""
    state = turn.state(frame)
    error = _told(turn, frame, state, error)
    inside = frame.container
    if inside is not None:
        silent = frame.log if error.name == RUNTIME else None
        abort_frames(turn, [turn.position.frames[number] for number in inside.running], silent=silent)
        map_runs.tell(turn, inside, "FAILED")
    if error.name != RUNTIME and _retried(turn, frame, state, error):
        return
    before = frame.previous
    _state_failed(turn, frame, state, error)
    frame.container = None
    found = ((number, one) for number, one in enumerate(state.catchers) if matches(one.names, error.name))
    number, catcher = next(found, (0, None))
    if catcher is None:
        turn.give_up(frame, error)
        return
    try:
        place = f"Catch[{number}]/"
        _caught(turn, frame, state, catcher, place, {"Error": error.name, "Cause": error.cause or ""})
    except StateError as another:
        frame.previous = before
        error = _told(turn, frame, state, another)
        _state_failed(turn, frame, state, error)
        turn.give_up(frame, error)


def _state_failed(turn: Turn, frame: Frame, state: State, error: StateError) -> None:
    if state.kind in {"Map", "Parallel"} and error.name != RUNTIME:
        turn.record(frame, f"{state.kind}StateFailed")


def _told(turn: Turn, frame: Frame, state: State, error: StateError) -> StateError:
    """Return the error as AWS words it; one of evaluation is an event too."""
    error = error.at(state.name, frame.entered_event)
    if error.name == QUERY and error.location is not None:
        details = {"error": error.name, "cause": error.cause, "location": error.location, "state": state.name}
        turn.record(frame, "EvaluationFailed", details)
        error = StateError(error.name, error.cause)
    return error


def _caught(turn: Turn, frame: Frame, state: State, catcher: Catcher, place: str, caught: dict[str, Any]) -> None:
    scope = turn.scope(frame)
    if state.jsonata:
        scope = scope.on(frame.input, errorOutput=caught)
        output = caught if catcher.output is None else catcher.output.render(scope, f"{place}Output")
    else:
        output, scope = placed(catcher.result_path, frame.input, caught), scope.on(caught)
    turn.leave(frame, state, output, catcher.next, assigned(catcher.assign, scope, place))


def _retried(turn: Turn, frame: Frame, state: State, error: StateError) -> bool:
    found = ((number, one) for number, one in enumerate(state.retriers) if matches(one.names, error.name))
    number, retrier = next(found, (0, None))
    if retrier is None or frame.retries[number] >= retrier.attempts:
        return False
    delay = retrier.delay(frame.retries[number], turn.chance)
    frame.rest()
    frame.container = None
    frame.retries[number] += 1
    frame.retry_count += 1
    frame.phase, frame.wake = "retry", turn.now + delay
    return True
