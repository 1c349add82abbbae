"""Finding deliveries again: the list, one with what is kept of it, the bytes of its body."""

from __future__ import annotations

from datetime import datetime
from typing import TypedDict, Unpack

from verihook.client import decoding
from verihook.client.records import Delivery, DeliveryPage
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


def delivery_body(delivery_id: str) -> Work[bytes]:
    """The very bytes of its body. The server's log has who read them. Raises NotFound if they are not kept."""
    answer = yield Request("GET", path("deliveries", delivery_id, "body"))
    return answer.body
