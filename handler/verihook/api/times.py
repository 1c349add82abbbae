"""Read the times and spans that callers of the API write."""

from __future__ import annotations

from datetime import UTC, datetime

from verihook.errors import RequestInvalid
from verihook.instances.start_request import MAX_DELAY_MS
from verihook.model.instance import milliseconds_of
from verihook.model.span import LONGEST_S, span_s

_DAY_MS = 86_400_000

#: The longest span of a member of the request, in milliseconds; LONGEST_S for any other member.
_LONGEST_OF = {"delay": MAX_DELAY_MS}


def time_ms(text: str, member: str) -> int:
    """Read an ISO 8601 time with an offset, in milliseconds since the epoch. Raises RequestInvalid with ``member``."""
    try:
        # In a query, a + that was not encoded has become a space.
        at = datetime.fromisoformat(text.replace(" ", "+") if text.count(" ") == 1 and "T" in text.upper() else text)
        if at.tzinfo is not None:
            return max(0, milliseconds_of(at))
    except (ValueError, OverflowError):
        pass
    raise RequestInvalid(f"{member}: write a time with an offset, such as 2026-03-01T12:00:00Z.")


def span_ms(value: int | str, member: str) -> int:
    """Read seconds, or ``90s``, ``15m``, ``2h``, ``7d``, in milliseconds. Raises RequestInvalid with ``member``.

    ``member``: the name in the request; a ``delay`` is at most MAX_DELAY_MS long, anything else 36500 days.
    """
    seconds = span_s(str(value), default_unit="s")
    if seconds is None:
        raise RequestInvalid(f"{member}: write seconds, or such as 90s, 15m, 2h, 7d.")
    longest = _LONGEST_OF.get(member, LONGEST_S * 1000)
    if seconds * 1000 > longest:
        raise RequestInvalid(f"{member}: at most {longest // _DAY_MS}d.")
    return seconds * 1000


def end_ms(text: str, member: str, now_ms: int) -> int:
    """Read when something ends: a span from now, a time with an offset, or a day, which means its beginning in UTC.

    In milliseconds since the epoch. Raises RequestInvalid with ``member``.
    """
    if span_s(text, default_unit="s") is not None:
        return now_ms + span_ms(text, member)
    try:
        at = datetime.fromisoformat(text)
        day = at.replace(tzinfo=UTC) if len(text) == len("2027-01-31") else at
        return time_ms(day.isoformat(), member)
    except (ValueError, OverflowError, RequestInvalid):
        mend = "write such as 12h or 90d, a day such as 2027-01-31, or a time such as 2027-01-31T12:00:00Z"
        raise RequestInvalid(f"{member}: {mend}.") from None
