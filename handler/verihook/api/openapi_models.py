"""What the API answers, as OpenAPI tells it.

Members are in camelCase; times are ISO 8601 in UTC with milliseconds. A member without a value is null.
``verihook.api.openapi_examples`` has an example of each.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from verihook.api.parameters import camel
from verihook.model.instance import Status


class _Answer(BaseModel):
    """What we answer."""

    model_config = ConfigDict(alias_generator=camel, extra="forbid")


class Failure(_Answer):
    """The engine's words for why an instance did not complete."""

    code: str | None
    message: str | None


class Accepted(_Answer):
    """An accepted start. The same on every replay: ``status`` is how it was accepted, not how it stands."""

    instance_id: str
    workflow: str
    version: int
    status: Literal["queued"]
    created_at: str
    start_at: str | None


class Result(_Answer):
    """How an instance stands, with its output once it has completed."""

    instance_id: str
    workflow: str
    status: Status
    output: Any
    error: Failure | None


class Listed(_Answer):
    """An instance as lists show it."""

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
    """An instance with all that is kept of it. ``replay_of``: what the same signed bytes started under another id.

    ``leased_until``: of the engine ``function``, when the worker that runs it has to be done, or the next try
    may begin.
    """

    leased_until: str | None
    replay_of: str | None
    input: Any
    output: Any


class Instances(_Answer):
    """A page, the newest first. ``cursor`` leads to the next; null on the last."""

    instances: list[Listed]
    cursor: str | None


class BatchItem(_Answer):
    """One start of a batch: ``status`` is what it would have answered alone, with ``instance`` or ``problem``.

    ``instanceStatus``: how the instance of a replay stands.
    """

    status: int
    replayed: bool
    instance_status: Status | None
    instance: Accepted | None
    problem: dict[str, Any] | None


class BatchResult(_Answer):
    """The results, in the order of the starts."""

    results: list[BatchItem]


class StepView(_Answer):
    """One step."""

    name: str
    status: Literal["running", "completed", "failed"]
    started_at: str
    ended_at: str | None
    input: Any
    output: Any
    error: Failure | None


class Steps(_Answer):
    """The steps of the present attempt, in the order they started."""

    steps: list[StepView]


class AttemptView(_Answer):
    """One attempt."""

    number: int
    status: Status
    started_at: str
    ended_at: str | None
    error: Failure | None


class Attempts(_Answer):
    """All attempts, the first first."""

    attempts: list[AttemptView]


class Entry(_Answer):
    """An event that no wait has taken yet (``buffered``), or a wait that no event came for (``waiting``)."""

    name: str
    id: str | None
    state: Literal["buffered", "waiting"]
    at: str


class Entries(_Answer):
    """The oldest first."""

    events: list[Entry]


class WorkflowView(_Answer):
    """A workflow."""

    name: str
    version: int
    status: Literal["draft", "active", "paused", "archived"]
    engine: str
    input_schema: Any
    public_output: bool
    retention_days: int
    connections: list[str]


class Workflows(_Answer):
    """By name."""

    workflows: list[WorkflowView]


class SourceView(_Answer):
    """A source. Never a secret, nor where one is."""

    name: str
    sender: str
    path: str
    workflow: str
    types: list[str]
    duplicates: str
    changed: str
    replays: str | None
    max_body: int
    starts_per_minute: int | None


class Sources(_Answer):
    """By name."""

    sources: list[SourceView]


class SenderView(_Answer):
    """A sender that this version verifies."""

    id: str
    title: str
    documentation: str | None
    evidence: str | None


class Senders(_Answer):
    """By id."""

    senders: list[SenderView]


class Rejection(_Answer):
    """Why deliveries of one source were refused within one hour."""

    source: str | None
    reason: str
    count: int
    first_at: str
    last_at: str
    request_id: str


class Rejections(_Answer):
    """The newest hours first."""

    rejections: list[Rejection]


class KeyView(_Answer):
    """An API key, without its secret."""

    id: str
    name: str
    status: Literal["active", "revoked", "expired"]
    scopes: list[str]
    workflows: list[str]
    created_at: str
    expires_at: str | None
    last_used_at: str | None
    revoked_at: str | None
    replaces: str | None


class KeyShown(KeyView):
    """A key that was just made: ``secret`` is shown this once."""

    secret: str


class Keys(_Answer):
    """By id, those that have ended lately too."""

    keys: list[KeyView]


class Health(_Answer):
    """``ok``, or ``unavailable`` with the parts that are. Without an API key, the status alone.

    ``faults``: on one machine, what works beside the API in its process and does not any more, in words by its name.
    ``withoutSecret``: the sources, of those that the key may see, that answer 503 because their secret is missing.
    """

    status: Literal["ok", "unavailable"]
    ledger: Literal["ok", "unavailable"] | None = None
    engines: dict[str, Literal["ok", "unavailable"]] | None = None
    faults: dict[str, str] | None = None
    without_secret: list[str] | None = None


class Delivered(_Answer):
    """An accepted delivery. ``duplicate``: the event was delivered before."""

    instance_id: str
    status: Status
    duplicate: bool


class Ignored(_Answer):
    """An event of a type that the source does not want."""

    ignored: str


class Standing(_Answer):
    """How an instance stands, for anyone who knows its id. ``output`` and ``error`` only if the workflow says so."""

    instance_id: str
    workflow: str
    status: Status
    created_at: str
    updated_at: str
    output: Any = None
    error: Failure | None = None


class Service(BaseModel):
    """That the service runs."""

    service: str
    status: Literal["running"]
