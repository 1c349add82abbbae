"""When the instance of an event is to start, if its source reads that from the event."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from verihook.instances.start_request import MAX_DELAY_MS
from verihook.model.instance import milliseconds_of
from verihook.model.span import span_s

if TYPE_CHECKING:
    from verihook.model.delivery import EventFacts
    from verihook.model.source import Source

#: Longer than any delay that is allowed, in seconds, and small enough for a float in milliseconds.
_FAR_S = 10**12

_DELAY = "is not a delay: it must be null, seconds, or a text such as 90s, 15m, 2h, 7d"
_TIME = "is not a time: it must be null, seconds since 1970, or a text such as 2026-03-01T12:00:00Z, with its offset"


def start_time(source: Source, content: object, facts: EventFacts, now_ms: int) -> int | None:
    """Return the time of the start in milliseconds since the epoch; None for now, or for a time that is over.

    ``content``: the parsed body. Raises InputInvalid if the expression gives no delay or time, or more than a year.
    """
    expression = source.delay or source.start_at
    if expression is None:
        return None
    found = expression.result(content, facts)
    if found is None:
        return None
    at = _after(found, now_ms) if source.delay is not None else _at(found)
    if at is None:
        raise expression.refusal(f"its result {str(found)[:40]!r} {_TIME if source.delay is None else _DELAY}")
    if at > now_ms + MAX_DELAY_MS:
        raise expression.refusal(f"its result {str(found)[:40]!r} is more than a year from now")
    return at if at > now_ms else None


def _after(delay: object, now_ms: int) -> int | None:
    if isinstance(delay, int | float) and not isinstance(delay, bool):
        return now_ms + _milliseconds(delay)
    seconds = span_s(delay, default_unit="s") if isinstance(delay, str) else None
    return None if seconds is None else now_ms + seconds * 1000


def _milliseconds(seconds: float) -> int:
    return int(max(0, min(seconds, _FAR_S)) * 1000)


def _at(time: object) -> int | None:
    if isinstance(time, int | float) and not isinstance(time, bool):
        return _milliseconds(time)
    if not isinstance(time, str):
        return None
    try:
        at = datetime.fromisoformat(time)
        return None if at.tzinfo is None else milliseconds_of(at)
    except (ValueError, OverflowError):
        return None
