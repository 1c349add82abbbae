"""Distributed Maps: each item, or batch of items, is an execution of its own, with a history of its own.

Map runs as resources: map_runs.py.

https://docs.aws.amazon.com/step-functions/latest/dg/state-map-distributed.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from verihook.local.states.choices import unexpected
from verihook.local.states.data import is_number, text_of
from verihook.local.states.effects import Adjust, Beat, Call, Failed, Submitted, Succeeded
from verihook.local.states.errors import ITEM_READER, THRESHOLD, StateError, runtime
from verihook.local.states.history import given
from verihook.local.states.intrinsic_functions import unique_id
from verihook.local.states.items import batches, read_items, written_results
from verihook.local.states.iterations import abort_frames, items_of, selected
from verihook.local.states.map_runs import MAX_CHILDREN, adjust, tell
from verihook.local.states.positions import Container, Log
from verihook.local.states.processing import at_path, whole_number, wrong_value
from verihook.local.states.resources import check_resource
from verihook.local.states.timestamps import written

if TYPE_CHECKING:
    from verihook.local.states.machine import Reader, State
    from verihook.local.states.positions import Frame
    from verihook.local.states.scope import Scope
    from verihook.local.states.turn import Turn


def begin(turn: Turn, frame: Frame, state: State, data: Any, most: int) -> None:
    """Start the map run: read the items, or take them from the input."""
    scope = turn.scope(frame).on(data)
    distributed = state.spread
    items = [] if distributed.reader else items_of(state, scope)
    turn.record(frame, "MapStateStarted", {"length": len(items)})
    inside = Container(0, [], data=data, most=min(most or MAX_CHILDREN, MAX_CHILDREN), asked=most)
    inside.tolerated_count = whole_number_tolerated(state, scope)
    inside.tolerated_percentage = _percentage(state, scope)
    label = f"{turn.position.machine['Name']}/{distributed.label or state.name}"
    inside.map_run = _map_run_arn(turn.position.machine["Id"], label, unique_id(turn.chance))
    frame.container = inside
    turn.record(frame, "MapRunStarted", {"mapRunArn": inside.map_run})
    if distributed.reader is not None:
        _read(turn, frame, distributed.reader, scope)
    else:
        _fill(turn, frame, state, [{"Value": item} for item in items])


def _map_run_arn(machine: str, label: str, run: str) -> str:
    return f"{machine.rpartition(':stateMachine:')[0]}:mapRun:{label}:{run}"


def whole_number_tolerated(state: State, scope: Scope) -> int | None:
    """Return ToleratedFailureCount. Raises StateError."""
    try:
        return whole_number(state, "ToleratedFailureCount", scope)
    except StateError as error:
        if error.cause and error.cause.startswith("Expected non-negative"):
            cause = "ToleratedFailureCount cannot be negative."
            raise wrong_value(state, "ToleratedFailureCount", cause) from None
        raise


def _percentage(state: State, scope: Scope) -> float | None:
    field = "ToleratedFailurePercentage"
    if f"{field}Path" in state.of:
        value = at_path(state.of[f"{field}Path"], scope)
    elif field in state.of:
        value = state.of[field].render(scope, field)
    else:
        return None
    value = float(value) if isinstance(value, str) and value.isdigit() else value
    if not is_number(value):
        if field in state.of:
            raise unexpected(getattr(state.of[field], "text", ""), field, "number", value)
        text, path = value if isinstance(value, str) else text_of(value), state.of[f"{field}Path"].text
        raise runtime(f'The {field}Path field refers to value "{text}" which is not a valid float: {path}')
    if not 0 <= value <= 100:
        raise wrong_value(state, field, "ToleratedFailurePercentage must be between 0 and 100.")
    return float(value)


def _read(turn: Turn, frame: Frame, reader: Reader, scope: Scope) -> None:
    arguments = reader.arguments.render(scope, "ItemReader/Arguments")
    frame.phase, frame.call = "read", turn.call_name(frame)
    turn.effects.append(Call(frame.call, check_resource(reader.resource, express=False), arguments))


def answered(turn: Turn, frame: Frame, state: State, stimulus: Submitted | Succeeded | Failed | Beat) -> None:
    """The items are read, or the results written. Raises StateError if not."""
    inside, distributed = frame.inside, state.spread
    writing = frame.phase == "write"
    if isinstance(stimulus, Failed):
        name = "States.ResultWriterFailed" if writing else ITEM_READER
        raise _run_failed(turn, frame, StateError(name, stimulus.cause or stimulus.error))
    if not isinstance(stimulus, Succeeded):
        return
    frame.rest()
    if writing:
        _finish(turn, frame, state, inside, stimulus.output)
        return
    try:
        items = read_items(distributed.reader, stimulus.output, turn.scope(frame).on(inside.data))
    except ValueError as error:
        raise _run_failed(turn, frame, StateError(ITEM_READER, str(error))) from None
    _fill(turn, frame, state, items)


def _fill(turn: Turn, frame: Frame, state: State, found: list[dict[str, Any]]) -> None:
    """Make the inputs of the children of what was found: an item's Value and, of an object, its Key."""
    inside, distributed = frame.inside, state.spread
    inputs = [selected(turn, frame, state, inside.data, {"Index": index, **item}) for index, item in enumerate(found)]
    inside.total = len(inputs)
    inside.item_counts = [1] * len(inputs)
    if distributed.batcher is not None:
        scope = turn.scope(frame).on(inside.data)
        try:
            grouped = batches(distributed.batcher, inputs, scope)
        except ValueError as error:
            raise _run_failed(turn, frame, StateError("States.ItemBatcherFailed", str(error))) from None
        inputs = [batch for batch, _ in grouped]
        inside.item_counts = [count for _, count in grouped]
    inside.items = inputs[::-1]
    inside.results = [None] * len(inputs)
    frame.phase = "inside"
    turn.iterate(frame, state)


