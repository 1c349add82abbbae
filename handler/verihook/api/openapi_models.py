"""The bodies of the API's answers, as models for OpenAPI. The docstring of each is its description there.

Members are in camelCase; times are ISO 8601 in UTC with milliseconds. A member without a value is null.
``verihook.api.openapi_examples`` has an example of each.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from verihook.api.parameters import camel
from verihook.model.instance import Status


class Answer(BaseModel):
    """The base of all answers: members in camelCase, and no others than those declared."""

    model_config = ConfigDict(alias_generator=camel, extra="forbid")


class Failure(Answer):
    """Why an instance did not complete, in the words of its engine."""

    code: str | None
    message: str | None


class Accepted(Answer):
    """An accepted start. A replay has the same answer: ``status`` is the one at acceptance, not the current one."""

    instance_id: str
    workflow: str
    version: int
    status: Literal["queued"]
    created_at: str
    start_at: str | None


class Result(Answer):
    """The status of an instance, with its output once it has completed."""

    instance_id: str
    workflow: str
    status: Status
    output: Any
    error: Failure | None


class Listed(Answer):
    """An instance, without its input and output."""

    instance_id: str
    workflow: str
    version: int
    engine: str
    status: Status
    held: bool
    attempt: int
    created_at: str
    updated_at: str
    start_at: str | None
    source: str | None
    event_id: str | None
    event_type: str | None
    tags: list[str]
    metadata: dict[str, str]
    connection: str | None
    callback_url: str | None
    error: Failure | None


class Detail(Listed):
    """An instance with its input and output.

    ``replayOf``: the instance that the same signed bytes started under another event id. ``leasedUntil``, of the engine
    ``function``: until when its worker may run it, or when the next try may begin. ``traceId``: of the W3C trace that
    its delivery or its start belongs to.
    """

    leased_until: str | None
    replay_of: str | None
    trace_id: str | None
    input: Any
    output: Any


class Instances(Answer):
    """A page of a list, the newest first. ``cursor``: what to send for the next page; null on the last one.

    ``lookedTo``: of filters that no index answers together, when the last row that was read was created.
    """

    instances: list[Listed]
    cursor: str | None
    looked_to: str | None


class BatchItem(Answer):
    """One start of a batch: the ``status`` that it would have had alone, with ``instance`` or ``problem``.

    ``instanceStatus``: of a replay, the current status of the instance.
    """

    status: int
    replayed: bool
    instance_status: Status | None
    instance: Accepted | None
    problem: dict[str, Any] | None


class BatchResult(Answer):
    """The results of a batch, in the order of its starts."""

    results: list[BatchItem]


class StepView(Answer):
    """A step of an instance."""

    name: str
    status: Literal["running", "completed", "failed"]
    started_at: str
    ended_at: str | None
    input: Any
    output: Any
    error: Failure | None


class Steps(Answer):
    """The steps of the current attempt, in the order in which they started."""

    steps: list[StepView]


class AttemptView(Answer):
    """An attempt: a run of an instance. A restart begins the next one."""

    number: int
    status: Status
    started_at: str
    ended_at: str | None
    error: Failure | None


class Attempts(Answer):
    """All attempts of an instance, the oldest first."""

    attempts: list[AttemptView]


class Entry(Answer):
    """An event that no wait has taken yet (``buffered``), or a wait that no event came for (``waiting``)."""

    name: str
    id: str | None
    state: Literal["buffered", "waiting"]
    at: str


class Caller(Answer):
    """Who has done something: by which ``entry``, and with which API key, if it was one of the ledger."""

    entry: Literal["key", "iam", "run", "open"]
    key_id: str | None = None
    name: str | None = None


class SentEvent(Answer):
    """An event that was sent through the API, and who sent it."""

    name: str
    id: str | None
    at: str
    by: Caller


class Entries(Answer):
    """The events and waits of an instance, the oldest first. ``sent``: who sent the last ones."""

    events: list[Entry]
    sent: list[SentEvent]


class WorkflowView(Answer):
    """A workflow. ``inputSchema``: null if it takes any input; ``refusal``: why it cannot run here, null if it can."""

    name: str
    version: int
    status: Literal["draft", "active", "paused", "archived"]
    refusal: str | None
    engine: str
    input_schema: Any
    public_output: bool
    retention_days: int
    connections: list[str]


class Workflows(Answer):
    """The workflows, by name."""

    workflows: list[WorkflowView]


class Definition(Answer):
    """What a workflow is made of. ``machine``: in the Amazon States Language; null for code, or if it is not deployed.

    ``why``: in words, why ``machine`` is null. ``inputSchema`` as in the workflow.
    """

    name: str
    version: int
    engine: str
    machine: dict[str, Any] | None
    why: str | None
    input_schema: Any


class SourceView(Answer):
    """A source: neither its secrets nor references to them.

    ``usable``: a secret is known that can verify. ``secretUntil``: when the first of those that verify now ends.
    """

    name: str
    sender: str
    path: str
    workflow: str
    workflows: list[str]
    types: list[str]
    duplicates: str
    changed: str
    replays: str | None
    max_body: int
    starts_per_minute: int | None
    usable: bool
    secret_until: str | None


class Sources(Answer):
    """The sources, by name."""

    sources: list[SourceView]


class SenderView(Answer):
    """A sender whose deliveries this version verifies."""

    id: str
    title: str
    documentation: str | None
    evidence: str | None


class Senders(Answer):
    """The senders, by id."""

    senders: list[SenderView]


class Rejection(Answer):
    """How often deliveries of one source were refused for one reason within one hour."""

    source: str | None
    reason: str
    count: int
    first_at: str
    last_at: str
    request_id: str


class Rejections(Answer):
    """The rejections, the newest hours first."""

    rejections: list[Rejection]


class Health(Answer):
    """Whether the server and its parts are ``ok`` or ``unavailable``. Without an API key: ``status`` alone.

    ``faults``: on one machine, the parts of its process that have stopped working, each with the reason.
    ``withoutSecret``: the sources, of those that the key may see, that answer 503 because their secret is missing.
    ``secretsEnd``: of those, when the next of their secrets ends. ``configuration``: the SHA-256 of hooks.toml.
    ``reconciledAt``, ``oldestQueuedSeconds``: on one machine, as its own rounds have measured them.
    """

    status: Literal["ok", "unavailable"]
    ledger: Literal["ok", "unavailable"] | None = None
    engines: dict[str, Literal["ok", "unavailable"]] | None = None
    faults: dict[str, str] | None = None
    without_secret: list[str] | None = None
    secrets_end: dict[str, str] | None = None
    version: str | None = None
    configuration: str | None = None
    reconciled_at: str | None = None
    oldest_queued_seconds: float | None = None
