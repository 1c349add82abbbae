"""What the API answers about deliveries; as :mod:`verihook.api.openapi_models`."""

from __future__ import annotations

from typing import Literal

from verihook.api.openapi_models import Answer, Failure, Listed
from verihook.model.instance import Status

Outcome = Literal[
    "accepted",
    "resumed",
    "rejected",
    "duplicate",
    "changed",
    "ignored",
    "handshake",
    "replayed",
    "previous-secret",
    "captured",
]


class Delivery(Answer):
    """One delivery that was accepted, or those of one outcome, source, reason and hour. ``at``: of the last of them.

    ``detail``: what is wrong with the last one, in words. ``event_id`` and ``event_type`` are of the last one, too.
    ``status``, ``held`` (by an operator, or as its workflow is paused), ``start_at`` and ``workflow`` are those of its
    instance; ``error``: why that waits or has failed. ``request_id``: of the last, to search the log for. ``resumed``:
    the instances that got its event, or get it while it is queued, [] if none has; null if it started an instance.
    ``carrier``: the delivery that carried it among others. ``test``: the last of them was a trial, which Verihook has
    sent itself.
    """

    id: str
    at: str
    source: str | None
    outcome: Outcome
    reason: str | None
    detail: str | None
    count: int
    first_at: str
    request_id: str | None
    event_id: str | None
    event_type: str | None
    instance_id: str | None
    status: Status | None
    held: bool | None
    start_at: str | None
    error: Failure | None
    workflow: str | None
    resumed: list[str] | None
    carrier: str | None
    test: bool


class EventResult(Answer):
    """What became of one event of a delivery that carries several; ``number``: its place in it, from 0 on.

    ``instances``: if it starts several. ``reason`` and ``detail``: why it has failed or is ignored.
    """

    number: int
    status: Literal["started", "duplicate", "ignored", "failed"]
    event_id: str | None = None
    event_type: str | None = None
    instance_id: str | None = None
    instances: list[str] | None = None
    reason: str | None = None
    detail: str | None = None


class Events(Answer):
    """How many events the delivery carries, and how many of them became what. While it is split, so far."""

    count: int
    started: int
    duplicate: int
    ignored: int
    failed: int
    results: list[EventResult]


class Header(Answer):
    """A header that was kept, by its name alone. Of a signature, the beginning of its SHA-256."""

    name: str
    value: str


class BodyFacts(Answer):
    """The body as it came: its length in bytes, its SHA-256 in hex if it is known, and whether it can be read."""

    length: int
    sha256: str | None
    kept: bool


class SignedPart(Answer):
    """A field such as ``{body}``, or the text between two. ``bytes``: its length, null if that is not known."""

    part: str
    bytes: int | None


class Signed(Answer):
    """What the sender signs, in words and by its parts; none if the scheme has no template."""

    how: str
    parts: list[SignedPart]


class DeliveryDetail(Delivery):
    """A delivery with what is kept of it, until ``kept_until``. ``replay_of``: the delivery that was replayed.

    ``signed``: what its source's scheme says is signed, as it is configured now; null if a feed brought it.
    ``trace_id``: of the W3C trace that it came in, if it was accepted with a valid ``traceparent``.

    ``meaning``: why one is refused for this reason most often, and what to do; null if the reason says all.

    Of those that were not accepted, path, names of headers and body are those of the last one.
    """

    signed: Signed | None
    meaning: str | None
    path: str | None
    verified_by: str | None
    headers: list[Header]
    header_names: list[str]
    content_type: str | None
    agent: str | None
    body: BodyFacts | None
    kept_until: str | None
    replay_of: str | None
    trace_id: str | None
    events: Events | None


class Deliveries(Answer):
    """A page, the newest first. ``cursor`` leads to the next, which a filter may leave empty; null on the last."""

    deliveries: list[Delivery]
    cursor: str | None


class Hit(Answer):
    """One that was found, and by what. ``delivery``: of an instance that a webhook started; or one not accepted.

    ``deleted_at``: when what was kept of it was deleted; then there is neither.
    """

    by: Literal["instance", "event", "label", "idempotency-key", "request"]
    instance: Listed | None
    delivery: Delivery | None
    deleted_at: str | None


class Lookup(Answer):
    """What has this id or label; empty if nothing has."""

    found: list[Hit]


class Forgotten(Answer):
    """What was deleted of an event. ``samples``: of counted deliveries, erased. ``not_deleted``: in words."""

    instances: list[str]
    samples: int
    captured: int
    not_deleted: list[str]


class CaptureWindow(Answer):
    """Until when refused requests of the source are kept, how many at most, and of which reasons; none: of all."""

    source: str
    until: str
    samples: int
    reasons: list[str]
