"""Runs executions: what happens to one is a turn, a turn is a transaction, and what the turn wants done follows it."""

from __future__ import annotations

import logging
import secrets
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verihook.local.full_disk import PACE_S
from verihook.local.pool import Pool
from verihook.local.runner import former
from verihook.local.runner.activities import Activities
from verihook.local.runner.arns import ARN_PREFIX, ROLE, execution_arn
from verihook.local.runner.children import start_child, starts_execution, tell_parent
from verihook.local.runner.deadlines import LOOK_EVERY_S, Deadlines
from verihook.local.runner.failures import tell_failures
from verihook.local.runner.integrations import Integrations
from verihook.local.runner.kept import end_refused
from verihook.local.runner.rows import Entry, Key, Parent, Taken, same_json, unpacked
from verihook.local.runner.store import Store
from verihook.local.runner.unsaved import Unsaved
from verihook.local.runner.written import call_again, written
from verihook.local.states.compiler import compile_machine
from verihook.local.states.effects import (
    Beat,
    Begin,
    Call,
    Effect,
    End,
    Forget,
    Redrive,
    Stimulus,
    Stop,
    Submitted,
    Tick,
)  # fmt: skip
from verihook.local.states.errors import Refused
from verihook.local.states.machine import Machine
from verihook.local.states.positions import Position, restored
from verihook.local.states.turn import position_at_start, step
from verihook.strict_json import parse

if TYPE_CHECKING:
    from verihook.local.runner.express import Express

_log = logging.getLogger(__name__)

#: Turns of one execution exclude each other by one of so many locks.
_LOCKS = 64


