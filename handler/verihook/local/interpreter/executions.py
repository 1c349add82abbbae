"""Runs executions, one thread each, and writes their ends into the journal.

The end is noticed where the interpreter returns, in the execution's own thread: nothing polls. The first end that is
written into the journal counts; a StopExecution and a last state that finish together give one end.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from verihook.local.interpreter import history
from verihook.local.interpreter.definition import Definition
from verihook.local.interpreter.environment import (
    details_of,
    end_of,
    environment_of,
    halt,
    now_ms,
    release,
    status_change,
)
from verihook.local.interpreter.failures import say
from verihook.local.interpreter.journal import End, Entry, Journal
from verihook.local.interpreter.marks import Marks
from verihook.local.interpreter.mends import forget_threads
from verihook.local.interpreter.unsaved import when_it_can
from verihook.local.interpreter.validation import ApiError
from verihook.local.interpreter.waits import Waits

if TYPE_CHECKING:
    from moto.stepfunctions.parser.asl.eval.environment import Environment

_log = logging.getLogger(__name__)

#: Called with what EventBridge sends as the detail of "Step Functions Execution Status Change".
OnEnd = Callable[[dict[str, Any]], None]


class Executions:
    """The running executions of this process, and how to start and stop one. Safe to use from any thread."""

    def __init__(self, journal: Journal, on_end: OnEnd | None) -> None:
        self._journal = journal
        self._on_end = on_end
        self._lock = threading.Lock()
        self._running: dict[tuple[str, str], Environment] = {}
        self._held = threading.Event()
        self._closed = False

    def run(self, entry: Entry, definition: Definition, *, again: bool = False) -> bool:
        """Run an accepted execution; return False if this process runs it already.

        ``again``: from its last mark, after a crash or for a redrive. Raises ApiError 503 if no thread can be
        started; then nothing was.
        """
        environment = environment_of(entry)
        with self._lock:
            if self._closed or (entry.machine, entry.name) in self._running:
                return False
            self._running[entry.machine, entry.name] = environment
        try:
            marks = self._begin(entry, definition, environment, again)
            thread = threading.Thread(
                target=self._execute,
                args=(entry, definition, environment, marks),
                name=f"execution {entry.name}",
                daemon=True,
            )
            thread.start()
        except RuntimeError as error:
            self._forget(entry)
            raise ApiError("ServiceUnavailable", "There are too many running executions", 503) from error
        return True

    def run_express(self, entry: Entry, definition: Definition) -> End:
        """Run it in this thread to its end; the journal knows nothing of it."""
        environment: Any = environment_of(entry, express=True)
        environment.marks = Marks(None, entry, definition, self._held)
        history.begin(environment, entry.input)
        key = (entry.machine, f"{id(environment)}")
        with self._lock:
            self._refuse_held()
            self._running[key] = environment
        try:
            end = end_of(environment, _evaluate(definition, environment))
            if end.status in ("FAILED", "TIMED_OUT"):
                say(entry.name, f"{entry.machine} {end.status.lower()}", end.error, end.cause)
            return end
        finally:
            with self._lock:
                self._running.pop(key, None)
            release(environment)
            forget_threads()

    def start_express(self, entry: Entry, definition: Definition) -> None:
        """Run it in a thread of its own; its end is not reported. Raises ApiError 503 if nothing begins any more."""
        self._refuse_held()

        def run() -> None:
            with suppress(ApiError):
                self.run_express(entry, definition)

        threading.Thread(target=run, name=entry.name, daemon=True).start()

    def stop(self, entry: Entry, error: str | None, cause: str | None) -> None:
        """End it as ABORTED now; its thread comes to its end by itself."""
        environment: Any = self.environment(entry)
        if environment:
            events, mark = history.of(environment), environment.marks.latest
        else:
            mark, chapters = self._journal.marked(entry.machine, entry.name)
            events = [event for chapter in chapters for event in history.unpack(chapter)]
        self._finish(entry, End("ABORTED", now_ms(), None, error, cause, mark=mark), events)
        if environment:
            halt(environment, error, cause)
        self._forget(entry)

    def environment(self, entry: Entry) -> Environment | None:
        """Moto's environment of a running execution."""
        with self._lock:
            return self._running.get((entry.machine, entry.name))

    def environments(self) -> list[Environment]:
        """Those of all running executions, for a task token is good for any of them."""
        with self._lock:
            return list(self._running.values())

    def hold(self) -> None:
        """Let each stop before its next state that has effects or waits: the journal has what went before."""
        self._held.set()

    def busy(self) -> list[str]:
        """Return the names of the executions that are in a call, and of the express ones."""
        with self._lock:
            found = [getattr(environment, "marks", None) for environment in self._running.values()]
        return sorted(marks.name for marks in found if marks is not None and marks.busy)

    def close(self) -> None:
        """Let the threads end without a word in the journal: a later process runs their executions again."""
        self._held.set()
        with self._lock:
            self._closed = True
            environments = list(self._running.values())
        for environment in environments:
            halt(environment)

    def _begin(self, entry: Entry, definition: Definition, environment: Any, again: bool) -> Marks:
        marks = Marks(self._journal, entry, definition, self._held)
        mark, chapters = self._journal.marked(entry.machine, entry.name) if again else (None, [])
        if not chapters:
            history.begin(environment, entry.input)
        if chapters:
            marks.go_on(environment, mark, chapters, definition.states)
        waits = Waits(self._journal, entry, self._held, partial(marks.park, environment))
        if again:
            waits.go_on()
        environment.marks, environment.callback_pool_manager.waits = marks, waits
        return marks

    def _execute(self, entry: Entry, definition: Definition, environment: Environment, marks: Marks) -> None:
        try:
            end = end_of(environment, _evaluate(definition, environment))
            if marks.parked:
                return
            if end.status != "SUCCEEDED":
                end = replace(end, mark=marks.latest)
            finish = partial(self._finish, entry, end, history.of(environment))
            when_it_can(finish, self._held, self._journal.path)
        except sqlite3.Error:
            if not self._closed:
                _log.exception("the end of execution %s could not be written; a restart runs it again", entry.name)
        finally:
            self._forget(entry, environment)
            release(environment)
            forget_threads()

    def _refuse_held(self) -> None:
        if self._held.is_set():
            raise ApiError("ServiceUnavailable", "The interpreter is closing", 503)

    def _finish(self, entry: Entry, end: End, events: list[dict[str, Any]]) -> None:
        if self._closed:
            return
        packed = history.pack(history.closed(events, end.status, end.stopped_at, details_of(end)))
        ended = self._journal.end(entry.machine, entry.name, replace(end, history=packed), entry.redrives)
        if ended and self._on_end:
            try:
                self._on_end(status_change(entry, end))
            except Exception:  # noqa: BLE001  # the end stands, whatever the listener does
                _log.exception("the end of execution %s could not be reported", entry.name)

    def _forget(self, entry: Entry, environment: Environment | None = None) -> None:
        """A thread forgets its own environment only: a redrive may have begun since."""
        with self._lock:
            key = (entry.machine, entry.name)
            if environment is None or self._running.get(key) is environment:
                self._running.pop(key, None)


def _evaluate(definition: Definition, environment: Environment) -> Exception | None:
    try:
        definition.program.eval(environment)
    except Exception as error:  # noqa: BLE001  # it refuses to begin where it was stopped before; else moto is broken
        return error
    return None
