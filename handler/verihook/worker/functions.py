"""The workflows of the engine ``function``: each is a function that is loaded once, and called with a time limit."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import iscoroutinefunction
from pathlib import Path
from threading import Semaphore, Thread
from typing import Any

from verihook.config import definitions
from verihook.errors import ConfigurationError
from verihook.model.workflow import Workflow
from verihook.worker.current_instance import INSTANCE


@dataclass(frozen=True, slots=True)
class Context:
    """What a function gets beside its event.

    ``tries``: which try of this attempt it is, from 1. ``connection``: the name of the connection that the start chose,
    None if it chose none. ``event_type`` and ``headers``, with names in lower case: those of the delivery that started
    it. ``remaining_ms()``: how much of its time is left, in milliseconds; what the function returns after that time is
    ignored.
    """

    instance_id: str
    attempt: int
    tries: int
    workflow: str
    source: str | None
    event_id: str | None
    remaining_ms: Callable[[], int]
    connection: str | None = None
    event_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


#: ``run(event, context)``: the event is the parsed input; what it returns is the output.
Run = Callable[[Any, Context], object]


class OutOfTime(Exception):
    """The function did not return in its time."""


class Interrupted(Exception):
    """The process stops before the function has returned: it is to run again, and this was no try."""


class Exited(Exception):
    """The function ended its thread (``sys.exit``) in place of returning."""


class NotJson(Exception):
    """What the function returned in another process is not JSON; the message says why."""


class Functions:
    """The functions of a deployment, by definition."""

    def __init__(self, runs: Mapping[str, Run]) -> None:
        self._runs = dict(runs)
        self._idle: deque[_FunctionThread] = deque()
        self._busy: set[_FunctionThread] = set()
        self._interrupted = False

    @classmethod
    def load(cls, folder: Path, workflows: Mapping[str, Workflow]) -> Functions:
        """Load the functions that the workflows name. Raises ConfigurationError."""
        wanted = sorted({workflow.definition for workflow in workflows.values() if workflow.engine == "function"})
        return cls({definition: _checked(folder, definition) for definition in wanted})

    @property
    def runs(self) -> Mapping[str, Run]:
        """The functions by definition."""
        return self._runs

    def __contains__(self, definition: object) -> bool:
        return definition in self._runs

    def call(self, definition: str, event: object, context: Context, timeout_ms: int) -> object:
        """Return what the function returns. Raises OutOfTime, Exited, Interrupted, and all that the function raises.

        It runs in another thread. Python cannot end a thread, so a function that is out of time runs on, and its result
        is ignored.
        """
        run, outcome = self._runs[definition], _Outcome()

        def body() -> None:
            # Set for each call, as the thread runs other instances later.
            INSTANCE.set(context.instance_id)
            try:
                outcome.result = run(event, context)
            except Exception as error:  # noqa: BLE001  # all of them are raised to the caller
                outcome.error = error
            except BaseException as error:  # noqa: BLE001  # SystemExit: it is no result, and must end no more than the function
                outcome.error = Exited(f"The function raised {type(error).__name__}.")
                outcome.error.__cause__ = error
            outcome.complete = True

        # A thread that has done its work takes the next: to start a thread costs more than most functions.
        try:
            thread = self._idle.pop()
        except IndexError:
            thread = _FunctionThread()
        self._busy.add(thread)
        try:
            if self._interrupted:
                raise Interrupted("The process stops.")
            in_time = thread.run(body, max(timeout_ms, 1) / 1000)
        finally:
            self._busy.discard(thread)
        if not in_time:
            raise OutOfTime(f"The function did not return within {timeout_ms / 1000:g} seconds.")
        if not outcome.complete:
            raise Interrupted("The process stops.")
        self._idle.append(thread)
        if outcome.error is not None:
            raise outcome.error
        return outcome.result

    def interrupt(self) -> None:
        """Let every call that has not returned raise Interrupted, and every later call.

        The functions themselves run on: Python cannot end them, but the end of the process does.
        """
        self._interrupted = True
        for thread in list(self._busy):
            thread.release_caller()


class _Outcome:
    """The result or error of a call, once ``complete``."""

    complete = False
    result: object = None
    error: Exception | None = None


class _FunctionThread:
    """A thread that does one piece of work after another; the caller waits for each."""

    def __init__(self) -> None:
        self._work: Callable[[], None] | None = None
        self._called, self._done = Semaphore(0), Semaphore(0)
        Thread(target=self._run, name="function", daemon=True).start()

    def run(self, work: Callable[[], None], seconds: float) -> bool:
        """Do the work. Return whether it was done in time. If not, the thread is not to be used again: it then ends."""
        self._work = work
        self._called.release()
        if self._done.acquire(timeout=seconds):
            return True
        self._work = None
        self._called.release()
        return False

    def release_caller(self) -> None:
        """Let the caller of ``run`` go on as if the work were done. The thread is not to be used again."""
        self._done.release()

    def _run(self) -> None:
        while self._called.acquire() and (work := self._work) is not None:
            # Neither the event nor the result is kept while the thread waits.
            self._work = None
            work()
            del work
            self._done.release()


def _checked(folder: Path, definition: str) -> Run:
    run = definitions.load(folder, definition, "run")
    if not callable(run) or iscoroutinefunction(run):
        file = f"{folder.name}/{definition.replace('-', '_')}.py"
        raise ConfigurationError(file, "run", "must be a plain function: def run(event, context)")
    checked: Run = run
    return checked
