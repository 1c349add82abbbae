"""Times as the States Language writes them: RFC 3339 with an upper-case T and Z, or an offset.

https://states-language.net/spec.html#timestamps . A time is a number of seconds since 1970; of its fraction,
nanoseconds count (a float does not hold them), so that comparisons use :func:`instant`.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any

_FORM = re.compile(r"(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(text: Any) -> int | None:
    """Return the nanoseconds since 1970 of a timestamp, or None if it is none."""
    if not isinstance(text, str) or not (match := _FORM.fullmatch(text)):
        return None
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    fraction, sign, hours, minutes = match.groups()[6:]
    if int(hours or 0) > 18 or int(minutes or 0) > 59:
        return None
    try:
        local = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None
    offset = timedelta(hours=int(hours or 0), minutes=int(minutes or 0))
    elapsed = local - _EPOCH + (offset if sign == "-" else -offset)
    whole = elapsed.days * 86_400 + elapsed.seconds
    return whole * 1_000_000_000 + int((fraction or "").ljust(9, "0"))


def seconds(text: Any) -> float | None:
    """Return the seconds since 1970, or None."""
    found = instant(text)
    return None if found is None else found / 1_000_000_000


def written(now: float) -> str:
    """Return a time as the context object has it: ``2026-11-30T00:18:24.123Z``."""
    whole, thousandths = divmod(int(now * 1000), 1000)
    return f"{_EPOCH + timedelta(seconds=whole):%Y-%m-%dT%H:%M:%S}.{thousandths:03}Z"
