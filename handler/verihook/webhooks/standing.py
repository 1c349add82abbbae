"""How a source stands: what came to it lately, and when it last worked. Bounded however much came."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from verihook.model.listing import Query
from verihook.model.ports import KEPT_MS, Observation
from verihook.model.source import Source

if TYPE_CHECKING:
    from verihook.model.ports.sets import DeliveryPorts

HOUR_MS, DAY_MS = 3_600_000, 86_400_000

#: How many accepted deliveries are counted at most, and how many rows of observations are read.
MOST_COUNTED = 500


@dataclass(slots=True)
class Counts:
    """What came within a time. ``at_least``: more were accepted than were counted."""

    accepted: int = 0
    duplicate: int = 0
    rejected: int = 0
    ignored: int = 0
    at_least: bool = False


@dataclass(slots=True)
class Standing:
    """How a source stands. Times in milliseconds since the epoch; None for what has not been within 14 days.

    ``accepted_at``: of the last delivery that has become an instance.
    """

    accepted_at: int | None = None
    refused: Observation | None = None
    handshake_at: int | None = None
    previous_at: int | None = None
    hour: Counts = field(default_factory=Counts)
    day: Counts = field(default_factory=Counts)


def standing_of(source: Source, ports: DeliveryPorts) -> Standing:
    """Return how the source stands now. Six reads and the rows that are counted. Raises LedgerUnavailable."""
    now, standing = ports.clock.now_ms(), Standing()
    _count_accepted(source.name, now, standing, ports)
    for kind in ("rejected", "duplicate", "ignored", "handshake", "previous-secret"):
        seen = ports.ledger.observations(kind, source.name, MOST_COUNTED, now - KEPT_MS)
        last = max(seen, key=lambda each: each.last_at, default=None)
        if last is None:
            continue
        if kind == "rejected":
            standing.refused = last
        elif kind == "handshake":
            standing.handshake_at = last.last_at
        elif kind == "previous-secret":
            standing.previous_at = last.last_at
        if kind in ("rejected", "duplicate", "ignored"):
            for counts, since in ((standing.hour, now - HOUR_MS), (standing.day, now - DAY_MS)):
                setattr(counts, kind, sum(each.count for each in seen if each.last_at >= since))
    return standing


def _count_accepted(source: str, now: int, standing: Standing, ports: DeliveryPorts) -> None:
    """Count the newest rows of the source, :data:`MOST_COUNTED` at most."""
    rows = ports.ledger.page(Query(source=source, since=now - DAY_MS), MOST_COUNTED, None, now)
    standing.hour.accepted = sum(row.created_at >= now - HOUR_MS for row in rows)
    standing.day.accepted = len(rows)
    standing.day.at_least = len(rows) == MOST_COUNTED
    standing.hour.at_least = standing.day.at_least and standing.hour.accepted == len(rows)
    if not rows:
        rows = ports.ledger.page(Query(source=source), 1, None, now)
    standing.accepted_at = rows[0].created_at if rows else None
