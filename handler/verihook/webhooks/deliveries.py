"""Deliveries as an operator looks for them: the accepted ones, and what became of the others.

An accepted delivery is the row of the instance that it started, under the instance's id. All others are counted by the
hour (:mod:`verihook.webhooks.observe`), so one entry stands for those of one outcome, source, reason and hour; its id
is made of these. A page merges both by time.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

from verihook.errors import DeliveryNotFound, RecordDamaged
from verihook.instances import handover, payload
from verihook.model.delivery import Facts
from verihook.model.instance import BATCH, INSTANCE_ID, Instance
from verihook.model.listing import Position, Query
from verihook.model.ports import KEPT_MS, Kind, Observation, Payloads
from verihook.strict_json import parse_kept
from verihook.webhooks.captures import Captured, captured
from verihook.webhooks.cursors import open_cursor, seal_cursor
from verihook.webhooks.keeping import body_of
from verihook.webhooks.members import NO_RESULTS

if TYPE_CHECKING:
    from verihook.model.ports.sets import DeliveryPorts, LookupPorts

#: The outcome of what has become an instance.
ACCEPTED = "accepted"

#: The outcome of what went to instances that ran already, or waits for one.
RESUMED = "resumed"

#: The outcome of a refused request that was kept whole. A list has these only if it is asked for them.
CAPTURED = "captured"

#: Every outcome that can be asked for.
OUTCOMES: tuple[str, ...] = (ACCEPTED, RESUMED, CAPTURED, *get_args(Kind))

#: How many rows of a source a page with a filter looks at, and how many observations of a kind any page.
_LOOK = 500
_MOST_SEEN = 1000

#: The longest name that a source can have: what is longer would be no key of DynamoDB either.
_LONGEST_NAME = 63

_HOUR_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted delivery, or those of one outcome, source, reason and hour. ``at``: of the last, in milliseconds."""

    id: str
    at: int
    outcome: str
    instance: Instance | None = None
    seen: Observation | None = None
    captured: Captured | None = None

    @property
    def source(self) -> str:
        """Return the source's name; "" if there was none."""
        if self.captured is not None:
            return self.captured.source
        return (self.instance.source or "") if self.instance is not None else self.seen.source if self.seen else ""


@dataclass(frozen=True, slots=True)
class Filters:
    """What is looked for; None for any. ``kind``: a type of event, or with a ``*`` at its end the beginning of one."""

    source: str | None = None
    outcome: str | None = None
    reason: str | None = None
    kind: str | None = None
    since: int | None = None
    until: int | None = None

    def take(self, entry: Entry) -> bool:
        """Whether the entry is one of those."""
        at_most = self.until is None or entry.at < self.until
        return (
            at_most
            and entry.at >= (self.since or 0)
            and self.outcome in (None, entry.outcome)
            and self.reason in (None, _reason_of(entry))
            and (self.kind is None or _is_of_type(entry, self.kind))
        )


@dataclass(frozen=True, slots=True)
class View:
    """What a caller may see: what came to ``sources``, by their names, as far as it is ``visible``. None: to any."""

    sources: Sequence[str] | None
    visible: Callable[[Entry], bool]


@dataclass(frozen=True, slots=True)
class DeliveryPage:
    """The newest first. ``cursor`` goes on; None if there is no more. A filter may leave a page empty that goes on."""

    entries: list[Entry]
    cursor: str | None


def page(filters: Filters, limit: int, cursor: str | None, view: View, ports: LookupPorts) -> DeliveryPage:
    """Return up to ``limit`` deliveries after the cursor, of those that the caller may see.

    Raises RequestInvalid for a cursor that this has not made.
    """
    after = None if cursor is None else open_cursor(cursor, ports.instance_key)
    sources = list(ports.sources) if filters.source is None else [filters.source]
    if view.sources is not None:
        sources = [name for name in sources if name in view.sources]
    every = filters.kind is None and filters.outcome != RESUMED
    look = limit + 1 if every else max(_LOOK, limit + 1)
    found, horizon = list(_observed(filters, ports)), Position(0, "")
    for source in sources if filters.outcome == CAPTURED else ():
        found += [_of_captured(each) for each in captured(source, ports.documents, ports.clock.now_ms())]
    for source in sources if filters.outcome in (None, ACCEPTED, RESUMED) and filters.reason is None else ():
        rows = ports.ledger.page(
            Query(source=source, since=filters.since, until=filters.until), look, after, ports.clock.now_ms()
        )
        found += [accepted(row) for row in rows]
        if len(rows) == look:
            # What is older than this was not looked at in every source.
            horizon = max(horizon, _place(found[-1]), key=_order)
    ordered = sorted((each for each in found if _order(_place(each)) >= _order(horizon)), key=_at, reverse=True)
    rest = [each for each in ordered if after is None or _order(_place(each)) < _order(after)]
    shown = [each for each in rest if filters.take(each) and view.visible(each)]
    if len(shown) > limit:
        return DeliveryPage(shown[:limit], seal_cursor(_place(shown[limit - 1]), ports.instance_key))
    return DeliveryPage(shown, seal_cursor(horizon, ports.instance_key) if horizon.created_at else None)


def accepted(row: Instance) -> Entry:
    """Return the entry of a row that a delivery made."""
    return Entry(row.id, row.created_at, ACCEPTED if row.resumption is None else RESUMED, instance=row)


