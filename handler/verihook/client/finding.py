"""Finding deliveries again: the list, one with what is kept of it, the bytes of its body; and replaying them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack

from verihook.client import decoding
from verihook.client.delivery_records import Delivery, DeliveryPage, Forgotten, Hit
from verihook.client.records import Instance
from verihook.client.wire import Request, Work, path


class DeliveryFilters(TypedDict, total=False):
    """What a list of deliveries is of; ``type`` of an event, also with a ``*`` at the end. ``since`` is inclusive."""

    source: str | None
    outcome: str | None
    reason: str | None
    type: str | None
    since: datetime | None
    until: datetime | None


def deliveries(*, limit: int = 50, cursor: str | None = None, **filters: Unpack[DeliveryFilters]) -> Work[DeliveryPage]:
    """One page of deliveries, the newest first; ``limit`` 1 to 1000, ``cursor`` of the page before.

    Those that were not accepted are counted by outcome, source, reason and hour. A page that a filter has left empty
    may go on. Raises InvalidInput, Unauthorized, Forbidden.
    """
    query = {"limit": str(limit), **({} if cursor is None else {"cursor": cursor})}
    names = {"since": "from", "until": "to"}
    for name, value in filters.items():
        if value is not None:
            query[names.get(name, name)] = value.isoformat() if isinstance(value, datetime) else str(value)
    answer = yield Request("GET", path("deliveries"), query)
    return answer.read(decoding.delivery_page)


def delivery(delivery_id: str) -> Work[Delivery]:
    """One delivery, with the headers that are kept of it and the digest of its body. Raises NotFound."""
    answer = yield Request("GET", path("deliveries", delivery_id))
    return answer.read(decoding.delivery)


def replay_delivery(delivery_id: str, *, as_new: bool = False) -> Work[Instance]:
    """Start it again with the same input: as the next attempt of its instance, or ``as_new``, as another instance.

    Raises NotFound, Conflict, RateLimited, InvalidInput (the workflow is not active).
    """
    body = {"asNew": as_new}
    answer = yield Request("POST", path("deliveries", delivery_id, "replay"), body=body, repeatable=False)
    return answer.read(decoding.instance)


def lookup(text: str) -> Work[tuple[Hit, ...]]:
    """What has this id of an event, instance or request, this tag, ``KEY=VALUE`` of metadata, or idempotency key."""
    answer = yield Request("GET", path("lookup"), {"q": text})
    return answer.read(lambda content: tuple(decoding.hit(each) for each in content["found"]))


def delivery_body(delivery_id: str) -> Work[bytes]:
    """The very bytes of its body. The server's log has who read them. Raises NotFound if they are not kept."""
    answer = yield Request("GET", path("deliveries", delivery_id, "body"))
    return answer.body


def delete_delivery(delivery_id: str, *, force: bool = False) -> Work[Forgotten]:
    """Delete what is kept of its event; ``force``: terminate an instance that runs first. Raises NotFound, Conflict."""
    answer = yield Request("DELETE", path("deliveries", delivery_id), {"force": "true"} if force else {})
    return answer.read(decoding.forgotten)


def delete_event(source: str, event_id: str, *, force: bool = False) -> Work[Forgotten]:
    """Delete what is kept of an event of the source, by the event's own id. Also if nothing is found. As above."""
    query = {"source": source, "eventId": event_id, **({"force": "true"} if force else {})}
    answer = yield Request("DELETE", path("deliveries"), query)
    return answer.read(decoding.forgotten)


def capture(source: str, *, minutes: int = 10, samples: int = 20, reasons: Sequence[str] = ()) -> Work[datetime]:
    """Keep whole refused requests of a source for some minutes (1 to 60), 20 at most. Return until when.

    ``reasons``: of the refusals to keep; () for all. Raises NotFound, InvalidInput.
    """
    body = {"minutes": minutes, "samples": samples, "reasons": list(reasons)}
    answer = yield Request("POST", path("sources", source, "captures"), body=body)
    return answer.read(decoding.end_of_window)
