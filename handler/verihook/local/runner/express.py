"""Express executions: run while the caller waits, and kept nowhere.

https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from functools import partial
from queue import Empty, SimpleQueue
from threading import Event

from verihook.local.runner.integrations import ACCOUNT, REGION, Integrations
from verihook.local.runner.pool import Pool
from verihook.local.states.compiler import compile_machine
from verihook.local.states.effects import Begin, Call, End, Stimulus, Tick
from verihook.local.states.machine import Machine
from verihook.local.states.positions import Position
from verihook.local.states.turn import position_at_start, step
from verihook.strict_json import parse

#: An Express execution takes at most so long.
MAX_SECONDS = 300

#: How long it takes until one that waits notices that nothing is to begin any more.
_LOOK_EVERY_S = 0.5


class Express:
    """The Express machines. Safe to use from any thread; an execution has the thread of its caller."""

    def __init__(self, integrations: Integrations, now: Callable[[], float]) -> None:
        """``now``: seconds since 1970."""
        self._integrations = integrations
        self._now = now
        self._pool = Pool()
        self._machines: dict[str, Machine] = {}
        self._held = Event()

    def deploy(self, name: str, asl: str) -> Machine:
        """Create or update a machine. Raises Refused if it is none that AWS would take."""
        self._machines[name] = machine = compile_machine(asl, express=True)
        return machine

    def run(self, machine: str, name: str, document: str) -> End:
        """Run an execution to its end. Names need not be unique. Raises KeyError for a machine that is not deployed."""
        compiled = self._machines[machine]
        position, said = self._position(machine, name, document), SimpleQueue[Stimulus]()
        stimulus: Stimulus = Begin()
        while not self._held.is_set():
            for effect in step(compiled, position, stimulus, self._now()):
                if isinstance(effect, Call):
                    self._pool.submit(machine, name, partial(self._make, said, effect))
                elif isinstance(effect, End):
                    return effect
            stimulus = self._next(position, said)
        return End("ABORTED", cause="The interpreter is closing")

    def hold(self) -> None:
        """Begin nothing more, and end what runs."""
        self._held.set()
        self._pool.hold()

    def busy(self) -> list[str]:
        """Return the names of the executions that are in a call."""
        return self._pool.busy()

    def _position(self, machine: str, name: str, document: str) -> Position:
        base, now = f"arn:aws:states:{REGION}:{ACCOUNT}", self._now()
        execution = {
            "Id": f"{base}:express:{machine}:{name}:{uuid.uuid4()}",
            "Name": name,
            "RoleArn": f"arn:aws:iam::{ACCOUNT}:role/local",
        }
        names = {"Id": f"{base}:stateMachine:{machine}", "Name": machine}
        seed = secrets.token_hex(16)
        position = position_at_start(self._machines[machine], execution, names, parse(document), seed, now)
        latest = now + MAX_SECONDS
        position.timeout = latest if position.timeout is None else min(position.timeout, latest)
        return position

    def _make(self, said: SimpleQueue[Stimulus], call: Call) -> None:
        said.put(self._integrations.make(call))

    def _next(self, position: Position, said: SimpleQueue[Stimulus]) -> Stimulus:
        """What is said next, or that time has passed."""
        due = position.due()
        left = 0.0 if due is None else max(due - self._now(), 0.0)
        try:
            return said.get(timeout=min(left, _LOOK_EVERY_S)) if left else said.get_nowait()
        except Empty:
            return Tick()
