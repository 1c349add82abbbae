"""Parallel and Map: states that run flows of their own. A distributed Map has more: map_run.py."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verihook.local.states import map_run
from verihook.local.states.errors import RUNTIME, StateError
from verihook.local.states.iterations import abort_frames, around, items_of, remove, selected
from verihook.local.states.positions import Container
from verihook.local.states.processing import arguments, effective_input, whole_number

if TYPE_CHECKING:
    from verihook.local.states.machine import State
    from verihook.local.states.positions import Frame
    from verihook.local.states.turn import Turn

#: An inline Map runs so many iterations at a time, if MaxConcurrency does not say less.
MAX_INLINE = 40


def run_parallel(turn: Turn, frame: Frame, state: State) -> None:
    """Start every branch."""
    scope = turn.scope(frame)
    given = arguments(state, scope, effective_input(state, scope))
    turn.record(frame, "ParallelStateStarted")
    frame.phase = "inside"
    frame.container = Container(len(state.flows), [None] * len(state.flows))
    for index in range(len(state.flows)):
        branch = turn.add_frame(frame, index, [*frame.place, state.name, index], frame.log, given)
        frame.container.running.append(branch.id)


def run_map(turn: Turn, frame: Frame, state: State) -> None:
    """Find the items, and start as many iterations as may run at a time."""
    scope = turn.scope(frame)
    data = effective_input(state, scope)
    most = whole_number(state, "MaxConcurrency", scope.on(data)) or 0
    frame.container = None
    if state.distributed is not None:
        map_run.begin(turn, frame, state, data, most)
        return
    items = items_of(state, scope.on(data))
    turn.record(frame, "MapStateStarted", {"length": len(items)})
    frame.phase = "inside"
    frame.container = Container(len(items), [None] * len(items), items=items[::-1], data=data)
    frame.container.most = min(most or MAX_INLINE, MAX_INLINE)
    go_on(turn, frame, state)


def go_on(turn: Turn, frame: Frame, state: State) -> None:
    """Start iterations, or end the Map if all have ended. Raises StateError."""
    inside = frame.inside
    while inside.items and len(inside.running) < inside.most:
        if state.distributed is not None:
            map_run.start_child(turn, frame, state, inside)
        else:
            _start_iteration(turn, frame, state, inside)
    if inside.items or inside.running:
        return
    if state.distributed is not None:
        map_run.ended(turn, frame, state, inside)
        return
    turn.record(frame, "MapStateSucceeded")
    frame.container = None
    turn.finish(frame, state, inside.results)


def _start_iteration(turn: Turn, frame: Frame, state: State, inside: Container) -> None:
    index, value = inside.started, inside.items.pop()
    inside.started += 1
    item = {"Index": index, "Value": value}
    given = selected(turn, frame, state, inside.data, item)
    iteration = turn.add_frame(frame, index, [*frame.place, state.name, 0], frame.log, given, item)
    inside.running.append(iteration.id)
    turn.record(iteration, "MapIterationStarted", {"name": state.name, "index": index})


def branch_ended(turn: Turn, branch: Frame, output: Any) -> None:
    """A branch or iteration has an output."""
    frame, state, inside = around(turn, branch)
    if state.distributed is not None:
        map_run.child_ended(turn, branch, inside, output)
    else:
        inside.results[branch.index] = output
        if state.kind == "Map":
            turn.record(branch, "MapIterationSucceeded", {"name": state.name, "index": branch.index})
    remove(turn, branch, inside)
    frame.previous = max(frame.previous, branch.previous if branch.log == frame.log else 0)
    if state.kind == "Map":
        turn.attempt(frame, lambda: go_on(turn, frame, state))
    elif not inside.running:
        turn.record(frame, "ParallelStateSucceeded")
        frame.container = None
        turn.attempt(frame, lambda: turn.finish(frame, state, inside.results))


def branch_failed(turn: Turn, branch: Frame, error: StateError) -> None:
    """A branch or iteration has failed, and with it its state; but a distributed Map may tolerate it.

    States.Runtime ends the whole execution, and its history says nothing of what is around the state. What follows
    leads back to the failure, not to the events that tell of its flow.
    """
    frame, state, inside = around(turn, branch)
    if state.distributed is not None:
        map_run.child_failed(turn, branch, inside, error)
        remove(turn, branch, inside)
        turn.attempt(frame, lambda: map_run.go_on_or_fail(turn, frame, state, inside))
        return
    failed = branch.previous
    if state.kind == "Map" and error.name != RUNTIME:
        turn.record(branch, "MapIterationFailed", {"name": state.name, "index": branch.index})
    others = [turn.position.frames[number] for number in inside.running if number != branch.id]
    abort_frames(turn, others, silent=branch.log if error.name == RUNTIME else None)
    if turn.state(branch).kind == "Task" and error.name != RUNTIME:
        branch.previous = failed
        turn.record(branch, "TaskStateAborted")
    remove(turn, branch, inside)
    frame.previous = max(frame.previous, failed)
    turn.fail(frame, error)