class Runner:
    """The executions of one machine. Use: ``deploy``, ``resume``, at last ``hold``, ``close``. Safe from any thread."""

    def __init__(
        self,
        path: Path,
        integrations: Integrations,
        *,
        now: Callable[[], float],
        on_end: Callable[[Entry], None] | None = None,
        look_every: float = LOOK_EVERY_S,
        express: Express | None = None,
    ) -> None:
        """``now`` and ``look_every`` are those of :class:`Deadlines`. ``express``: the machines that are started there.

        ``on_end`` is called after an end is written, in the thread that found it. Raises ConfigurationError.
        """
        self.store = Store(path)
        self.express = express
        self.activities = Activities()
        self._integrations = integrations
        self._now = now
        self._on_end = on_end
        self._pool = Pool()
        self._deadlines = Deadlines(self._ring, now, look_every)
        self._locks = {number: threading.Lock() for number in range(_LOCKS)}
        self._deployed: dict[str, int] = {}
        self._compiled: dict[int, Machine] = {}
        self._held = threading.Event()
        self._unsaved = Unsaved(path)

    # ---------------------------------------------------------------------------------------------------- for callers

    def deploy(self, name: str, asl: str) -> Machine:
        """Run executions that are started from now on by this definition. Raises Refused if it is none."""
        machine = compile_machine(asl)
        number = self.store.definition(name, asl)
        self._compiled[number] = machine
        self._deployed[name] = number
        return machine

    def start(self, machine: str, name: str, document: str, parent: Parent | None = None) -> Entry:
        """Start an execution with JSON as its input. The same once more, while it runs, is the same execution.

        Its states are entered after this, in another thread: who starts it, or is answered then, waits for none of
        them. ``parent``: what waits for the end.

        Raises Taken if the name belongs to another, KeyError for a machine that is not deployed.
        """
        number, now = self._deployed[machine], self._now()
        entry = Entry(machine, name, number, document, int(now * 1000), parent=parent)
        position = self._position(entry, parse(document), now)
        effects = step(self._compiled[number], position, Begin(), now, most=0)
        there = self.store.begin(entry, written(position, effects, Begin(), now))
        if there is None:
            # It is due at once: if no thread comes to it any more, the next process does.
            self._pool.submit(machine, name, lambda: self._ring(entry.key))
            return entry
        if there.status != "RUNNING" or not same_json(there.input, document):
            raise Taken(there)
        return there

    def answer(self, token: str, stimulus: Callable[[str], Stimulus]) -> bool:
        """Say what became of a task token's call; it is on the disk when this returns. False: none waits."""
        found = self.store.call_of(token)
        return found is not None and self.say(found[0], stimulus(found[1]))

    def say(self, key: Key, stimulus: Stimulus) -> bool:
        """Apply what happened, which is on the disk when this returns. False: it came too late."""
        return self._turn(key, stimulus, durably=True)

    def stop(self, key: Key, error: str | None, cause: str | None) -> bool:
        """End it as ABORTED. False if it has ended before."""
        return self._turn(key, Stop(error, cause)) or former.stop(self.store, key, error, cause, self._now())

    def redrive(self, key: Key, token: str | None) -> bool:
        """Let one that did not end well go on. False if it runs, has succeeded, or has a definition that is refused."""
        try:
            return self._turn(key, Redrive(), redriven=(int(self._now() * 1000), token))
        except Refused:
            return False

    def resume(self) -> int:
        """Go on with what a former process left, and return how many they are: deadlines are what they were."""
        ended = former.adopt(self.store, self._deployed, self._compiled, self._now)
        ended += end_refused(self.store, self._machine, self._now())
        for key in ended:
            self._stop_children(key)
            self._ended(key)
        running = self.store.running()
        for key, due in running:
            self._deadlines.set(key, due)
        for key, made in self.store.open_calls():
            self._call(key, call_again(unpacked(made)))
        for child in self.store.untold():
            tell_parent(self, child)
        return len(running)

    def hold(self) -> None:
        """Begin no more calls; what is called answers, and its answer is kept."""
        self._held.set()
        self.activities.close()
        self._deadlines.close()
        self._pool.hold()

    def busy(self) -> list[str]:
        """Return the names of the executions that are in a call."""
        return self._pool.busy()

    def fault(self) -> str | None:
        """Say that executions wait for room on the disk; None if none does."""
        return self._unsaved.fault()

    def close(self) -> None:
        """Hold, and close the file: a later process goes on."""
        self.hold()
        self.store.close()

    # ---------------------------------------------------------------------------------------------------------- turns

    def _position(self, entry: Entry, given: Any, now: float) -> Position:
        execution = {"Id": execution_arn(*entry.key), "Name": entry.name, "RoleArn": ROLE}
        names = {"Id": ARN_PREFIX + entry.machine, "Name": entry.machine}
        machine = self._compiled[entry.definition]
        return position_at_start(machine, execution, names, given, secrets.token_hex(16), now)

    def _machine(self, number: int) -> Machine:
        if number not in self._compiled:
            self._compiled[number] = compile_machine(self.store.definition_of(number))
        return self._compiled[number]

    def _turn(
        self, key: Key, stimulus: Stimulus, *, durably: bool = False, redriven: tuple[int, str | None] | None = None
    ) -> bool:
        """Apply what happened; return False if it came too late, or too early. Raises sqlite3.Error: nothing did."""
        with self._locks[hash(key) % _LOCKS]:
            found = self.store.position(key)
            if found is None:
                return False
            position, now = restored(found[1]), self._now()
            effects = step(self._machine(found[0]), position, stimulus, now)
            waits = isinstance(stimulus, Beat | Submitted) and position.called(stimulus.call) is not None
            if not effects and not waits:
                self._deadlines.set(key, position.due())
                return False
            turn = written(position, effects, stimulus, now)
            turn.redriven = redriven
            self.store.write(key, turn, durably=durably)
        self._follow(key, effects, position.due())
        return True

    def _follow(self, key: Key, effects: list[Effect], due: float | None) -> None:
        """Do what a turn wants done, now that it is written."""
        self._deadlines.set(key, due)
        tell_failures(key[1], effects)
        for effect in effects:
            if isinstance(effect, Call):
                self._call(key, effect)
            elif isinstance(effect, Forget):
                self.activities.forget(key, effect.call)
                self._stop_children(key, effect.call)
            elif isinstance(effect, End):
                self._ended(key)

    def _stop_children(self, key: Key, call: str | None = None) -> None:
        for child in self.store.children(key, call):
            self.stop(child.key, "States.Aborted", "The execution that waits for it goes on without it")

    def _call(self, key: Key, call: Call) -> None:
        refused = call.credentials is not None
        if not refused and call.resource.kind == "activity" and self._integrations.services.has_workers:
            self.activities.put(key, call)
            return
        if not refused and starts_execution(call.resource):
            self._pool.submit(*key, lambda: start_child(self, key, call))
            return
        arns = (ARN_PREFIX + key[0], execution_arn(*key))
        self._pool.submit(*key, lambda: self.apply(key, self._integrations.make(call, arns)))

    def apply(self, key: Key, stimulus: Stimulus) -> None:
        """Write what a call led to, on a full disk as soon as there is room: the execution stands still until then."""
        while True:
            try:
                self._turn(key, stimulus)
            except sqlite3.ProgrammingError:  # it is closed: the next process makes the call again
                return
            except sqlite3.Error as error:
                self._unsaved.note(key, error)
                if self._held.wait(PACE_S):
                    return
            else:
                self._unsaved.clear(key)
                return

    def _ring(self, key: Key) -> None:
        try:
            self._turn(key, Tick())
        except sqlite3.ProgrammingError:  # it is closed
            return
        except sqlite3.Error as error:
            self._unsaved.note(key, error)
            self._deadlines.set(key, self._now() + PACE_S)
        else:
            self._unsaved.clear(key)

    def _ended(self, key: Key) -> None:
        entry = self.store.get(key)
        if entry is not None:
            tell_parent(self, entry)
        if self._on_end is None or entry is None:
            return
        try:
            self._on_end(entry)
        except Exception:  # noqa: BLE001  # the end stands, whatever the listener does
            _log.exception("the end of execution %s could not be reported", key[1])
