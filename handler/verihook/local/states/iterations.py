"""What a Map iterates over, and how what runs inside a state is found, removed and aborted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verihook.local.states import map_runs
from verihook.local.states.choices import unexpected
from verihook.local.states.data import text_of
from verihook.local.states.errors import QUERY, StateError, runtime
from verihook.local.states.paths import Conflict, Path, compile_reference
from verihook.local.states.processing import at_path, conflict
from verihook.local.states.templates import Expression

if TYPE_CHECKING:
    from verihook.local.states.machine import State
    from verihook.local.states.positions import Container, Frame
    from verihook.local.states.scope import Scope
    from verihook.local.states.turn import Turn


def items_of(state: State, scope: Scope) -> list[Any]:
    """Return what a Map is to iterate over. Raises StateError if it is no array."""
    if "Items" in state.of:
        template = state.of["Items"]
        items = template.render(scope, "Items")
        if not isinstance(items, list):
            raise unexpected(template.text if isinstance(template, Expression) else "", "Items", "array", items)
    elif "ItemsPath" in state.of:
        items = _at_reference(state.of["ItemsPath"], scope)
        if not isinstance(items, list):
            raise runtime(f'Reference path "{state.of["ItemsPath"].text}" must point to array.')
    else:
        items = scope.data
        if not isinstance(items, list):
            cause = f"Map state input must be an array but was: {text_of(items)}"
            raise StateError(QUERY, cause, located=True, location="Items") if state.jsonata else runtime(cause)
    return list(items)


def _at_reference(path: Path, scope: Scope) -> Any:
    if path.root != "input" or path.function or not all(step.single for step in path.steps) or scope.data is None:
        return at_path(path, scope)
    try:
        return compile_reference(path.text).item(scope.data)
    except Conflict as error:
        raise conflict(error, scope.data) from None


def selected(turn: Turn, frame: Frame, state: State, data: Any, item: dict[str, Any]) -> Any:
    """Return the input of an iteration: the item, or what ItemSelector makes of it."""
    field = "Parameters" if "Parameters" in state.of else "ItemSelector"
    if field not in state.of:
        return item["Value"]
    return state.of[field].render(turn.scope(frame, item).on(data), field)


def abort_frames(turn: Turn, frames: list[Frame], *, silent: str | None = None) -> None:
    """Abort these frames and what runs inside them, innermost first. ``silent``: a history that says nothing of it."""
    for frame in frames:
        if frame.id in turn.position.frames:
            _abort(turn, frame, silent)


def _abort(turn: Turn, frame: Frame, silent: str | None) -> None:
    def record(kind: str, details: dict[str, Any] | None = None) -> None:
        if frame.log != silent:
            turn.record(frame, kind, details)

    if frame.container is not None:
        abort_frames(turn, [turn.position.frames[number] for number in frame.container.running], silent=silent)
    turn.forget(frame)
    if frame.container is not None and frame.container.map_run is not None:
        record("MapRunAborted")
        map_runs.tell(turn, frame.container, "ABORTED")
    if frame.entered_event and frame.id not in turn.position.ready:
        record(f"{turn.state(frame).kind}StateAborted")
    if frame.parent is not None:
        outer, outside, inside = around(turn, frame)
        if outer.log != frame.log:
            record("ExecutionAborted", {})
            inside.aborted += 1
            inside.aborted_items += inside.item_counts[frame.index]
        elif outside.kind == "Map":
            record("MapIterationAborted", {"name": outside.name, "index": frame.index})
        remove(turn, frame, inside)


def around(turn: Turn, branch: Frame) -> tuple[Frame, State, Container]:
    """Return the frame that a branch or iteration is inside, its state and its container."""
    frame = turn.position.frames[branch.parent or 0]
    return frame, turn.state(frame), frame.inside


def remove(turn: Turn, branch: Frame, inside: Container) -> None:
    """Forget a branch or iteration that has ended."""
    turn.position.frames.pop(branch.id, None)
    if branch.id in inside.running:
        inside.running.remove(branch.id)