def start_child(turn: Turn, frame: Frame, state: State, inside: Container) -> None:
    """Start the child execution of the next item or batch."""
    index, value = inside.started, inside.items.pop()
    inside.started += 1
    inside.started_items += inside.item_counts[index]
    outer = turn.position.logs[frame.log].execution
    name = unique_id(turn.chance)
    label = state.spread.label
    machine = turn.position.machine["Id"].replace(":stateMachine:", ":execution:", 1)
    execution = {
        "Id": f"{machine}/{label or state.name}:{name}",
        "Input": value,
        "StartTime": written(turn.now),
        "Name": name,
        "RoleArn": outer.get("RoleArn", ""),
        "RedriveCount": 0,
    }
    turn.position.logs[name] = Log(execution)
    turn.record_in(name, "ExecutionStarted", {**given("input", text_of(value)), "roleArn": execution["RoleArn"]})
    child = turn.add_frame(frame, index, [*frame.place, state.name, 0], name, value)
    inside.running.append(child.id)


def child_ended(turn: Turn, child: Frame, inside: Container, output: Any) -> None:
    """A child execution has succeeded."""
    turn.record(child, "ExecutionSucceeded", given("output", text_of(output)))
    inside.succeeded_items += inside.item_counts[child.index]
    inside.results[child.index] = {"Status": "SUCCEEDED", "Output": output, **_named(turn, child)}
    del turn.position.logs[child.log]


def child_failed(turn: Turn, child: Frame, inside: Container, error: StateError) -> None:
    """A child execution has failed."""
    turn.record(child, "ExecutionFailed", {"error": error.name, "cause": error.cause})
    inside.failures += 1
    inside.failed_items += inside.item_counts[child.index]
    inside.results[child.index] = {
        "Status": "FAILED", "Error": error.name, "Cause": error.cause, **_named(turn, child),
    }  # fmt: skip
    del turn.position.logs[child.log]


def _named(turn: Turn, child: Frame) -> dict[str, Any]:
    execution = turn.position.logs[child.log].execution
    return {"ExecutionArn": execution["Id"], "Name": execution["Name"], "Input": execution["Input"]}


def go_on_or_fail(turn: Turn, frame: Frame, state: State, inside: Container) -> None:
    """Go on if so many failures are tolerated. Raises StateError if not."""
    if not _too_many(inside):
        turn.iterate(frame, state)
        return
    abort_frames(turn, [turn.position.frames[number] for number in inside.running])
    raise _run_failed(turn, frame, StateError(THRESHOLD, "The specified tolerated failure threshold was exceeded"))


def adjusted(turn: Turn, change: Adjust) -> None:
    """Apply UpdateMapRun, if the map run goes on."""
    frame = adjust(turn, change)
    if frame is not None:
        turn.attempt(frame, lambda: go_on_or_fail(turn, frame, turn.state(frame), frame.inside))


def _too_many(inside: Container) -> bool:
    if inside.tolerated_count is None and inside.tolerated_percentage is None:
        return inside.failed_items > 0
    by_count = inside.tolerated_count is not None and inside.failed_items > inside.tolerated_count
    share = 100 * inside.failed_items / max(inside.total, 1)
    return by_count or (inside.tolerated_percentage is not None and share > inside.tolerated_percentage)


def _run_failed(turn: Turn, frame: Frame, error: StateError) -> StateError:
    turn.record(frame, "MapRunFailed", {"error": error.name, "cause": error.cause})
    return error


def ended(turn: Turn, frame: Frame, state: State, inside: Container) -> None:
    """All children have ended: write the results, or hand them on."""
    writer = state.spread.writer
    if writer is None or not writer.resource:
        outputs = [result["Output"] for result in inside.results if result["Status"] == "SUCCEEDED"]
        _finish(turn, frame, state, inside, outputs)
        return
    scope = turn.scope(frame).on(inside.data)
    place = writer.arguments.render(scope, "ResultWriter/Arguments")
    arguments = {**place, "Files": written_results(place, inside.map_run or "", inside.results)}
    frame.phase, frame.call = "write", turn.call_name(frame)
    turn.effects.append(Call(frame.call, check_resource(writer.resource, express=False), arguments))


def _finish(turn: Turn, frame: Frame, state: State, inside: Container, result: Any) -> None:
    writer = state.spread.writer
    if writer is not None and writer.resource:
        result = {"MapRunArn": inside.map_run, "ResultWriterDetails": result}
    turn.record(frame, "MapRunSucceeded")
    tell(turn, inside, "SUCCEEDED")
    turn.record(frame, "MapStateSucceeded")
    frame.container = None
    turn.finish(frame, state, result)
