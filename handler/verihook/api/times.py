"""Times and spans as callers write them."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from verihook.errors import RequestInvalid
from verihook.instances.start_request import MAX_DELAY_MS

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

_SPAN = re.compile(r"([0-9]{1,9})([smhd]?)", re.ASCII)

_DAY_MS = 86_400_000

#: No span is longer than a century; one of these fields ends before.
_LONGEST_MS = 36_500 * _DAY_MS
_LONGEST_OF = {"delay": MAX_DELAY_MS}


def moment_ms(text: str, what: str) -> int:
    """An ISO 8601 time with an offset, in milliseconds since the epoch. Raises RequestInvalid, which names ``what``."""
    try:
        # In a query, a + that nobody encoded has become a space.
        at = datetime.fromisoformat(text.replace(" ", "+") if text.count(" ") == 1 and "T" in text.upper() else text)
        if at.tzinfo is not None:
            return max(0, int(at.timestamp() * 1000))
    except (ValueError, OverflowError):
        pass
    raise RequestInvalid(f"{what}: write a time with an offset, such as 2026-03-01T12:00:00Z.")


def span_ms(value: int | str, what: str) -> int:
    """Seconds, or ``90s``, ``15m``, ``2h``, ``7d``, in milliseconds. Raises RequestInvalid, which names ``what``.

    ``what``: the member of the request; a ``delay`` is at most what a start can be put off by, all else 36500 days.
    """
    found = _SPAN.fullmatch(str(value))
    if found is None:
        raise RequestInvalid(f"{what}: write seconds, or such as 90s, 15m, 2h, 7d.")
    milliseconds = int(found[1]) * _UNITS[found[2] or "s"] * 1000
    longest = _LONGEST_OF.get(what, _LONGEST_MS)
    if milliseconds > longest:
        raise RequestInvalid(f"{what}: at most {longest // _DAY_MS}d.")
    return milliseconds


def end_ms(text: str, what: str, now_ms: int) -> int:
    """When something ends, in milliseconds since the epoch: a span from now, a time with an offset, or a day in UTC.

    A day ends it as it begins. Raises RequestInvalid, which names ``what``.
    """
    if _SPAN.fullmatch(text):
        return now_ms + span_ms(text, what)
    try:
        at = datetime.fromisoformat(text)
        day = at.replace(tzinfo=UTC) if len(text) == len("2027-01-31") else at
        return moment_ms(day.isoformat(), what)
    except (ValueError, OverflowError, RequestInvalid):
        mend = "write such as 12h or 90d, a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z"
        raise RequestInvalid(f"{what}: {mend}.") from None
