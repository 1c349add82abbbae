"""Which deliveries are one event, and which ids its instances have."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from verihook.instances import payload
from verihook.model.instance import derive_id

if TYPE_CHECKING:
    from verihook.model.ports import Trace
    from verihook.model.source import Source
    from verihook.webhooks.intake import ProvenEvent


def ids_of_event(source: Source, event_id: str, key: bytes) -> list[str]:
    """Return the ids of the instances that the event with this id starts, or has started.

    If the source splits deliveries, also the id of the delivery with this id.
    """
    ids = [id_of(source, name, f"id {event_id}", key) for name in source.workflows]
    return ids if source.sender.places.each is None else [*ids, id_of_batch(source, f"id {event_id}", key)]


def id_of_batch(source: Source, identity: str, key: bytes) -> str:
    """Return the id of the row of a delivery of several events: ``id ID`` or ``body SHA256`` makes it out."""
    return derive_id(key, source.name, f"delivery {identity}")


def id_of(source: Source, workflow: str, identity: str, key: bytes) -> str:
    """Return the id of the instance that an event of this identity starts of this workflow."""
    if workflow in source.by_name:
        identity = f"workflow {workflow} {identity}"
    return derive_id(key, source.name, identity)


def identity_of(source: Source, event: ProvenEvent, trace: Trace) -> str:
    """Return what makes two deliveries one event. Without an id each is its own event, unless its body tells it."""
    if event.id is not None:
        return f"id {event.id}"
    by_body = source.tells_by_body(event.content)
    if trace.carried is not None and not by_body:
        return f"member {trace.carried.number} of {trace.carried.delivery_id}"
    if by_body:
        return f"body {hashlib.sha256(_canonical(event).encode('utf-8', 'surrogatepass')).hexdigest()}"
    return f"request {trace.request_id}"


def _canonical(event: ProvenEvent) -> str:
    """The event in one spelling: a carrier such as EventBridge writes its JSON in another."""
    try:
        return payload.canonical_json(event.content)
    except RecursionError:
        return event.text
