"""Deliveries that carry several events: the delivery itself becomes one row, durable before the answer goes out.

The row is like an instance's, of our own engine ``batch``, and its input is the body. So it is listed, watched,
repaired and purged as every instance is. What starts its events is :mod:`verihook.worker.splitting`.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from verihook import instances
from verihook.errors import BodyTooLarge, Duplicate, EventMalformed
from verihook.instances import holding, payload, replays
from verihook.instances.inputs import store_raw
from verihook.instances.starting import WORKER_MS, start_when_due
from verihook.model import deadline
from verihook.model.instance import BATCH, Instance, Status
from verihook.model.ports import MAX_INLINE
from verihook.records import replace
from verihook.senders.event import event_id, event_type
from verihook.webhooks.identity import id_of_batch
from verihook.webhooks.intake import IntakeResult
from verihook.webhooks.keeping import delivery_of, payload_keys, raw_in_row

if TYPE_CHECKING:
    from verihook.model.ports import PayloadWriter, Trace
    from verihook.model.ports.sets import ControlPorts, IntakePorts
    from verihook.model.source import Source
    from verihook.request import Request
    from verihook.senders.each import Each
    from verihook.senders.event import Body

#: The most events of one delivery: each becomes an instance, and a result.
MOST_EVENTS = 10_000


def events_in(each: Each, content: object) -> list[Any]:
    """Return the events of a delivery, whose body is ``content``, in their order. An object there is one event.

    Raises EventMalformed if there is neither an array nor an object, BodyTooLarge if there are too many.
    """
    found = each.events(content, MOST_EVENTS + 1)
    if found is None:
        raise EventMalformed(f"The events of the delivery ({each}) must be an array.")
    if len(found) > MOST_EVENTS:
        raise BodyTooLarge(f"The delivery has more than {MOST_EVENTS:,} events, which are the most that are taken.")
    return found


def take_batch(
    source: Source, body: Body, request: Request, signed: str | None, ports: IntakePorts, trace: Trace
) -> IntakeResult:
    """Claim the row of a delivery, and wake what splits it. Fill in the trace. One write.

    ``signed``: the digest of what its sender signed. Raises EventMalformed, BodyTooLarge, NotActive, NotSupported,
    Duplicate and Unavailable; then nothing was accepted.
    """
    places = source.sender.places
    trace.event_type, trace.event_id = event_type(places, request, body), event_id(places, request, body)
    if places.each is None or not events_in(places.each, body.content):
        trace.outcome, trace.detail = "ignored", f"each: there is no event in {places.each}"
        return IntakeResult(None, None, duplicate=False)
    with deadline.part(deadline.CLAIM_SHARE):
        for name in source.workflows:
            # Refused now rather than for each event.
            holding.workflow_for(name, source, ports)
        fresh = _row(source, body, request, signed or None, ports, trace)
        trace.instance_id = fresh.id
        existing, kept = _claim(fresh, body, source, ports, trace)
    trace.outcome = "accepted" if existing is None else "duplicate"
    if existing is not None:
        return _redelivered(existing, kept, source, ports, trace)
    return IntakeResult(fresh.id, _wake(kept, ports), duplicate=False, workflow=fresh.workflow)


def _row(
    source: Source, body: Body, request: Request, signed: str | None, ports: IntakePorts, trace: Trace
) -> Instance:
    digest = hashlib.sha256(body.text.encode("utf-8", "surrogatepass")).hexdigest
    identity = f"body {digest()}" if trace.event_id is None else f"id {trace.event_id}"
    now = trace.received_at
    return Instance(
        id_of_batch(source, identity, ports.instance_key),
        source.workflow,
        body.text,
        created_at=now,
        updated_at=now,
        version=ports.workflows[source.workflow].version,
        source=source.name,
        event_id=trace.event_id,
        event_type=trace.event_type,
        engine=BATCH,
        due_at=now + max(ports.pace.first_ms, WORKER_MS),
        signed=signed,
        delivery=delivery_of(source, request, body.text, trace),
    )


def _claim(
    fresh: Instance, body: Body, source: Source, ports: IntakePorts, trace: Trace
) -> tuple[Instance | None, Instance]:
    """Return the row that is there already, or None; and the row as it was to be claimed."""
    refuses_replays = fresh.signed is not None and source.refuses_replays
    if refuses_replays:
        replays.check_before_claim(fresh, ports, trace)
    payloads = ports.recent_payloads.without_repeats(ports.payloads, trace.received_at)
    fresh = store_raw(_with_input(fresh, body, ports, payloads), payloads)
    existing = ports.ledger.claim(fresh)
    for key in payload_keys(fresh):
        ports.recent_payloads.note(key, existing or fresh, trace.received_at)
    if existing is None and not refuses_replays:
        replays.check_after_claim(fresh, ports, trace)
    return existing, fresh


def _with_input(fresh: Instance, body: Body, ports: IntakePorts, payloads: PayloadWriter) -> Instance:
    room = MAX_INLINE if ports.ledger.has_room(body.text) else 0
    return replace(fresh, input=payload.store_if_large(body.text, body.content, fresh.id, room, payloads))


def _redelivered(
    existing: Instance, fresh: Instance, source: Source, ports: ControlPorts, trace: Trace
) -> IntakeResult:
    """The delivery is known already: the source's policies decide."""
    trace.changed = not existing.purged and not payload.same_json(existing.input, fresh.input, ports.payloads)
    if trace.changed and source.keep == "full" and trace.request is not None:
        trace.changed_body = raw_in_row(trace.request.body)
    if trace.changed and source.changed == "reject":
        raise Duplicate(f"The delivery came before, with another body; it is {existing.id}.")
    if source.duplicates == "reject":
        raise Duplicate(f"The delivery came before; it is {existing.id}.")
    following = None
    if source.duplicates == "restart" and not existing.purged:
        following = instances.replace_attempt(existing, fresh, ports)
    if following is not None:
        return IntakeResult(following.id, _wake(following, ports), duplicate=True, workflow=fresh.workflow)
    status = existing.status
    if not (existing.final or existing.held or existing.purged):
        # What split it may have been stopped.
        _wake(existing, ports)
    return IntakeResult(existing.id, status, duplicate=True, workflow=fresh.workflow)


def _wake(row: Instance, ports: ControlPorts) -> Status:
    with deadline.at_most(deadline.START_MS):
        return start_when_due(row, ports, row.input)
