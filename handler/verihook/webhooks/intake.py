"""An event that is proven genuine becomes an instance: filter, validate, claim, start.

The deliveries over HTTP (:mod:`verihook.webhooks.receive`) and those of queues and topics
(:mod:`verihook.webhooks.feeds`) meet here. An accepted event costs one ledger write and one engine start, a duplicate
one write; :mod:`verihook.instances.replays` one write more for senders that sign neither the event's id nor a time.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

from verihook import instances
from verihook.errors import Duplicate
from verihook.instances import limits, payload, replays
from verihook.instances.inputs import store_input
from verihook.instances.starting import active_workflow, first_look_ms
from verihook.model import deadline
from verihook.model.instance import Instance, Status, derive_id
from verihook.model.ports import Services, Trace
from verihook.model.source import Source
from verihook.records import replace
from verihook.request import json_text
from verihook.senders.event import wanted


@dataclass(frozen=True, slots=True)
class Arrival:
    """A genuine event: its JSON text, the same parsed, the event's id and type if it has them.

    ``signed``: the digest of what its sender signed, if a captured delivery could come again under another id.
    """

    content: Any
    text: str
    id: str | None
    type: str | None
    signed: str | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of it. ``instance_id`` and ``status`` are None where the source does not want its type."""

    instance_id: str | None
    status: Status | None
    duplicate: bool


def take(source: Source, arrival: Arrival, services: Services, trace: Trace) -> Taken:
    """Start the workflow of the source, unless the event is known already or not wanted. Fills in the trace.

    Raises NotActive, InputInvalid, RateLimited, Duplicate and Unavailable; then nothing was accepted.
    """
    trace.event_type, trace.event_id = arrival.type, arrival.id
    if not wanted(arrival.type, source.types):
        trace.outcome = "ignored"
        return Taken(None, None, duplicate=False)
    with deadline.part(deadline.TAKING):
        fresh, content = _instance(source, arrival, services, trace)
        # Most sources remember nothing of what was signed.
        refuses_replays = fresh.signed is not None and source.refuses_replays
        if refuses_replays:
            replays.check_before_claim(fresh, services, trace)
        payloads = services.spared.of(services.payloads, trace.received_at)
        kept, given = store_input(
            fresh.input, content, fresh.id, services.workflows[fresh.workflow], services, payloads
        )
        if kept is not fresh.input:
            fresh = replace(fresh, input=kept)
        if source.starts_per_minute is not None:
            limits.spend_token(f"source#{source.name}", source.starts_per_minute, services)
        existing = services.ledger.claim(fresh)
        if (key := payload.key_of(kept)) is not None:
            services.spared.note(key, existing or fresh, trace.received_at)
        if existing is None and not refuses_replays:
            replays.check_after_claim(fresh, services, trace)
    if existing is not None:
        return _redelivered(existing, fresh, given, source, services, trace)
    trace.outcome = "accepted"
    return Taken(fresh.id, _start(fresh, services, given), duplicate=False)


def _start(fresh: Instance, services: Services, given: str) -> Status:
    """Start what is durable. Its engine is not waited for: reconcile starts what is not started in time.

    An Express machine is: its end is the answer.
    """
    if services.workflows[fresh.workflow].express:
        return instances.start(fresh, services, given)
    with deadline.at_most(deadline.START_MS):
        return instances.start(fresh, services, given)


def _instance(source: Source, arrival: Arrival, services: Services, trace: Trace) -> tuple[Instance, object]:
    """The row to claim, with the whole text of its input, and that parsed.

    It holds nothing of the delivery but the event, so every retry starts the same.
    """
    workflow = active_workflow(source.workflow, services.workflows)
    content = workflow.accept(arrival.content)
    # The very text that came, unless the schema's defaults were put in.
    text = arrival.text if content is arrival.content else json_text(content)
    trace.instance_id = derive_id(services.instance_key, source.name, _identity(source, arrival, trace))
    now = trace.received_at
    instance = Instance(
        trace.instance_id,
        workflow.name,
        text,
        created_at=now,
        updated_at=now,
        version=workflow.version,
        source=source.name,
        event_id=arrival.id,
        event_type=arrival.type,
        engine=workflow.engine,
        due_at=now + first_look_ms(workflow, services),
        signed=arrival.signed,
    )
    return instance, content


def _identity(source: Source, arrival: Arrival, trace: Trace) -> str:
    """What makes two deliveries one event. Without an id each is an event of its own, unless the source says else."""
    if arrival.id is not None:
        return f"id {arrival.id}"
    if source.by_body:
        return f"body {hashlib.sha256(_canonical(arrival).encode('utf-8', 'surrogatepass')).hexdigest()}"
    return f"request {trace.request_id}"


def _canonical(arrival: Arrival) -> str:
    """The event in one spelling: a carrier such as EventBridge writes its JSON anew."""
    try:
        return payload.canonical_json(arrival.content)
    except RecursionError:
        return arrival.text


def _redelivered(
    existing: Instance, fresh: Instance, given: str, source: Source, services: Services, trace: Trace
) -> Taken:
    """The event is known already: the source's policies decide."""
    trace.outcome = "duplicate"
    trace.changed = not existing.purged and not payload.same_json(existing.input, fresh.input, services.payloads)
    if trace.changed and source.changed == "reject":
        raise Duplicate(f"The event was delivered before, with another body; its instance is {existing.id}.")
    if source.duplicates == "reject":
        raise Duplicate(f"The event was delivered before; its instance is {existing.id}.")
    if source.duplicates == "restart" and not existing.purged:
        following = instances.replace_attempt(existing, fresh, services)
        if following is not None:
            return Taken(following.id, _start(following, services, given), duplicate=True)
        existing = services.ledger.get(existing.id, services.clock.now_ms()) or existing
    return Taken(existing.id, existing.status, duplicate=True)
