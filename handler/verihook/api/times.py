"""Times and spans as callers write them."""

from __future__ import annotations

from datetime import UTC, datetime

from verihook.errors import RequestInvalid
from verihook.instances.start_request import MAX_DELAY_MS
from verihook.model.instance import milliseconds_of
from verihook.model.span import LONGEST_S, span_s

_DAY_MS = 86_400_000

#: By the member of the request, in milliseconds; of any other member LONGEST_S.
_LONGEST_OF = {"delay": MAX_DELAY_MS}


def moment_ms(text: str, what: str) -> int:
    """An ISO 8601 time with an offset, in milliseconds since the epoch. Raises RequestInvalid, which names ``what``."""
    try:
        # In a query, a + that was not encoded has become a space.
        at = datetime.fromisoformat(text.replace(" ", "+") if text.count(" ") == 1 and "T" in text.upper() else text)
        if at.tzinfo is not None:
            return max(0, milliseconds_of(at))
    except (ValueError, OverflowError):
        pass
    raise RequestInvalid(f"{what}: write a time with an offset, such as 2026-03-01T12:00:00Z.")


def span_ms(value: int | str, what: str) -> int:
    """Seconds, or ``90s``, ``15m``, ``2h``, ``7d``, in milliseconds. Raises RequestInvalid, which names ``what``.

    ``what``: the member of the request; a ``delay`` is at most what a start can be put off by, all else 36500 days.
    """
    seconds = span_s(str(value), default_unit="s")
    if seconds is None:
        raise RequestInvalid(f"{what}: write seconds, or such as 90s, 15m, 2h, 7d.")
    longest = _LONGEST_OF.get(what, LONGEST_S * 1000)
    if seconds * 1000 > longest:
        raise RequestInvalid(f"{what}: at most {longest // _DAY_MS}d.")
    return seconds * 1000


def end_ms(text: str, what: str, now_ms: int) -> int:
    """When something ends, in milliseconds since the epoch: a span from now, a time with an offset, or a day in UTC.

    A day ends it as it begins. Raises RequestInvalid, which names ``what``.
    """
    if span_s(text, default_unit="s") is not None:
        return now_ms + span_ms(text, what)
    try:
        at = datetime.fromisoformat(text)
        day = at.replace(tzinfo=UTC) if len(text) == len("2027-01-31") else at
        return moment_ms(day.isoformat(), what)
    except (ValueError, OverflowError, RequestInvalid):
        mend = "write such as 12h or 90d, a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z"
        raise RequestInvalid(f"{what}: {mend}.") from None
