"""What the API tells of deliveries, as dataclasses; as in :mod:`verihook.client.records`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from verihook.client.records import Content, Instance
from verihook.model.instance import Status


@dataclass(frozen=True, slots=True)
class EventResult:
    """What became of one event of a delivery that carries several; ``number``: its place in it, from 0 on.

    ``status``: ``started``, ``duplicate``, ``ignored`` or ``failed``. ``instances``: the ids of what it started, or of
    what an earlier delivery of it has started. ``reason`` and ``detail``: why it has failed or is ignored.
    """

    number: int
    status: str
    event_id: str | None = None
    event_type: str | None = None
    instances: tuple[str, ...] = ()
    reason: str | None = None
    detail: str | None = None


def event_result(content: Content) -> EventResult:
    """Return the result of one event of a delivery."""
    first = content.get("instanceId")
    return EventResult(
        number=content["number"],
        status=content["status"],
        event_id=content.get("eventId"),
        event_type=content.get("eventType"),
        instances=tuple(content.get("instances") or ([] if first is None else [first])),
        reason=content.get("reason"),
        detail=content.get("detail"),
    )


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that was accepted, or those of one outcome, source, reason and hour. ``at``: of the last of them.

    ``id`` of an accepted one is its instance's, whose are ``status``, ``held`` and ``start_at``, too; ``error`` and
    ``cause``: why that waits or has failed. ``resumed``: the instances that got its event, () if none has, None if it
    started an instance; ``detail``: what is wrong with it, in words. ``headers``: those that are kept, as pairs, and of
    one that was not accepted ``header_names`` alone; () in lists. The rest is None in lists, or if nothing is kept any
    more: ``length`` and ``sha256`` of the body, ``body_kept``: whether it can be read, ``verified_by``: ``current``,
    ``previous`` or ``feed``; ``replay_of``: the delivery that was replayed. ``carrier``: the delivery that carried it
    among others; ``event_count``: how many one carries itself, None if it is one event; ``events``: what became of them
    so far, in their order. ``trace_id``: of the W3C trace that it came in.
    """

    id: str
    at: datetime
    outcome: str
    source: str | None = None
    reason: str | None = None
    detail: str | None = None
    count: int = 1
    request_id: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    instance_id: str | None = None
    status: Status | None = None
    held: bool = False
    start_at: datetime | None = None
    error: str | None = None
    cause: str | None = None
    workflow: str | None = None
    resumed: tuple[str, ...] | None = None
    path: str | None = None
    verified_by: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    header_names: tuple[str, ...] = ()
    content_type: str | None = None
    agent: str | None = None
    length: int | None = None
    sha256: str | None = None
    body_kept: bool = False
    kept_until: datetime | None = None
    replay_of: str | None = None
    trace_id: str | None = None
    carrier: str | None = None
    event_count: int | None = None
    events: tuple[EventResult, ...] = ()
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """One page of deliveries, the newest first. ``cursor``: of the next page; None on the last."""

    deliveries: tuple[Delivery, ...]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was deleted of an event: ids of instances, how many samples and captured requests; and what was not."""

    instances: tuple[str, ...]
    samples: int
    captured: int
    not_deleted: tuple[str, ...]
    raw: Content = field(repr=False, compare=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hit:
    """One that a lookup has found. ``by``: ``instance``, ``event``, ``label``, ``idempotency-key`` or ``request``.

    ``deleted_at``: when what was kept of it was deleted; then there is neither instance nor delivery.
    """

    by: str
    instance: Instance | None
    delivery: Delivery | None
    deleted_at: datetime | None = None