def find(delivery_id: str, ports: DeliveryPorts) -> Entry:
    """Return the delivery with this id. Raises DeliveryNotFound."""
    if INSTANCE_ID.fullmatch(delivery_id):
        row = ports.ledger.get(delivery_id, ports.clock.now_ms())
        if row is not None and not row.purged and row.source is not None:
            return accepted(row)
    else:
        outcome, _, rest = delivery_id.partition(":")
        name = rest.partition(":")[0]
        if outcome == CAPTURED and len(name) <= _LONGEST_NAME:
            for kept in captured(name, ports.documents, ports.clock.now_ms()):
                if kept.id == delivery_id:
                    return _of_captured(kept)
        since = ports.clock.now_ms() - KEPT_MS
        seen = ports.ledger.observations(outcome, None, _MOST_SEEN, since) if outcome in get_args(Kind) and rest else ()
        for each in seen:
            if _seen_id(each) == delivery_id:
                return _entry(each)
    raise DeliveryNotFound("There is no delivery with this id.")


def facts_of(row: Instance, now_ms: int) -> Facts | None:
    """Return the facts that are kept of the row's delivery; None if there are none, or none any more."""
    delivery = None if row.delivery is None else row.delivery.at(now_ms)
    return None if delivery is None else delivery.facts


def carrier(row: Instance) -> str | None:
    """Return the id of the delivery that carried the event of this row among others; None if it came alone."""
    name = None if row.delivery is None else row.delivery.carrier
    return None if name is None else name.partition(".")[0]


def resumed(row: Instance) -> list[str] | None:
    """Return the ids of the instances that have the event of this row; None if it starts one of its own."""
    return None if row.resumption is None else list(handover.resumed(row))


def events(entry: Entry, payloads: Payloads) -> Any:
    """Return what became of the events that a delivery carries, as far as it is known; None if it is one event."""
    row = entry.instance
    if row is None or row.engine != BATCH:
        return None
    return parse_kept(payload.load(row.output or NO_RESULTS, payloads), f"The results of {row.id}", dict)


def sample_in(seen: Observation) -> dict[str, Any]:
    """Return what is kept of the last one that was seen, as :func:`verihook.webhooks.sample.sample_of` has it."""
    if not seen.sample:
        return {}
    return parse_kept(seen.sample, "The sample of an observation", lambda content: {**content})


def content_type(entry: Entry) -> str | None:
    """Return the content type that is kept of a delivery."""
    if entry.seen is not None:
        kind = sample_in(entry.seen).get("contentType")
        return None if kind is None else str(kind)
    if entry.captured is not None:
        return dict(entry.captured.headers).get("content-type")
    facts = None if entry.instance is None else entry.instance.facts
    return None if facts is None else facts.header("content-type")


def body(entry: Entry, now_ms: int, payloads: Payloads) -> bytes:
    """Return the very bytes of the body. Raises DeliveryNotFound if they are not kept, PayloadGone and Unavailable."""
    if entry.instance is not None:
        return _body_of_row(entry.instance, now_ms, payloads)
    raw = sample_in(entry.seen).get("body") if entry.seen is not None else None
    if entry.captured is not None:
        raw = entry.captured.raw
    if raw is None:
        raise DeliveryNotFound("The body of this delivery is not kept: it was not accepted.")
    return _unpacked(str(raw), entry.id)


def _body_of_row(row: Instance, now_ms: int, payloads: Payloads) -> bytes:
    facts = facts_of(row, now_ms)
    if facts is None and (of := carrier(row)) is not None:
        raise DeliveryNotFound(f"The event came with others in the delivery {of}, which has the body.")
    if facts is None:
        raise DeliveryNotFound(
            "Nothing is kept of this delivery any more: keep and keep_days of its source say what and how long."
        )
    if facts.body is None:
        return payload.load(row.input, payloads).encode("utf-8", "surrogatepass")
    if facts.body.raw is None:
        raise DeliveryNotFound(
            'The body of this delivery is not kept, as its input is another text: set keep = "full" in its source.'
        )
    return _unpacked(payload.load(facts.body.raw, payloads), row.id)


def _unpacked(raw: str, delivery_id: str) -> bytes:
    try:
        return body_of(raw)
    except (ValueError, zlib.error) as error:
        raise RecordDamaged(f"The body that is kept of {delivery_id} cannot be read, it is damaged: {error}") from error


def _observed(filters: Filters, ports: DeliveryPorts) -> Iterable[Entry]:
    since = max(filters.since or 0, ports.clock.now_ms() - KEPT_MS)
    for kind in get_args(Kind):
        if filters.outcome in (None, kind):
            for seen in ports.ledger.observations(kind, filters.source, _MOST_SEEN, since):
                yield _entry(seen)


def _entry(seen: Observation) -> Entry:
    return Entry(_seen_id(seen), seen.last_at, seen.kind, seen=seen)


def _of_captured(kept: Captured) -> Entry:
    return Entry(kept.id, kept.at, CAPTURED, captured=kept)


def id_of_seen(kind: str, source: str, reason: str, at_ms: int) -> str:
    """Return the id of the entry for what is seen at this time."""
    return f"{kind}:{at_ms // _HOUR_MS}:{source}:{reason}"


def _seen_id(seen: Observation) -> str:
    return id_of_seen(seen.kind, seen.source, seen.reason, seen.last_at)


def _reason_of(entry: Entry) -> str | None:
    found = entry.seen or entry.captured
    return None if found is None else found.reason


def _is_of_type(entry: Entry, kind: str) -> bool:
    own = entry.instance.event_type if entry.instance is not None else None
    if entry.seen is not None:
        # Of those that are counted, the last one is known.
        own = sample_in(entry.seen).get("eventType")
    return own is not None and (own == kind or (kind.endswith("*") and own.startswith(kind[:-1])))


def _place(entry: Entry) -> Position:
    return Position(entry.at, entry.id)


def _order(place: Position) -> tuple[int, str]:
    return place.created_at, place.id


def _at(entry: Entry) -> tuple[int, str]:
    return entry.at, entry.id
