"""What the API answers, as dataclasses. Times are aware datetimes in UTC.

``raw`` of each is the API's JSON, with the members that this version of the client does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from verihook.client.errors import ApiError
from verihook.model.instance import FINAL, Status

Content = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Started:
    """An accepted start. ``status``: at its acceptance, not now.

    ``replayed``: the idempotency key was used before; ``stands``: the instance's status now if so, else None.
    """

    id: str
    workflow: str
    version: int
    created_at: datetime
    start_at: datetime | None
    status: Status = "queued"
    replayed: bool = False
    stands: Status | None = None
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Result:
    """The status of an instance, with its output if it has completed, ``error`` and ``cause`` if it has failed."""

    id: str
    workflow: str
    status: Status
    output: Any = None
    error: str | None = None
    cause: str | None = None
    raw: Content = field(repr=False, compare=False, default_factory=dict)

    @property
    def final(self) -> bool:
        """Whether the instance has ended."""
        return self.status in FINAL


@dataclass(frozen=True, slots=True)
class Instance:
    """An instance. ``held``: an operator has suspended it. ``input`` and ``output`` are None in lists.

    ``replay_of``: the instance that the same signed bytes started under another event id; None in lists, too.
    ``leased_until``: of the engine ``function``, until when its worker may run it (if the worker has died, another one
    begins then), or when the next try may begin; ``trace_id``: of its W3C trace; None in lists, too.
    """

    id: str
    workflow: str
    version: int
    engine: str
    status: Status
    attempt: int
    created_at: datetime
    updated_at: datetime
    held: bool = False
    start_at: datetime | None = None
    source: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, str] = field(default_factory=dict)
    connection: str | None = None
    callback_url: str | None = None
    error: str | None = None
    cause: str | None = None
    replay_of: str | None = None
    leased_until: datetime | None = None
    trace_id: str | None = None
    input: Any = None
    output: Any = None
    raw: Content = field(repr=False, compare=False, default_factory=dict)

    @property
    def final(self) -> bool:
        """Whether the instance has ended."""
        return self.status in FINAL


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a list, the newest first. ``cursor``: of the next page; None on the last."""

    instances: tuple[Instance, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the current attempt."""

    name: str
    status: Literal["running", "completed", "failed"]
    started_at: datetime
    ended_at: datetime | None
    input: Any = None
    output: Any = None
    error: str | None = None
    cause: str | None = None
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of an instance, counted from 1."""

    number: int
    status: Status
    started_at: datetime
    ended_at: datetime | None
    error: str | None = None
    cause: str | None = None
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class MailboxEntry:
    """An event that no wait has taken yet (``buffered``), or a wait that no event came for (``waiting``).

    ``id``: of the event; None for a wait.
    """

    name: str
    id: str | None
    state: Literal["buffered", "waiting"]
    at: datetime
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Source:
    """A source, without its secrets. ``path``: what its sender posts to; ``types``: () for all.

    ``workflow``: the first of the ``workflows`` that it starts. ``duplicates``, ``changed`` and ``replays``:
    its policies, as in docs/configuration.md; ``max_body`` in bytes.
    """

    name: str
    sender: str
    path: str
    workflow: str
    types: tuple[str, ...]
    duplicates: str
    changed: str
    replays: str | None
    max_body: int
    starts_per_minute: int | None = None
    raw: Content = field(repr=False, compare=False, default_factory=dict)
    workflows: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sender:
    """A product whose deliveries the server verifies. ``documentation``: a URL; ``evidence``: what it rests on."""

    id: str
    title: str
    documentation: str | None = None
    evidence: str | None = None
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rejection:
    """How often deliveries of a source were refused for a reason within an hour. ``source`` None: it does not exist.

    ``request_id``: of the latest, as the log has it.
    """

    source: str | None
    reason: str
    count: int
    first_at: datetime
    last_at: datetime
    request_id: str
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Health:
    """Whether the parts of the server can be reached. ``ledger`` None and no ``engines``: asked without a key.

    ``faults``: what has ended in the process of one machine, in words by its name. ``without_secret``: sources that
    answer 503 because their secret is missing.
    """

    status: str
    ledger: str | None = None
    engines: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, str] = field(default_factory=dict)
    without_secret: tuple[str, ...] = ()
    raw: Content = field(repr=False, compare=False, default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything can be reached."""
        return self.status == "ok"


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failed instances of one workflow and one error, as far as they were counted. ``last``: the one created last."""

    workflow: str
    error: str | None
    count: int
    first_at: datetime
    last_at: datetime
    last: Instance
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class OpenWait:
    """A wait of an instance that no event has come for. ``until``: its end, None if that is not known.

    ``shows``: what its workflow shows to who decides. ``status``: of the instance.
    """

    instance_id: str
    workflow: str
    name: str
    since: datetime
    until: datetime | None
    shows: Any
    status: Status
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class WaitPage:
    """A page of open waits, the oldest first. ``cursor``: of the next page; None on the last."""

    waits: tuple[OpenWait, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Workflow:
    """A workflow. ``input_schema``: a JSON Schema, None for any input; ``connections``: what a start may choose.

    ``refusal``: why the machine that was asked cannot run it, None if it can.
    """

    name: str
    version: int
    status: Literal["draft", "active", "paused", "archived"]
    engine: str
    input_schema: Any = None
    public_output: bool = False
    retention_days: int | None = None
    connections: tuple[str, ...] = ()
    refusal: str | None = None
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a workflow is made of. ``machine``: in the Amazon States Language; None for the reason ``why``."""

    name: str
    engine: str
    machine: Mapping[str, Any] | None
    why: str | None
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class BatchItem:
    """The result of one start of a batch: either ``started`` or ``error``."""

    started: Started | None
    error: ApiError | None
