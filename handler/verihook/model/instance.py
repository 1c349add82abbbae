"""An instance: one start of a workflow, as the ledger keeps it, and what an engine says of it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from verihook.model.delivery import Delivery, EventFacts, Facts
    from verihook.model.resumption import Resumption

Status = Literal["queued", "running", "suspended", "completed", "failed", "timed_out", "terminated"]

#: An instance in one of these never changes again, except by a restart (a new attempt).
FINAL: frozenset[Status] = frozenset({"completed", "failed", "timed_out", "terminated"})

#: The ``error`` of an instance that is held because its workflow is paused, or because that cannot run on this machine.
WORKFLOW_PAUSED, WORKFLOW_REFUSED = "WorkflowPaused", "WorkflowRefused"

#: The engine of the row of a delivery that carries several events. No workflow has it.
BATCH = "batch"

#: The engine of the row of a delivery that resumes instances: it runs nothing. Its tombstone has it, too.
RESUME = "resume"

#: The ``error`` of an instance that is queued because others are before it in a line.
WAITS_ITS_TURN = "WaitsItsTurn"

#: The intersection of what Step Functions (80), Lambda durable functions (64), Dapr (64) and Cloudflare (100) accept.
INSTANCE_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,63}", re.ASCII)

_LATER_ATTEMPT = re.compile(r"[2-9]|[1-9][0-9]{1,8}", re.ASCII)


# Not frozen: one is made of every delivery, and a frozen one takes three times as long to make.
@dataclass(slots=True)
class Instance:
    """One row of the ledger.

    ``created_at``, ``updated_at`` and ``due_at`` are milliseconds since the epoch, UTC. ``due_at`` is when reconcile
    looks at the instance next; None once it is final. ``expires_at`` is in seconds since the epoch (the unit of
    DynamoDB's TTL) and is set when the instance becomes final: before that it never expires. ``input`` and
    ``output`` are JSON texts, or references to payloads (:mod:`verihook.instances.payload`); ``input`` is
    byte-identical on every start of one attempt. ``revision`` grows with every write of the row. ``held``: an operator
    has suspended the instance. ``purged``: the row is a tombstone, which keeps the id taken and is never shown.
    ``start_at``: the instance is not started before that time. ``tries``: how often a worker has begun this attempt
    (engine ``function``), the last time at ``begun_at``; no other worker begins it before ``leased_until``; all three
    times in milliseconds. ``signed``: the SHA-256 in hex of what the sender signed, if the signature does not cover the
    event's id. ``callback_tries``: how many callbacks about the end have failed; ``tags`` and ``metadata``: the labels
    to find the instance by. ``delivery``: what is kept of the delivery that made it. ``line``: the one of the source's
    ``ordering`` that it waits in, with the other instances of the same value.
    """

    id: str
    workflow: str
    input: str
    created_at: int
    updated_at: int
    status: Status = "queued"
    version: int = 1
    attempt: int = 1
    source: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    due_at: int | None = None
    expires_at: int | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None
    engine: str = "stepfunctions"
    revision: int = 1
    held: bool = False
    purged: bool = False
    start_at: int | None = None
    tries: int = 0
    begun_at: int | None = None
    leased_until: int | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    connection: str | None = None
    callback_url: str | None = None
    callback_tries: int = 0
    signed: str | None = None
    delivery: Delivery | None = None
    line: str | None = None

    @property
    def labels(self) -> tuple[tuple[str, str], ...]:
        """Return the names and values to find the instance by: ``("tag", "vip")``, ``("metadata.customer", "42")``."""
        tags = [("tag", tag) for tag in self.tags]
        return (*tags, *((f"metadata.{key}", value) for key, value in self.metadata.items()))

    @property
    def facts(self) -> Facts | None:
        """Return what operators can look up of its delivery, even if that has expired."""
        return None if self.delivery is None else self.delivery.facts

    @property
    def resumption(self) -> Resumption | None:
        """Return which instances its event is for, if it is a delivery that resumes instances in place of a start."""
        return None if self.delivery is None else self.delivery.resumption

    @property
    def event_facts(self) -> EventFacts:
        """Return what its workflow gets beside the input. It is the same at every start of one attempt."""
        # Imported here: the client, which stands alone, reads this module.
        from verihook.model.delivery import EventFacts

        passed = self.passed
        if self.source is None:
            return EventFacts(headers=passed)
        return EventFacts(self.source, self.event_type, self.event_id, passed)

    @property
    def passed(self) -> Mapping[str, str]:
        """Return the headers that its workflow gets, names in lower case; of a start by the API, its trace's alone."""
        return {} if self.delivery is None else self.delivery.passed

    @property
    def not_before(self) -> int:
        """Return the earliest time at which it may be started, or begun by a worker, in milliseconds."""
        return max(self.start_at or 0, self.leased_until or 0)

    @property
    def held_by_pause(self) -> bool:
        """Whether it was made while its workflow was paused, or could not run, and waits until that runs.

        No operator holds it.
        """
        # The error of a function's try has its class for a name, which may be any.
        return self.held and self.error in (WORKFLOW_PAUSED, WORKFLOW_REFUSED) and self.tries == 0

    @property
    def runs_nothing(self) -> bool:
        """Whether it is the row of a delivery that is only split, or handed over to instances that wait."""
        return self.engine == BATCH or self.resumption is not None

    @property
    def waits_its_turn(self) -> bool:
        """Whether it is not to be started yet, because others are before it in a line."""
        return self.status == "queued" and self.error == WAITS_ITS_TURN and self.tries == 0

    @property
    def final(self) -> bool:
        """Whether the instance has come to its end."""
        return self.status in FINAL


@dataclass(frozen=True, slots=True)
class Progress:
    """What an engine says of an execution. ``output`` is JSON text; ``error`` and ``cause`` are the engine's words."""

    status: Status
    output: str | None = None
    error: str | None = None
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """One unit of an instance's history. Times in milliseconds since the epoch; ``ended_at`` None while it runs.

    ``input`` and ``output``: JSON texts, None if the engine keeps none. ``error`` and ``cause``: the engine's words.
    """

    name: str
    status: Literal["running", "completed", "failed"]
    started_at: int
    ended_at: int | None = None
    input: str | None = None
    output: str | None = None
    error: str | None = None
    cause: str | None = None


def derive_id(key: bytes, source: str, event_id: str) -> str:
    """Return the instance id of an event: 40 hex digits (160 bits) of HMAC-SHA256 over source and event id.

    The same event always meets the same row, and the id cannot be guessed without the key. The length of the source's
    name is bound in, so that ("ab", "c") and ("a", "bc") differ. Raises ValueError without a key.
    """
    if not key:
        raise ValueError("this entry point has no instance key; add it to bootstrap.KEYED and template.yaml")
    state = _keyed(key).copy()
    state.update(f"{len(source)}:{source}:{event_id}".encode())
    return state.hexdigest()[:40]


@lru_cache(maxsize=4)
def _keyed(key: bytes) -> hmac.HMAC:
    """The beginning of every HMAC with this key, which is hashed once."""
    return hmac.new(key, digestmod="sha256")


def execution_name(instance_id: str, attempt: int) -> str:
    """Return the engine's name for an attempt: the instance id itself, then ``id.2``, ``id.3`` and so on.

    An instance id has no dot, so no attempt ever has the name of another instance.
    """
    return instance_id if attempt == 1 else f"{instance_id}.{attempt}"


def parse_execution_name(name: str) -> tuple[str, int] | None:
    """Return the instance id and the attempt of a name from :func:`execution_name`; None for any other name."""
    instance_id, dot, number = name.partition(".")
    if not INSTANCE_ID.fullmatch(instance_id):
        return None
    if not dot:
        return instance_id, 1
    if not _LATER_ATTEMPT.fullmatch(number):
        return None
    return instance_id, int(number)


def iso(milliseconds: int) -> str:
    """Return a time, in milliseconds since the epoch, as ISO 8601: UTC, with milliseconds and Z."""
    moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def iso_or_none(milliseconds: int | None) -> str | None:
    """Return what :func:`iso` returns, or None for None."""
    return None if milliseconds is None else iso(milliseconds)


def milliseconds_of(moment: datetime) -> int:
    """Return the time in milliseconds since the epoch."""
    return int(moment.timestamp() * 1000)
