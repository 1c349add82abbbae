"""What the core needs of the world, as Protocols. Adapters live in ledgers/, engines/, secrets/, telemetry/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from verihook.instance import Instance, Progress, Status, Step
from verihook.schemes import Verify
from verihook.source import Source
from verihook.workflow import Workflow


class Clock(Protocol):
    """The time. The core never reads a clock of its own."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch, UTC."""
        ...


@dataclass(frozen=True, slots=True)
class Change:
    """What :meth:`Ledger.record` writes into a row. Times as in :class:`~verihook.instance.Instance`."""

    status: Status
    at: int
    due_at: int | None = None
    expires_at: int | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None


class Ledger(Protocol):
    """The table of instances. Every method raises LedgerUnavailable where the store fails, and nothing else.

    Texts are valid Unicode (no lone surrogate). A final row may come back with ``input == ""``, where input and output
    together are more than the store holds in one item: a final attempt no longer needs its input.
    """

    def claim(self, instance: Instance) -> Instance | None:
        """Write the row if its id is free: ONE conditional write. It is durable when this returns.

        Returns None to the one owner, else the row that is there already (from the same call).
        A row whose ``expires_at`` is not after ``instance.created_at`` counts as free and is replaced whole.
        """
        ...

    def get(self, instance_id: str, now_ms: int) -> Instance | None:
        """The row, read consistently; None where there is none or it has expired."""
        ...

    def record(self, instance_id: str, attempt: int, change: Change) -> bool:
        """Write what became of an attempt: ONE conditional write.

        Applied, and True, only where the row exists, is of this attempt and is not final: an older or repeated
        report never overwrites an end, and a report of another attempt never touches this one.
        """
        ...

    def restart(self, instance: Instance, attempt: int) -> bool:
        """Replace the row by ``instance`` (its next attempt), only where the row's attempt is still ``attempt``."""
        ...

    def due(self, now_ms: int, limit: int) -> list[Instance]:
        """Up to ``limit`` instances whose ``due_at`` has come, the longest due first. Never a final one."""
        ...


class Engine(Protocol):
    """What executes instances. ``definition`` is the workflow's, ``name`` comes from ``execution_name``."""

    #: The largest input in bytes that an execution can be started with.
    max_input: int

    def start(self, definition: str, name: str, input: str) -> None:
        """Start the execution under this name; a name that is taken already counts as started.

        Raises EngineUnavailable (throttled, unreachable, answer lost: asking again is safe) and EngineRefused
        (this input can never start).
        """
        ...

    def describe(self, definition: str, name: str) -> Progress | None:
        """How the execution stands; None where the engine knows no such name. Raises EngineUnavailable."""
        ...

    def stop(self, definition: str, name: str, cause: str) -> None:
        """Stop it; one that has ended or is unknown is left alone. Raises EngineUnavailable."""
        ...

    def steps(self, definition: str, name: str) -> list[Step]:
        """Its steps in the order they started, [] where it is unknown. Raises EngineUnavailable."""
        ...


class Secrets(Protocol):
    """Where secrets come from."""

    def resolve(self, reference: str) -> tuple[str, ...]:
        """The values behind a reference (``env:NAME``, ``file:PATH``), newest first, never an empty one.

        Raises KeyError with words where there is none (a load error), SecretsUnavailable where a store is down.
        """
        ...


@dataclass(slots=True)
class Trace:
    """What is known of one delivery while it passes, for log and metric. Never a body, never a secret."""

    request_id: str
    received_at: int
    source: str | None = None
    outcome: str = "rejected"
    reason: str | None = None
    verified_by: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    instance_id: str | None = None
    status: int = 0
    duration_ms: int = 0


class Telemetry(Protocol):
    """Where operators look."""

    def delivery(self, trace: Trace) -> None:
        """One delivery was answered."""
        ...

    def failure(self, where: str, error: BaseException) -> None:
        """Something went wrong that nobody was told of."""
        ...


@dataclass(frozen=True, slots=True)
class Pace:
    """When reconcile looks at an instance: first ``first_ms`` after its claim, then no sooner than ``again_ms`` apart.

    While an instance runs, the next look is a tenth of its age away, so that long ones are asked about rarely.
    """

    first_ms: int
    again_ms: int
    longest_ms: int = 3_600_000

    def next_look(self, created_at: int, now_ms: int) -> int:
        """When to look again, in milliseconds since the epoch."""
        return now_ms + min(max(self.again_ms, (now_ms - created_at) // 10), self.longest_ms)


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the core works with, put together once by bootstrap.

    ``verify`` maps a source's name to its check, compiled with its secrets. ``instance_key`` keys the derivation of
    instance ids. ``retention_s``: how long a finished instance is kept, in seconds.
    """

    sources: Mapping[str, Source]
    default_source: str | None
    workflows: Mapping[str, Workflow]
    verify: Mapping[str, Verify]
    ledger: Ledger
    engines: Mapping[str, Engine]
    clock: Clock
    telemetry: Telemetry
    instance_key: bytes
    pace: Pace
    retention_s: int
