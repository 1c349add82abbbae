"""Finds instances and deliveries by whatever a person has at hand: an id, a label, or the id of a request.

An event's id is not searched for: the id of its instance is derived from it, so each source costs one read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Literal

from verihook.instances import api_keys, idempotency
from verihook.model.instance import INSTANCE_ID, Instance
from verihook.model.listing import Query
from verihook.webhooks import deliveries
from verihook.webhooks.deliveries import Entry, Filters, View
from verihook.webhooks.identity import ids_of_event

if TYPE_CHECKING:
    from verihook.model.ports.sets import LookupPorts

By = Literal["instance", "event", "label", "idempotency-key", "request"]

#: How many instances with a label are shown.
_MOST_LABELLED = 20

#: The most API keys whose idempotency keys are looked at: one read each.
_MOST_OWNERS = 100

#: How many of the newest deliveries are searched for the id of a request.
_MOST_SEARCHED = 1000


@dataclass(frozen=True, slots=True)
class Hit:
    """One that was found. ``instance`` None: it is a delivery that was not accepted.

    ``deleted``: what is left of an event whose instance was purged, and nothing else is known.
    """

    by: By
    instance: Instance | None = None
    entry: Entry | None = None
    deleted: Instance | None = None


def lookup(text: str, view: View, ports: LookupPorts) -> list[Hit]:
    """Return what has this id, label (``TAG`` or ``KEY=VALUE``), idempotency key or request id, and is visible.

    Each instance once. Idempotency keys are those of all callers. Requests are looked for among the newest deliveries,
    as are events of which nothing is kept but the last one's id.
    """
    hits: list[Hit] = []
    seen: set[str] = set()
    # In the order of what each costs among many rows; the next is asked only if those before have found nothing.
    for found in (
        _by_event(text, ports),
        _by_id(text, ports),
        _by_label(text, ports),
        _by_idempotency_key(text, ports),
    ):
        for hit in () if hits else found:
            row = hit.instance or hit.deleted
            if row is not None and row.id not in seen and view.visible(Entry(row.id, row.created_at, "", instance=row)):
                seen.add(row.id)
                hits.append(hit)
    if not hits:
        hits += _among_newest(text, view, ports)
    return hits


def _by_event(text: str, ports: LookupPorts) -> Iterator[Hit]:
    """One read for each source, and for each of its workflows if there are several."""
    for source in ports.sources.values():
        for instance_id in ids_of_event(source, text, ports.instance_key):
            found = ports.ledger.get(instance_id, ports.clock.now_ms())
            if found is not None:
                yield _hit("event", found)


def _by_id(text: str, ports: LookupPorts) -> Iterator[Hit]:
    row = ports.ledger.get(text, ports.clock.now_ms()) if INSTANCE_ID.fullmatch(text) else None
    if row is not None and not (row.purged and row.source is None):
        yield _hit("instance", row)


def _hit(by: By, row: Instance) -> Hit:
    return Hit(by, deleted=row) if row.purged else Hit(by, row)


def _by_label(text: str, ports: LookupPorts) -> Iterator[Hit]:
    key, equals, value = text.partition("=")
    label = (f"metadata.{key}", value) if equals and key else ("tag", text)
    for row in ports.ledger.page(Query(label=label), _MOST_LABELLED, None, ports.clock.now_ms()):
        yield Hit("label", row)


def _by_idempotency_key(text: str, ports: LookupPorts) -> Iterator[Hit]:
    """Any caller can have started it: one without an API key, or the first of a chain of rotated ones."""
    now = ports.clock.now_ms()
    owners = dict.fromkeys(("", *(key.chain for key in islice(api_keys.list_keys(ports.documents, now), _MOST_OWNERS))))
    for owner in owners:
        instance_id = idempotency.instance_of_key(owner, text, ports)
        row = None if instance_id is None else ports.ledger.get(instance_id, now)
        if row is not None and not row.purged:
            yield Hit("idempotency-key", row)


def _among_newest(text: str, view: View, ports: LookupPorts) -> Iterator[Hit]:
    found = deliveries.page(Filters(), _MOST_SEARCHED, None, view, ports)
    for entry in found.entries:
        if entry.seen is not None and entry.seen.request_id == text:
            yield Hit("request", entry=entry)
        elif entry.seen is not None and deliveries.sample_in(entry.seen).get("eventId") == text:
            yield Hit("event", entry=entry)
        facts = None if entry.instance is None else entry.instance.facts
        if facts is not None and facts.request_id == text:
            yield Hit("request", entry.instance)
