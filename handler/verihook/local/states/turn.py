"""One turn of an execution: :func:`step`. The rest of this file is what all types of states have in common."""

from __future__ import annotations

import random
from collections import ChainMap
from collections.abc import Callable
from typing import Any

from verihook.local.states import container, ending, failing, map_run, map_runs, plain_states, tasks
from verihook.local.states.context import context_object
from verihook.local.states.data import MAX_BYTES, text_of
from verihook.local.states.effects import (
    Adjust,
    Beat,
    Begin,
    Effect,
    Failed,
    Forget,
    Record,
    Redrive,
    Stimulus,
    Stop,
    Submitted,
    Succeeded,
)  # fmt: skip
from verihook.local.states.errors import DATA_LIMIT, RUNTIME, StateError, runtime, too_large
from verihook.local.states.history import ASIDE, MAX_EVENTS, event, given
from verihook.local.states.machine import Machine, State
from verihook.local.states.positions import Frame, Log, Position
from verihook.local.states.processing import assigned, output_of
from verihook.local.states.scope import Scope
from verihook.local.states.timestamps import written

#: So many states are entered in one turn; what is still ready then goes on with the next Tick, which is due at once.
MAX_ENTERED = 1000

_RUN: dict[str, Callable[[Turn, Frame, State], None]] = {
    "Pass": plain_states.run_pass,
    "Succeed": plain_states.run_succeed,
    "Fail": plain_states.run_fail,
    "Choice": plain_states.run_choice,
    "Wait": plain_states.run_wait,
    "Task": tasks.run_task,
    "Parallel": container.run_parallel,
    "Map": container.run_map,
}


def position_at_start(
    machine: Machine, execution: dict[str, str], names: dict[str, str], given_input: Any, seed: str, now: float
) -> Position:
    """Return where an execution stands before it begins.

    ``execution`` has Id, Name and RoleArn; ``names`` has Id and Name of the state machine, as the context shows them.
    """
    shown = {**execution, "Input": given_input, "StartTime": written(now)}
    if not machine.express:
        shown["RedriveCount"] = 0
    position = Position(machine=dict(names), logs={"": Log(shown)}, seed=seed)
    position.timeout = None if machine.timeout is None else now + machine.timeout
    return position


def step(machine: Machine, position: Position, stimulus: Stimulus, now: float, most: int = MAX_ENTERED) -> list[Effect]:
    """Return what has to be done next; the position is changed in place. ``most``: how many states may be entered.

    What comes too late (the answer of a call that is given up, anything after the end) has no effects.
    """
    if position.status != "RUNNING" and (position.left is None or not isinstance(stimulus, Redrive)):
        return []
    turn = Turn(machine, position, now)
    position.turns += 1
    events = {name: log.events for name, log in position.logs.items()}
    try:
        turn.take(stimulus)
        turn.go_on(most)
        map_runs.tell_all(turn)
    except Exception as error:  # noqa: BLE001  # a fault of ours ends the execution, which would else hang for ever
        turn.effects.clear()
        for name, count in events.items():
            position.logs[name].events = count
        turn.end("FAILED", error=RUNTIME, cause=f"The evaluator failed: {type(error).__name__}: {error}"[:1000])
    return turn.effects


