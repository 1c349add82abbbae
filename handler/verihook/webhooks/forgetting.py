"""Deletes what is kept of an event, wherever it is: if someone has the right to that.

The instances that the event has started go as by a purge, so that what is left of each is a tombstone, and a redelivery
starts nothing. Then go the samples of counted deliveries and the captured requests that name the event. What was
deleted is not found again, so a call that was stopped is made once more.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from verihook.errors import Conflict, InstanceNotFound
from verihook.instances import lifecycle, redelivery
from verihook.model.ports import KEPT_MS, Kind, Observation
from verihook.records import replace
from verihook.webhooks import captures
from verihook.webhooks.deliveries import carrier as carrier_of
from verihook.webhooks.deliveries import sample_in
from verihook.webhooks.identity import ids_of_event
from verihook.webhooks.keeping import body_of

if TYPE_CHECKING:
    from verihook.model.ports.sets import ForgetPorts
    from verihook.model.source import Source

#: What no call of ours can delete, in words.
LEFT = (
    "the log, which has the event's id for as long as its log group keeps it",
    "in AWS, the history of executions in Step Functions: 90 days after their end",
    "in AWS, the table's continuous backups: 35 days",
    "what a receiver has counted and not yet written: delete again after two minutes",
    "what the workflow itself has done, your own exports and backups, and the sender's own list",
)

#: The most observations of a kind that are looked at: 14 days of them.
_MOST_SEEN = 10_000


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was deleted: the ids of instances, and how many samples and captured requests. ``left``: what was not."""

    instances: tuple[str, ...]
    samples: int
    captured: int
    left: tuple[str, ...] = LEFT


def forget_event(source: Source, event_id: str, ports: ForgetPorts, *, force: bool = False) -> Forgotten:
    """Delete what is kept of the event. ``force``: an instance that runs is terminated first.

    Raises Conflict for one that runs, without ``force``; EngineUnavailable, LedgerUnavailable, PayloadsUnavailable:
    call it again.
    """
    ids = ids_of_event(source, event_id, ports.instance_key)
    return _forget(ids, source, event_id, ports, force)


def forget_delivery(delivery_id: str, ports: ForgetPorts, *, force: bool = False) -> Forgotten:
    """Delete what is kept of an accepted delivery's event. Raises InstanceNotFound, and as :func:`forget_event`."""
    row = ports.ledger.get(delivery_id, ports.clock.now_ms())
    source = None if row is None or row.purged else ports.sources.get(row.source or "")
    if row is None or row.purged:
        raise InstanceNotFound("There is no delivery with this id.")
    if source is None or row.event_id is None:
        return _forget([delivery_id], source, "", ports, force)
    # Also a replay of an operator, whose own id is not derived from the event's.
    ids = dict.fromkeys([*ids_of_event(source, row.event_id, ports.instance_key), delivery_id])
    return _forget(list(ids), source, row.event_id, ports, force)


def _forget(ids: list[str], source: Source | None, event_id: str, ports: ForgetPorts, force: bool) -> Forgotten:
    every = dict.fromkeys([*ids, *(link for id in ids for link in redelivery.links(id, ports))])
    if not force:
        _check_ended(every, ports)
    # The rows go last, those of ``ids`` at the end: by them, a call that is made again finds what is left.
    samples = [*_samples(set(every), source, event_id, ports)]
    for seen in samples:
        # The count stays, and nothing of the request that was its sample.
        ports.ledger.observe(replace(seen, count=0, sample="", request_id=""))
    left = (*LEFT, *_carriers(every, ports))
    captured = 0 if source is None or not event_id else _remove_captured(source.name, event_id, ports)
    purged = []
    for id in reversed(every):
        with suppress(InstanceNotFound):
            lifecycle.purge(id, ports, force)
            purged.append(id)
    for id in ids:
        redelivery.forget_links(id, ports)
    return Forgotten(tuple(purged[::-1]), len(samples), captured, left)


def _carriers(ids: Iterable[str], ports: ForgetPorts) -> Iterator[str]:
    """Name the deliveries that carried one of these events among others, in words: their bodies have all of them."""
    rows = [ports.ledger.get(id, ports.clock.now_ms()) for id in ids]
    for carrier in dict.fromkeys(None if row is None else carrier_of(row) for row in rows):
        if carrier is not None:
            yield f"the delivery {carrier}, which carried the event among others: delete that, too"


def _check_ended(ids: Iterable[str], ports: ForgetPorts) -> None:
    """Raise Conflict for an instance that runs, before anything is deleted."""
    for id in ids:
        row = ports.ledger.get(id, ports.clock.now_ms())
        if row is not None and not row.purged and not row.final:
            raise Conflict(f"The instance is {row.status}; terminate it first, or force.", instance_id=id)


def _samples(ids: set[str], source: Source | None, event_id: str, ports: ForgetPorts) -> Iterator[Observation]:
    """The observations whose sample names one of the instances, or the event."""
    since = ports.clock.now_ms() - KEPT_MS
    for kind in get_args(Kind):
        name = None if source is None else source.name
        for seen in ports.ledger.observations(kind, name, _MOST_SEEN, since):
            if seen.sample and (sample_in(seen).get("instanceId") in ids or _names(event_id, seen.sample, seen)):
                yield seen


def _names(event_id: str, text: str, seen: Observation) -> bool:
    raw = sample_in(seen).get("body")
    return bool(event_id) and (_is_in(event_id, text) or (raw is not None and _is_in_body(event_id, str(raw))))


def _is_in(event_id: str, text: str) -> bool:
    """Whether the text has the id as a whole: ``evt_1`` is not in ``evt_10``."""
    return re.search(rf"(?<![\w-])(?<!\w\.){re.escape(event_id)}(?![\w-]|\.\w)", text) is not None


def _is_in_body(event_id: str, raw: str) -> bool:
    try:
        return _is_in(event_id, body_of(raw).decode("utf-8", "surrogateescape"))
    except (ValueError, zlib.error):
        # It is damaged, so that it cannot be said what it is of.
        return True


def _remove_captured(source: str, event_id: str, ports: ForgetPorts) -> int:
    found = [
        kept
        for kept in captures.captured(source, ports.documents, ports.clock.now_ms())
        if any(_is_in(event_id, value) for _, value in kept.headers) or (kept.raw and _is_in_body(event_id, kept.raw))
    ]
    for kept in found:
        captures.remove(kept, ports.documents)
    return len(found)
