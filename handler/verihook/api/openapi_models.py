"""What the API answers, as OpenAPI tells it.

Members are in camelCase; times are ISO 8601 in UTC with milliseconds. A member without a value is null.
``verihook.api.openapi_examples`` has an example of each.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from verihook.api.parameters import camel
from verihook.model.instance import Status


class Answer(BaseModel):
    """What we answer."""

    model_config = ConfigDict(alias_generator=camel, extra="forbid")


class Failure(Answer):
    """The engine's words for why an instance did not complete."""

    code: str | None
    message: str | None


class Accepted(Answer):
    """An accepted start. The same on every replay: ``status`` is how it was accepted, not how it stands."""

    instance_id: str
    workflow: str
    version: int
    status: Literal["queued"]
    created_at: str
    start_at: str | None


class Result(Answer):
    """How an instance stands, with its output once it has completed."""

    instance_id: str
    workflow: str
    status: Status
    output: Any
    error: Failure | None


class Listed(Answer):
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


class Instances(Answer):
    """A page, the newest first. ``cursor`` leads to the next; null on the last."""

    instances: list[Listed]
    cursor: str | None


class BatchItem(Answer):
    """One start of a batch: ``status`` is what it would have answered alone, with ``instance`` or ``problem``.

    ``instanceStatus``: how the instance of a replay stands.
    """

    status: int
    replayed: bool
    instance_status: Status | None
    instance: Accepted | None
    problem: dict[str, Any] | None


class BatchResult(Answer):
    """The results, in the order of the starts."""

    results: list[BatchItem]


class StepView(Answer):
    """One step."""

    name: str
    status: Literal["running", "completed", "failed"]
    started_at: str
    ended_at: str | None
    input: Any
    output: Any
    error: Failure | None


class Steps(Answer):
    """The steps of the present attempt, in the order they started."""

    steps: list[StepView]


class AttemptView(Answer):
    """One attempt."""

    number: int
    status: Status
    started_at: str
    ended_at: str | None
    error: Failure | None


class Attempts(Answer):
    """All attempts, the first first."""

    attempts: list[AttemptView]


class Entry(Answer):
    """An event that no wait has taken yet (``buffered``), or a wait that no event came for (``waiting``)."""

    name: str
    id: str | None
    state: Literal["buffered", "waiting"]
    at: str


class Entries(Answer):
    """The oldest first."""

    events: list[Entry]


class WorkflowView(Answer):
    """A workflow."""

    name: str
    version: int
    status: Literal["draft", "active", "paused", "archived"]
    engine: str
    input_schema: Any
    public_output: bool
    retention_days: int
    connections: list[str]


class Workflows(Answer):
    """By name."""

    workflows: list[WorkflowView]


class SourceView(Answer):
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


class Sources(Answer):
    """By name."""

    sources: list[SourceView]


class SenderView(Answer):
    """A sender that this version verifies."""

    id: str
    title: str
    documentation: str | None
    evidence: str | None


class Senders(Answer):
    """By id."""

    senders: list[SenderView]


class Rejection(Answer):
    """Why deliveries of one source were refused within one hour."""

    source: str | None
    reason: str
    count: int
    first_at: str
    last_at: str
    request_id: str


class Rejections(Answer):
    """The newest hours first."""

    rejections: list[Rejection]


class KeyView(Answer):
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


class Keys(Answer):
    """By id, those that have ended lately too."""

    keys: list[KeyView]


class Health(Answer):
    """``ok``, or ``unavailable`` with the parts that are. Without an API key, the status alone.

    ``faults``: on one machine, what works beside the API in its process and does not any more, in words by its name.
    ``withoutSecret``: the sources, of those that the key may see, that answer 503 because their secret is missing.
    """

    status: Literal["ok", "unavailable"]
    ledger: Literal["ok", "unavailable"] | None = None
    engines: dict[str, Literal["ok", "unavailable"]] | None = None
    faults: dict[str, str] | None = None
    without_secret: list[str] | None = None
