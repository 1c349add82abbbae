"""The workflows of the engine ``function``: loaded once, called within a time."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from inspect import iscoroutinefunction
from pathlib import Path
from threading import Semaphore, Thread
from typing import Any

from verihook.config import definitions
from verihook.errors import ConfigurationError
from verihook.model.workflow import Workflow
from verihook.worker.running import INSTANCE


@dataclass(frozen=True, slots=True)
class Context:
    """What a function is told beside its event.

    ``tries``: which try of this attempt it is, from 1. ``connection``: the name of the one that the start chose, None
    for none. ``remaining_ms()``: how long it may go on, in milliseconds;
    what it gives after that is thrown away.
    """

    instance_id: str
    attempt: int
    tries: int
    workflow: str
    source: str | None
    event_id: str | None
    remaining_ms: Callable[[], int]
    connection: str | None = None


#: ``run(event, context)``: the event is the parsed input; what it returns is the output.
Run = Callable[[Any, Context], object]


class OutOfTime(Exception):
    """The function did not return in its time."""


class Interrupted(Exception):
    """The process stops before the function has returned: it is to run again, and this was no try."""


class Exited(Exception):
    """The function ended its thread (``sys.exit``) in place of returning."""


class Functions:
    """The functions of a deployment, by definition."""

    def __init__(self, runs: Mapping[str, Run]) -> None:
        self._runs = dict(runs)
        self._idle: deque[_FunctionThread] = deque()
        self._busy: set[_FunctionThread] = set()
        self._interrupted = False

    @classmethod
    def load(cls, folder: Path, workflows: Mapping[str, Workflow]) -> Functions:
        """Load those that the workflows name. Raises ConfigurationError."""
        wanted = sorted({workflow.definition for workflow in workflows.values() if workflow.engine == "function"})
        return cls({definition: _checked(folder, definition) for definition in wanted})

    def __contains__(self, definition: object) -> bool:
        return definition in self._runs

    def call(self, definition: str, event: object, context: Context, timeout_ms: int) -> object:
        """What the function returns. Raises OutOfTime, Exited, Interrupted, and whatever the function raises.

        It runs in a thread beside: Python cannot end one, so a function that is out of time is left to itself and
        nobody looks at what it gives.
        """
        run, outcome = self._runs[definition], _Outcome()

        def body() -> None:
            # The thread does another's work later.
            INSTANCE.set(context.instance_id)
            try:
                outcome.result = run(event, context)
            except Exception as error:  # noqa: BLE001  # whatever it is, it goes to who called
                outcome.error = error
            except BaseException as error:  # noqa: BLE001  # SystemExit: it must neither pass for a result nor end more
                outcome.error = Exited(f"The function raised {type(error).__name__}.")
                outcome.error.__cause__ = error
            outcome.complete = True

        # A thread that has done its work takes the next: to make one costs more than most functions.
        try:
            beside = self._idle.pop()
        except IndexError:
            beside = _FunctionThread()
        self._busy.add(beside)
        try:
            if self._interrupted:
                raise Interrupted("The process stops.")
            in_time = beside.run(body, max(timeout_ms, 1) / 1000)
        finally:
            self._busy.discard(beside)
        if not in_time:
            raise OutOfTime(f"The function did not return within {timeout_ms / 1000:g} seconds.")
        if not outcome.complete:
            raise Interrupted("The process stops.")
        self._idle.append(beside)
        if outcome.error is not None:
            raise outcome.error
        return outcome.result

    def interrupt(self) -> None:
        """Every call that has not returned raises Interrupted, and so does every later one.

        The functions themselves run on: Python cannot end them, but the end of the process does.
        """
        self._interrupted = True
        for beside in list(self._busy):
            beside.leave()


class _Outcome:
    """What a call came to; ``complete`` once it has come to anything."""

    complete = False
    result: object = None
    error: Exception | None = None


class _FunctionThread:
    """A thread that does one thing after the other, for whoever waits for it."""

    def __init__(self) -> None:
        self._work: Callable[[], None] | None = None
        self._called, self._done = Semaphore(0), Semaphore(0)
        Thread(target=self._run, name="function", daemon=True).start()

    def run(self, work: Callable[[], None], seconds: float) -> bool:
        """Whether it was done in time. One that was not is to be used no more: it ends when its work does."""
        self._work = work
        self._called.release()
        if self._done.acquire(timeout=seconds):
            return True
        self._work = None
        self._called.release()
        return False

    def leave(self) -> None:
        """Let the caller of ``run`` go on as if it were done. It is to be used no more."""
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
