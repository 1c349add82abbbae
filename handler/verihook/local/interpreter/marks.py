"""Where an execution stands: the state it has entered, that state's input, and the variables.

A mark is taken at every state of the machine itself, and written into the journal before each that has effects or
waits. A later process goes on there after a crash, and a redrive where the execution failed. What is inside a Map or a
Parallel has no mark of its own: the whole state is run again.
"""

from __future__ import annotations

import json
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

from verihook.local.interpreter import history
from verihook.local.interpreter.environment import halt
from verihook.local.interpreter.unsaved import when_it_can
from verihook.strict_json import parse_kept

if TYPE_CHECKING:
    from moto.stepfunctions.parser.asl.eval.environment import Environment

    from verihook.local.interpreter.definition import Definition
    from verihook.local.interpreter.journal import Entry, Journal


class Marks:
    """The marks of one execution. mends.py calls :meth:`enter`; ``start`` is the state to begin with, None for StartAt.

    ``began_at``: when this run began, in milliseconds since the epoch; the machine's TimeoutSeconds counts from there.
    ``parked``: whether it has been left where it stands, for a later process.
    """

    def __init__(self, journal: Journal | None, entry: Entry, definition: Definition, held: threading.Event) -> None:
        """``journal``: None for an express execution, which is never resumed. ``held``: whether it is to stop."""
        self._journal = journal
        self._entry = entry
        self._definition = definition
        self.name = entry.name
        self._held = held
        self.parked = False
        self._events = 0  # how many are in the journal already
        self._latest: tuple[str, Any, dict[str, Any]] | None = None
        self.start: str | None = None
        self.began_at = entry.redriven_at or entry.started_at

    def enter(self, name: str, environment: Environment) -> None:
        """The execution enters a state of the machine itself."""
        first = self._latest is None
        self._latest = (name, environment.states.get_input(), dict(environment.variable_store._inner_scope))
        if self._journal is None:
            return
        if not first:
            if name not in self._definition.marked:
                return
            events = history.of(environment, self._events)
            mark = partial(self._journal.mark, self._entry, self.latest or "", history.pack(events))
            when_it_can(mark, self._held, self._journal.path)
            self._events += len(events)
            environment.callback_pool_manager.waits.forget()  # type: ignore[attr-defined]  # as executions.py sets it
        if self._held.is_set():
            self.park(environment)

    def park(self, environment: Environment) -> None:
        """Leave the execution where it stands, for a later process."""
        self.parked = True
        halt(environment)

    @property
    def busy(self) -> bool:
        """Whether a stop may wait for it: an express execution, or one that calls and goes on with the answer."""
        if self._journal is None:
            return True
        return not self.parked and self._latest is not None and self._latest[0] in self._definition.calls

    @property
    def latest(self) -> str | None:
        """The last state that was entered, as the journal keeps it; None before the first."""
        if self._latest is None:
            return None
        return json.dumps(self._latest, separators=(",", ":"), default=str)

    def go_on(self, environment: Environment, mark: str | None, chapters: list[bytes], states: frozenset[str]) -> None:
        """Set the execution back to a mark; to its beginning if the machine has no such state any more."""
        redrives = self._entry.redrives if self._fresh_redrive(chapters) else None
        history.go_on(environment, chapters, redrives)
        self._events = sum(len(history.unpack(chapter)) for chapter in chapters)
        if mark is None:
            return
        name, value, variables = parse_kept(mark, "The mark of an execution", list)
        if name in states:
            self.start = name
            environment.states.reset(input_value=value)
            environment.variable_store._inner_scope.update(variables)

    def _fresh_redrive(self, chapters: list[bytes]) -> bool:
        """Whether the last redrive is not in the history yet."""
        noted = sum(event["type"] == "ExecutionRedriven" for chapter in chapters for event in history.unpack(chapter))
        return bool(noted < self._entry.redrives)
