"""Pass, Choice, Wait, Succeed and Fail.

https://states-language.net/spec.html#state-types
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from verihook.local.states.choices import unexpected
from verihook.local.states.data import is_whole, text_of
from verihook.local.states.errors import QUERY, StateError, runtime
from verihook.local.states.fields import MAX_SECONDS
from verihook.local.states.paths import Missing, Path
from verihook.local.states.processing import assigned, at_path, effective_input, output_of
from verihook.local.states.templates import query_value
from verihook.local.states.timestamps import seconds

if TYPE_CHECKING:
    from verihook.local.states.machine import Choice, State
    from verihook.local.states.positions import Frame
    from verihook.local.states.scope import Scope
    from verihook.local.states.turn import Turn

#: A text that AWS takes for a number of seconds.
_LONG = re.compile(r"-?\d{1,18}", re.ASCII)


def run_pass(turn: Turn, frame: Frame, state: State) -> None:
    """Its result is Result, Parameters, or its input."""
    scope = turn.scope(frame)
    data = effective_input(state, scope)
    if "Result" in state.of:
        result = state.of["Result"].value
    elif "Parameters" in state.of:
        result = state.of["Parameters"].render(scope.on(data), "Parameters")
    else:
        result = data
    turn.finish(frame, state, result)


def run_succeed(turn: Turn, frame: Frame, state: State) -> None:
    """Its output is its input, or Output."""
    turn.finish(frame, state, effective_input(state, turn.scope(frame)))


def run_fail(turn: Turn, frame: Frame, state: State) -> None:
    """Raise the error that the state is for."""
    scope = turn.scope(frame)
    raise StateError(_said(state, "Error", scope), _said(state, "Cause", scope))


def _said(state: State, field: str, scope: Scope) -> str | None:
    if f"{field}Path" in state.of:
        query = state.of[f"{field}Path"]
        value = query_value(query, query.text, f"{field}Path", scope)
    elif field in state.of:
        template = state.of[field]
        value = template.render(scope, field)
        if not isinstance(value, str):
            raise unexpected(getattr(template, "text", ""), field, "string", value)
    else:
        return None
    return value if isinstance(value, str) else text_of(value)


def run_choice(turn: Turn, frame: Frame, state: State) -> None:
    """Go where the first rule that holds leads, or to Default."""
    scope = turn.scope(frame)
    data = effective_input(state, scope)
    choice = next((choice for choice in state.choices if choice.rule(scope.on(data))), None)
    target = state.default if choice is None else choice.next
    if target is None:
        # AWS was seen to say this, with States.Runtime in place of the language's States.NoChoiceMatched.
        raise runtime("Failed to transition out of the state. The state does not point to a next state.")
    if choice is None:
        variables = assigned(state.of.get("Assign"), scope.on(data))
    else:
        variables = assigned(choice.assign, scope.on(data), choice.place)
    output = _chosen(state, choice, scope.on(data))
    turn.leave(frame, state, output, target, variables)


def _chosen(state: State, choice: Choice | None, scope: Scope) -> Any:
    if not state.jsonata:
        return at_path(state.of["OutputPath"], scope) if "OutputPath" in state.of else scope.data
    if choice is not None:
        return scope.data if choice.output is None else choice.output.render(scope, f"{choice.place}Output")
    return output_of(state, scope, scope.data)


def run_wait(turn: Turn, frame: Frame, state: State) -> None:
    """Rest until a time; one that has passed is no wait."""
    scope = turn.scope(frame)
    data = effective_input(state, scope)
    until = _until(turn, state, scope.on(data))
    if until <= turn.now:
        turn.finish(frame, state, data)
    else:
        frame.phase, frame.wake = "wait", until


def wake(turn: Turn, frame: Frame, state: State) -> None:
    """The time has come."""
    frame.rest()
    turn.finish(frame, state, effective_input(state, turn.scope(frame)))


def _until(turn: Turn, state: State, scope: Scope) -> float:
    for field in ("SecondsPath", "TimestampPath"):
        if field in state.of:
            return _at_path(turn, field, state.of[field], scope)
    field = "Seconds" if "Seconds" in state.of else "Timestamp"
    value = state.of[field].render(scope, field)
    if field == "Timestamp":
        moment = seconds(value)
        if moment is None:
            written = value if isinstance(value, str) else text_of(value)
            what = "an ISO-8601 extended offset date-time format string"
            cause = f"The Timestamp field cannot be parsed as {what}: {written}"
            raise StateError(QUERY, cause, located=True, location="Timestamp")
        return moment
    if not is_whole(value) or not 0 <= value <= MAX_SECONDS:
        cause = f"The Seconds field cannot be parsed as an integer from 0 to {MAX_SECONDS}: {text_of(value)}"
        raise StateError(QUERY, cause, located=True, location="Seconds")
    return turn.now + int(value)


def _at_path(turn: Turn, field: str, path: Path, scope: Scope) -> float:
    try:
        value = path.value(scope)
    except Missing:
        raise runtime(f"The {field} parameter does not reference an input value: {path.text}") from None
    written = f"{path.text} == {value if isinstance(value, str) else text_of(value)}"
    if field == "TimestampPath":
        moment = seconds(value)
        if moment is None:
            what = "a valid ISO-8601 extended offset date-time format string"
            raise runtime(f"The TimestampPath parameter does not reference {what}: {written}")
        return moment
    if isinstance(value, str) and _LONG.fullmatch(value):
        value = int(value)
    if not is_whole(value):
        raise runtime(f"The SecondsPath parameter cannot be parsed as a long value: {written}")
    if value < 0:
        raise runtime(f"The SecondsPath parameter references a negative value: {written}")
    if value > MAX_SECONDS:
        raise runtime(f"The SecondsPath parameter references a value larger than {MAX_SECONDS}: {written}")
    return turn.now + int(value)
