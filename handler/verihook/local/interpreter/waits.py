"""Tasks that wait for a token: the token and its answer outlive this process.

A task's token is in the journal before the task is called, and the answer to it before the answer is confirmed. A
later process goes on from the last mark: a wait that it comes upon again, at the same place, has the token that it had.
If that is answered, the task is not called again and goes on with the answer; else it is called with the same token. In
a Map or a Parallel, and in the tries of one task, all waits since the mark are passed through again in this way.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from verihook.local.interpreter.unsaved import when_it_can
from verihook.strict_json import parse_kept

if TYPE_CHECKING:
    from moto.stepfunctions.parser.asl.eval.callback.callback import CallbackEndpoint, CallbackOutcome

    from verihook.local.interpreter.journal import Entry, Journal

T = TypeVar("T")

#: The answer that a wait gives itself when its time is over.
TIMED_OUT = "{}"


class Waits:
    """The waits of one execution, with its callback pool (``pool.waits``). Safe to use from any thread.

    ``park``: leaves the execution to a later process.
    """

    def __init__(self, journal: Journal, entry: Entry, held: threading.Event, park: Callable[[], None]) -> None:
        self._journal = journal
        self._entry = entry
        self._held = held
        self._park = park
        self._lock = threading.Lock()
        self._former: dict[str, list[str]] = {}

    def go_on(self) -> None:
        """Take up the tokens that a former process gave out since the last mark."""
        for place, token in self._journal.waits(self._entry):
            self._former.setdefault(place, []).append(token)

    def forget(self) -> None:
        """A mark has been written: no former wait is come upon again."""
        with self._lock:
            self._former.clear()

    def former(self, place: str) -> str | None:
        """Return the token that the wait at this place had in a former process, once; None for a new wait."""
        with self._lock:
            tokens = self._former.get(place)
            return tokens.pop(0) if tokens else None

    def begin(self, endpoint: CallbackEndpoint, place: str, former: bool) -> None:
        """The wait can be answered from now on, or has been already. It must be in the pool before."""
        token = endpoint.callback_id
        if not former:
            self._write(lambda: self._journal.open_wait(self._entry, token, place))
            return
        answer = self._journal.answer_to(token)
        if answer is not None:
            endpoint.notify(outcome_of(token, answer))

    def answered_meanwhile(self, endpoint: Any, error: Exception) -> bool:
        """End a wait that has failed; return True if an answer was confirmed before, with which it has to go on.

        The journal decides between an answer and the end of the time, so that none is confirmed and then not used.
        """
        token = endpoint.callback_id
        if isinstance(error, TimeoutError):
            closed = self._write(lambda: self._journal.answer(token, TIMED_OUT))
        elif endpoint.taken:
            return False
        else:
            closed = self._write(lambda: self._journal.close_wait(token))
        answer = None if closed else self._journal.answer_to(token)
        if answer is None or answer == TIMED_OUT:
            return False
        endpoint.notify(outcome_of(token, answer))
        return True

    def _write(self, write: Callable[[], T]) -> T:
        try:
            return when_it_can(write, self._held, self._journal.path)
        except sqlite3.Error:
            self._park()
            raise


def outcome_of(token: str, answer: str) -> CallbackOutcome:
    """What moto makes of an answer in the journal: ``{"output": JSON text}``, ``{"error", "cause"}`` or TIMED_OUT."""
    from moto.stepfunctions.parser.asl.eval.callback import callback

    given = parse_kept(answer, "The answer to a task", dict)
    if "output" in given:
        return callback.CallbackOutcomeSuccess(token, given["output"])
    if "error" in given:
        return callback.CallbackOutcomeFailure(token, given["error"], given["cause"])
    return callback.CallbackOutcomeTimedOut(token)


def placed(make: Any) -> Any:
    """Environment.as_inner_frame_of: what is inside a state knows its place, the states and items that it is in."""

    def as_inner_frame_of(cls: Any, env: Any, *given: Any, **named: Any) -> Any:
        frame = make(cls, env, *given, **named)
        frame.place = [*_scope(env), env.states.context_object.context_object_data.get("State", {}).get("Name")]
        return frame

    return classmethod(as_inner_frame_of)


def _scope(env: Any) -> list[Any]:
    """The states and items that an environment is in; that of the machine itself is in none."""
    if not env.is_frame():
        return []
    item = env.states.context_object.context_object_data.get("Map")
    return [*env.place, item["Item"]["Index"]] if item else env.place


def try_with_token(self: Any, env: Any) -> None:
    """ExecutionState._evaluate_with_timeout with a task token of its own."""
    from moto.stepfunctions.parser.asl.component.state.exec.execute_state import ExecutionState
    from moto.stepfunctions.parser.utils import long_uid

    if not self._is_integration_pattern():
        ExecutionState._evaluate_with_timeout(self, env)
        return
    self._assert_integration_pattern_is_supported()
    pool, place = env.callback_pool_manager, json.dumps([*_scope(env), self.name])
    waits: Waits | None = getattr(pool, "waits", None) if self.resource.condition == "waitForTaskToken" else None
    former = waits and waits.former(place)
    token = former or long_uid()
    env.states.context_object.context_object_data["Task"] = {"Token": token}
    endpoint = pool.add(token)
    endpoint.env, endpoint.taken = env, False
    try:
        if waits is not None:
            waits.begin(endpoint, place, former is not None)
        try:
            ExecutionState._evaluate_with_timeout(self, env)
        except Exception as error:
            # What is stopped, or left to a later process, has no end of its own.
            if waits is None or not env.is_running() or not waits.answered_meanwhile(endpoint, error):
                raise
            ExecutionState._evaluate_with_timeout(self, env)
    finally:
        pool._pool.pop(token, None)
        endpoint.interrupt_all()
        env.states.context_object.context_object_data.pop("Task", None)


def call_unless_answered(self: Any, env: Any) -> None:
    """StateTaskService._eval_execution, without the call if its token has been answered before."""
    from moto.stepfunctions.parser.asl.component.state.exec.state_task.service import state_task_service

    endpoint = _endpoint(env)
    if endpoint is None or endpoint.get_outcome() is None:
        state_task_service.StateTaskService._eval_execution(self, env)
        return
    self.resource.eval(env=env)
    given: dict[str, Any] = {"env": env, "resource_runtime_part": env.stack.pop()}
    parameters = self._eval_parameters(env=env)
    given["state_credentials"] = self._eval_state_credentials(env=env)
    self._before_eval_execution(raw_parameters=parameters, **given)
    self._normalise_parameters(parameters)
    # What the call itself answered is in the history of the process that made it alone.
    env.stack.append({})
    self._after_eval_execution(normalised_parameters=parameters, **given)


def _endpoint(env: Any) -> Any:
    task = env.states.context_object.context_object_data.get("Task")
    return env.callback_pool_manager.get(task["Token"]) if task else None


def take_answer(wait: Any) -> Any:
    """StateTaskServiceCallback._eval_wait_for_task_token, which misses an answer that came before its heartbeats."""

    def taken(self: Any, env: Any, timeout_seconds: Any, callback_endpoint: Any, heartbeat_endpoint: Any) -> Any:
        outcome = callback_endpoint.get_outcome()
        if outcome is None:
            outcome = wait(self, env, timeout_seconds, callback_endpoint, heartbeat_endpoint)
        callback_endpoint.taken = True
        return outcome

    return taken
