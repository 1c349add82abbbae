"""What the core needs of the world, as Protocols. Adapters live in ledgers/, engines/, secrets/, telemetry/."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol

from verihook.handshake import BoundHandshake
from verihook.instance import Instance, Progress, Status, Step, iso
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

    def observe(self, observation: Observation) -> None:
        """Add to what was seen in the hour of ``last_at``: counts are summed, times widened, the sample replaced.

        One row for each kind, source, reason and hour, kept for 14 days: what strangers send makes no more rows.
        """
        ...

    def observations(self, kind: str, source: str | None, limit: int, since_ms: int = 0) -> list[Observation]:
        """The hours that were seen since then, the newest first; of one source, or of all (None)."""
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

    def keep(self, reference: str, value: str) -> None:
        """Write a secret that a handshake brought (Asana) to a reference that can be written.

        Raises KeyError with words where it cannot be written, SecretsUnavailable where a store is down.
        """
        ...


#: How long a ledger keeps an hour of observations after it has ended, in milliseconds: 14 days. Whoever lists them asks
#: for no more, as an expired row may still stand there.
KEPT_MS = 14 * 86_400_000


@dataclass(frozen=True, slots=True)
class Observation:
    """What was seen of a source within one hour, counted: why deliveries were refused, or that an old secret is in use.

    ``kind`` is ``rejected`` or ``previous-secret``; ``reason`` the reason code ("" for previous-secret); ``source`` ""
    where no source was found. ``request_id`` is a sample to search the logs for. Times in milliseconds since the
    epoch. Never a body, a secret or a MAC.
    """

    kind: Literal["rejected", "previous-secret"]
    source: str
    reason: str
    count: int
    first_at: int
    last_at: int
    request_id: str

    def public(self) -> dict[str, object]:
        """As the API and the commands tell it: times in ISO 8601, ``source`` null where none was found."""
        return {
            "source": self.source or None,
            "reason": self.reason,
            "count": self.count,
            "firstAt": iso(self.first_at),
            "lastAt": iso(self.last_at),
            "requestId": self.request_id,
        }


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


class Observer(Protocol):
    """Counts what is seen of sources and writes it seldom. No method raises. ``trace`` is complete."""

    def rejected(self, trace: Trace) -> None:
        """The delivery was refused, for ``trace.reason``."""
        ...

    def previous(self, trace: Trace) -> None:
        """The delivery was verified by an older secret, whatever became of it."""
        ...

    def flush(self) -> None:
        """Write what waits."""
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

    ``verify`` maps a source's name to its check, compiled with its secrets; ``handshakes`` has those of the sources
    whose sender has one. ``instance_key`` keys the derivation of instance ids. ``retention_s``: how long a finished
    instance is kept, in seconds.
    """

    sources: Mapping[str, Source]
    default_source: str | None
    workflows: Mapping[str, Workflow]
    verify: Mapping[str, Verify]
    ledger: Ledger
    engines: Mapping[str, Engine]
    clock: Clock
    telemetry: Telemetry
    observer: Observer
    instance_key: bytes
    pace: Pace
    retention_s: int
    handshakes: Mapping[str, BoundHandshake] = field(default_factory=dict)
