"""Express executions: run while the caller waits, and kept nowhere.

https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue

from verihook.local.pool import Pool
from verihook.local.runner.arns import ARN_PREFIX, ROLE, express_arn
from verihook.local.runner.failures import say, tell_failures
from verihook.local.runner.integrations import Integrations
from verihook.local.states.compiler import compile_machine
from verihook.local.states.effects import Begin, Call, End, Stimulus, Tick
from verihook.local.states.machine import Machine
from verihook.local.states.positions import Position
from verihook.local.states.turn import position_at_start, step
from verihook.strict_json import parse

#: An Express execution takes at most so long.
MAX_SECONDS = 300

#: How long it takes until one that waits notices that the process is closing.
_LOOK_EVERY_S = 0.5


class Closing(Exception):
    """Nothing begins any more."""


class Express:
    """The Express machines. Safe to use from any thread; an execution has the thread of its caller."""

    def __init__(self, integrations: Integrations, now: Callable[[], float]) -> None:
        """``now``: seconds since 1970."""
        self._integrations = integrations
        self._now = now
        self._pool = Pool()
        self._machines: dict[str, Machine] = {}
        self._lock = threading.Lock()
        self._running: list[str] = []
        self._held = False
        self._closed = threading.Event()

    def deploy(self, name: str, asl: str) -> Machine:
        """Create or update a machine. Raises Refused if it is none that AWS would take."""
        self._machines[name] = machine = compile_machine(asl, express=True)
        return machine

    def has(self, machine: str) -> bool:
        """Whether a machine of this name is deployed."""
        return machine in self._machines

    def run(self, machine: str, name: str, document: str, arn: str | None = None) -> End:
        """Run an execution to its end. Names need not be unique. ``arn``: of this run, or one is made.

        Raises KeyError for a machine that is not deployed, Closing after :meth:`hold`.
        """
        compiled = self._machines[machine]
        self._begin(name)
        try:
            return self._run(compiled, (machine, name), document, arn)
        finally:
            self._forget(name)

    def start(self, machine: str, name: str, document: str, arn: str | None = None) -> None:
        """Run it in a thread of its own; its end is not reported. Raises as :meth:`run` does."""
        compiled = self._machines[machine]
        self._begin(name)

        def run() -> None:
            try:
                self._run(compiled, (machine, name), document, arn)
            finally:
                self._forget(name)

        threading.Thread(target=run, name=f"express {name}", daemon=True).start()

    def hold(self) -> None:
        """Begin nothing more; what runs goes on."""
        with self._lock:
            self._held = True

    def close(self) -> None:
        """Begin nothing more, and end what runs."""
        self.hold()
        self._closed.set()
        self._pool.hold()

    def busy(self) -> list[str]:
        """Return the names of the executions that run."""
        with self._lock:
            return sorted({*self._running})

    def _begin(self, name: str) -> None:
        with self._lock:
            if self._held:
                raise Closing("The runner of state machines is closing")
            self._running.append(name)

    def _forget(self, name: str) -> None:
        with self._lock:
            self._running.remove(name)

    def _run(self, compiled: Machine, key: tuple[str, str], document: str, arn: str | None) -> End:
        machine, name = key
        position, said = self._position(compiled, key, document, arn), SimpleQueue[Stimulus]()
        stimulus: Stimulus = Begin()
        arns = (position.machine["Id"], position.logs[""].execution["Id"])
        while not self._closed.is_set():
            effects = step(compiled, position, stimulus, self._now())
            tell_failures(name, effects)
            for effect in effects:
                if isinstance(effect, Call):
                    self._pool.submit(machine, name, partial(self._make, said, effect, arns))
                elif isinstance(effect, End):
                    if effect.status in {"FAILED", "TIMED_OUT"}:
                        say(name, f"{machine} {effect.status.lower()}", effect.error, effect.cause)
                    return effect
            stimulus = self._next(position, said)
        return End("ABORTED", cause="The runner of state machines is closing")

    def _position(self, compiled: Machine, key: tuple[str, str], document: str, arn: str | None) -> Position:
        machine, name = key
        execution = {"Id": arn or express_arn(machine, name), "Name": name, "RoleArn": ROLE}
        names, now = {"Id": ARN_PREFIX + machine, "Name": machine}, self._now()
        position = position_at_start(compiled, execution, names, parse(document), secrets.token_hex(16), now)
        latest = now + MAX_SECONDS
        position.timeout = latest if position.timeout is None else min(position.timeout, latest)
        return position

    def _make(self, said: SimpleQueue[Stimulus], call: Call, arns: tuple[str, ...]) -> None:
        said.put(self._integrations.make(call, arns))

    def _next(self, position: Position, said: SimpleQueue[Stimulus]) -> Stimulus:
        """What is said next, or that time has passed."""
        due = position.due()
        left = _LOOK_EVERY_S if due is None else max(due - self._now(), 0.0)
        try:
            return said.get(timeout=min(left, _LOOK_EVERY_S)) if left else said.get_nowait()
        except Empty:
            return Tick()