class Turn:
    """The machine, the position, the time, and what has been found to do."""

    def __init__(self, machine: Machine, position: Position, now: float) -> None:
        self.machine = machine
        self.position = position
        self.now = now
        self.effects: list[Effect] = []
        self.chance = random.Random(f"{position.seed}:{position.turns}")  # noqa: S311  # a runner can repeat the turn

    def take(self, stimulus: Stimulus) -> None:
        """Apply what happened."""
        if isinstance(stimulus, Begin):
            self._begin()
        elif isinstance(stimulus, Redrive):
            ending.redrive(self)
        elif isinstance(stimulus, Stop):
            self.end("ABORTED", error=stimulus.error, cause=stimulus.cause)
        elif isinstance(stimulus, Adjust):
            map_run.adjusted(self, stimulus)
        elif isinstance(stimulus, Submitted | Succeeded | Failed | Beat):
            frame = self.position.called(stimulus.call)
            if frame is not None:
                self._answered(frame, stimulus)
        if self.position.status == "RUNNING":
            self._pass_time()

    def _begin(self) -> None:
        first = self.position.logs[""].execution
        self.record_in("", "ExecutionStarted", {**given("input", text_of(first["Input"])), "roleArn": first["RoleArn"]})
        self.add_frame(None, 0, [], "", first["Input"])

    def _answered(self, frame: Frame, stimulus: Submitted | Succeeded | Failed | Beat) -> None:
        state = self.state(frame)
        if isinstance(stimulus, Beat):
            tasks.beat(self, frame)
        elif state.kind == "Map":
            self.attempt(frame, lambda: map_run.answered(self, frame, state, stimulus))
        elif isinstance(stimulus, Submitted):
            tasks.submitted(self, frame, state, stimulus.output)
        elif isinstance(stimulus, Succeeded):
            self.attempt(frame, lambda: tasks.succeeded(self, frame, state, stimulus.output))
        else:
            self.attempt(frame, lambda: tasks.failed(self, frame, state, stimulus.error, stimulus.cause))

    def _pass_time(self) -> None:
        if self.position.timeout is not None and self.position.timeout <= self.now:
            self.end("TIMED_OUT")
            return
        times = ((frame.due(), frame.id) for frame in self.position.frames.values())
        due = sorted((time, number) for time, number in times if time is not None and time <= self.now)
        late: list[tuple[Frame, StateError]] = []
        for _, number in due:
            frame = self.position.frames[number]
            if frame.phase == "call":
                late.append((frame, tasks.time_out(self, frame, self.state(frame))))
        for _, number in due:
            woken = self.position.frames.get(number)
            if woken is not None and woken.phase in {"wait", "retry"}:
                self._wake(woken)
        for frame, error in late:
            if frame.id in self.position.frames:
                self.fail(frame, error)

    def _wake(self, frame: Frame) -> None:
        state = self.state(frame)
        if frame.phase == "wait":
            self.attempt(frame, lambda: plain_states.wake(self, frame, state))
        else:
            frame.rest()
            self.attempt(frame, lambda: _RUN[state.kind](self, frame, state))

    def go_on(self, most: int) -> None:
        """Enter what is ready, up to what one turn may enter."""
        entered = 0
        while entered < most and self.position.ready and self.position.status == "RUNNING":
            entered += 1
            frame = self.position.frames.get(self.position.ready.pop(0))
            if frame is not None:
                self._enter(frame)

    def _enter(self, frame: Frame) -> None:
        state = self.state(frame)
        if self.position.logs[frame.log].events >= MAX_EVENTS - 1 and not self.machine.express:
            cause = f"The execution reached the maximum number of history events ({MAX_EVENTS})."
            self.give_up(frame, StateError(RUNTIME, cause))
            return
        frame.rest()
        frame.entered, frame.retry_count, frame.retries = self.now, 0, [0] * len(state.retriers)
        details = {"name": state.name, **given("input", text_of(frame.input))}
        frame.entered_event = self.record(frame, f"{state.kind}StateEntered", details)
        self.attempt(frame, lambda: _RUN[state.kind](self, frame, state))

    def state(self, frame: Frame) -> State:
        """Return the state in which the frame is."""
        return self.machine.flow_at(frame.place).states[frame.state]

    def add_frame(
        self,
        parent: Frame | None,
        index: int,
        place: list[Any],
        log: str,
        given_input: Any,
        item: dict[str, Any] | None = None,
    ) -> Frame:
        """Return a new frame at the start of a flow, which is entered later in this turn."""
        self.position.frames_made += 1
        number = self.position.frames_made
        start = self.machine.flow_at(place).start
        frame = Frame(number, None if parent is None else parent.id, index, place, log, start, given_input, item=item)
        if parent is not None and log == parent.log:
            frame.previous = parent.previous
        self.position.frames[number] = frame
        self.position.ready.append(number)
        return frame

    def call_name(self, frame: Frame) -> str:
        """Return a new name for a call of the frame's."""
        self.position.calls_made += 1
        return f"{frame.id}.{self.position.calls_made}"

    def scope(self, frame: Frame, item: dict[str, Any] | None = None) -> Scope:
        """Return what the frame's expressions see; ``item`` is the one that an ItemSelector is for."""
        chain, inside = [frame.variables], frame
        while inside.parent is not None:
            outer = self.position.frames[inside.parent]
            if outer.log != inside.log:  # a child execution of a distributed Map has variables of its own
                break
            chain.append(outer.variables)
            inside = outer
        context = context_object(self.position, frame, self.state(frame), item)
        return Scope(frame.input, lambda: context, ChainMap(*chain), {"input": frame.input}, self.now, self.chance)

    def record(self, frame: Frame, kind: str, details: dict[str, Any] | None = None) -> int:
        """Add an event to the frame's history, and return its number."""
        number = self.record_in(frame.log, kind, details, frame.previous, frame.state)
        frame.previous = frame.previous if kind.endswith(ASIDE) else number
        return number

    def record_in(self, log: str, kind: str, details: dict[str, Any] | None, previous: int = 0, state: str = "") -> int:
        """Add an event to a history, and return its number."""
        number = self.position.logs[log].events = self.position.logs[log].events + 1
        self.effects.append(Record(log, event(number, kind, self.now, previous, details), state))
        return number

    def finish(self, frame: Frame, state: State, result: Any) -> None:
        """The state has a result. Raises StateError if what comes of it cannot be made."""
        scope = self.scope(frame)
        seen = scope.on(frame.input, result=result) if state.kind in {"Task", "Map", "Parallel"} else scope
        variables = assigned(state.of.get("Assign"), seen if state.jsonata else scope.on(result))
        self.leave(frame, state, output_of(state, seen, result), state.next, variables)

    def leave(self, frame: Frame, state: State, output: Any, target: str | None, variables: dict[str, Any]) -> None:
        """Leave the state with an output, for another one or the end of the flow. Raises StateError."""
        text = text_of(output)
        if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
            raise StateError(DATA_LIMIT, too_large(state.name))
        frame.rest()
        frame.variables.update(variables)
        named = {name: text_of(value) for name, value in variables.items()} or None
        details = {"name": state.name, **given("output", text), "assignedVariables": named}
        self.record(frame, f"{state.kind}StateExited", details)
        if target is None:
            self._flow_ended(frame, output)
        else:
            frame.state, frame.input = target, output
            self.position.ready.append(frame.id)

    def iterate(self, frame: Frame, state: State) -> None:
        """Go on with the iterations of a Map. Raises StateError."""
        container.go_on(self, frame, state)

    def _flow_ended(self, frame: Frame, output: Any) -> None:
        if frame.parent is None:
            self.end("SUCCEEDED", output=output)
        else:
            container.branch_ended(self, frame, output)

    # ------------------------------------------------------------------------------------------------ what goes wrong

    def attempt(self, frame: Frame, work: Callable[[], None]) -> None:
        """Do the work; a StateError is the frame's."""
        try:
            work()
        except StateError as error:
            self.fail(frame, error)
        except RecursionError:
            self.fail(frame, runtime("The data is nested too deep"))
        except (ValueError, OverflowError) as error:  # a sum that is infinite, say
            self.fail(frame, runtime(f"The data is no JSON: {error}"))

    def fail(self, frame: Frame, error: StateError) -> None:
        """The frame's state has failed: retry it, catch the error, or give up."""
        failing.fail(self, frame, error)

    def give_up(self, frame: Frame, error: StateError) -> None:
        """Nothing takes the error: the frame's flow fails."""
        if frame.parent is None:
            self.end("FAILED", error=error.name, cause=error.cause)
        else:
            container.branch_failed(self, frame, error)

    def forget(self, frame: Frame) -> None:
        """Say that a call of the frame's is no longer wanted."""
        if frame.call is not None:
            self.effects.append(Forget(frame.call))

    def end(self, status: str, output: Any = None, error: str | None = None, cause: str | None = None) -> None:
        """End the execution. What runs in it is aborted."""
        ending.end(self, status, output, error, cause)
