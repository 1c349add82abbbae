"""Times and spans as callers write them."""

from __future__ import annotations

import re
from datetime import datetime

from verihook.errors import RequestInvalid

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

_SPAN = re.compile(r"([0-9]{1,9})([smhd])", re.ASCII)


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
    """Seconds, or ``90s``, ``15m``, ``2h``, ``7d``, in milliseconds. Raises RequestInvalid, which names ``what``."""
    if isinstance(value, int) and 0 <= value < 10**9:
        return value * 1000
    found = _SPAN.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        raise RequestInvalid(f"{what}: write seconds, or such as 90s, 15m, 2h, 7d.")
    return int(found[1]) * _UNITS[found[2]] * 1000
