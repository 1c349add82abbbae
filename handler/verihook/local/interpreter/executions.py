"""Runs executions, one thread each, and writes their ends into the journal.

The end is noticed where the interpreter returns, in the execution's own thread: nothing polls. Whoever writes the end
into the journal first has ended it; a StopExecution and a last state that finish together give one end.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from verihook.local.interpreter import history
from verihook.local.interpreter.arns import ACCOUNT, ARN_PREFIX, REGION, ROLE, execution_arn
from verihook.local.interpreter.definition import Definition
from verihook.local.interpreter.journal import End, Entry, Journal
from verihook.local.interpreter.mends import forget_threads
from verihook.local.interpreter.validation import ApiError

if TYPE_CHECKING:
    from moto.stepfunctions.parser.asl.eval.environment import Environment

_log = logging.getLogger(__name__)

#: Called with what EventBridge sends as the detail of "Step Functions Execution Status Change".
OnEnd = Callable[[dict[str, Any]], None]


def _now() -> datetime:
    return datetime.now(UTC)


def now_ms() -> int:
    """Milliseconds since the epoch, UTC."""
    return time.time_ns() // 1_000_000


class Executions:
    """The running executions of this process, and how to start and stop one. Safe to use from any thread."""

    def __init__(self, journal: Journal, on_end: OnEnd | None) -> None:
        self._journal = journal
        self._on_end = on_end
        self._lock = threading.Lock()
        self._running: dict[tuple[str, str], Environment] = {}
        self._closed = False

    def run(self, entry: Entry, definition: Definition) -> bool:
        """Run an accepted execution; False where this process runs it already.

        ApiError 503 where no thread can be had: then nothing was started.
        """
        environment = _environment(entry)
        with self._lock:
            if self._closed or (entry.machine, entry.name) in self._running:
                return False
            self._running[entry.machine, entry.name] = environment
        thread = threading.Thread(
            target=self._execute, args=(entry, definition, environment), name=f"execution {entry.name}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            self._forget(entry)
            raise ApiError("ServiceUnavailable", "There are too many running executions", 503) from error
        return True

    def stop(self, entry: Entry, error: str | None, cause: str | None) -> None:
        """End it as ABORTED now; its thread comes to its end by itself."""
        environment = self.environment(entry)
        events = history.of(environment) if environment else []
        details = {key: value for key, value in (("error", error), ("cause", cause)) if value is not None}
        self._finish(entry, End("ABORTED", now_ms(), None, error, cause), events, details)
        if environment:
            environment.set_stop(stop_date=_now(), error=error, cause=cause)
        self._forget(entry)

    def environment(self, entry: Entry) -> Environment | None:
        """Moto's environment of a running execution."""
        with self._lock:
            return self._running.get((entry.machine, entry.name))

    def environments(self) -> list[Environment]:
        """Those of all running executions, for a task token is good for any of them."""
        with self._lock:
            return list(self._running.values())

    def close(self) -> None:
        """Let the threads end without a word in the journal: a later process runs their executions again."""
        with self._lock:
            self._closed = True
            environments = list(self._running.values())
        for environment in environments:
            environment.set_stop(stop_date=_now(), error=None, cause=None)

    def _execute(self, entry: Entry, definition: Definition, environment: Environment) -> None:
        failure: Exception | None = None
        try:
            definition.program.eval(environment)
        except Exception as error:  # noqa: BLE001  # it refuses to begin where it was stopped before; else moto is broken
            failure = error
        try:
            end = _end_of(environment, failure)
            self._finish(entry, end, history.of(environment), _details_of(end))
        except sqlite3.Error:
            if not self._closed:
                _log.exception("the end of execution %s could not be written; a restart runs it again", entry.name)
        finally:
            self._forget(entry)
            forget_threads()

    def _finish(self, entry: Entry, end: End, events: list[dict[str, Any]], details: dict[str, Any]) -> None:
        if self._closed:
            return
        packed = history.pack(history.closed(events, end.status, end.stopped_at, details))
        ended = self._journal.end(
            entry.machine,
            entry.name,
            End(end.status, end.stopped_at, end.output, end.error, end.cause, packed),
        )
        if ended and self._on_end:
            try:
                self._on_end(_status_change(entry, end))
            except Exception:  # noqa: BLE001  # the end stands, whatever the listener does
                _log.exception("nobody was told of the end of execution %s", entry.name)

    def _forget(self, entry: Entry) -> None:
        with self._lock:
            self._running.pop((entry.machine, entry.name), None)


def _environment(entry: Entry) -> Environment:
    from moto.stepfunctions.parser.api import StateMachineType
    from moto.stepfunctions.parser.asl.eval.environment import Environment
    from moto.stepfunctions.parser.asl.eval.evaluation_details import AWSExecutionDetails
    from moto.stepfunctions.parser.asl.eval.event.event_manager import EventHistoryContext

    context: Any = {
        "Execution": {
            "Id": execution_arn(entry.machine, entry.name),
            "Input": json.loads(entry.input),
            "Name": entry.name,
            "RoleArn": ROLE,
            "StartTime": history.iso(entry.started_at),
        },
        "StateMachine": {"Id": ARN_PREFIX + entry.machine, "Name": entry.machine},
    }
    environment = Environment(
        aws_execution_details=AWSExecutionDetails(account=ACCOUNT, region=REGION, role_arn=ROLE),
        execution_type=StateMachineType.STANDARD,
        context=context,
        event_history_context=EventHistoryContext.of_program_start(),
        cloud_watch_logging_session=None,
        activity_store={},
    )
    # It counts as running from here on, so that a stop that comes before the first state is seen.
    environment.next_state_name = ""
    history.begin(environment, entry.input)
    return environment


def _end_of(environment: Environment, failure: Exception | None) -> End:
    """What became of the program."""
    from moto.stepfunctions.parser.asl.eval.program_state import (
        ProgramEnded,
        ProgramError,
        ProgramStopped,
        ProgramTimedOut,
    )

    state = environment.program_state()
    at = now_ms()
    if isinstance(state, ProgramEnded):
        try:
            output = json.dumps(environment.states.get_input(), separators=(",", ":"), allow_nan=False)
        except ValueError as error:
            return End("FAILED", at, None, "States.Runtime", f"The output is not JSON: {error}")
        return End("SUCCEEDED", at, output)
    if isinstance(state, ProgramError):
        details: Any = state.error or {}
        return End("FAILED", at, None, details.get("error"), details.get("cause"))
    if isinstance(state, ProgramTimedOut):
        return End("TIMED_OUT", at)
    if isinstance(state, ProgramStopped):
        return End("ABORTED", at, None, state.error, state.cause)
    return End("FAILED", at, None, "States.Runtime", f"The interpreter failed: {failure}")


def _details_of(end: End) -> dict[str, Any]:
    details = {"output": end.output, "error": end.error, "cause": end.cause}
    return {key: value for key, value in details.items() if value is not None}


def _status_change(entry: Entry, end: End) -> dict[str, Any]:
    """What EventBridge would send.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    return {
        "executionArn": execution_arn(entry.machine, entry.name),
        "stateMachineArn": ARN_PREFIX + entry.machine,
        "name": entry.name,
        "status": end.status,
        "startDate": entry.started_at,
        "stopDate": end.stopped_at,
        "input": entry.input,
        "inputDetails": {"included": True},
        "output": end.output,
        "outputDetails": {"included": True} if end.output is not None else None,
        "error": end.error,
        "cause": end.cause,
    }
