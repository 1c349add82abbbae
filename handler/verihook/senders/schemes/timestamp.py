"""Times as senders write them, read strictly: each time is written in one way."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from verihook.errors import SignatureError

_RFC3339 = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2})(\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})", re.ASCII
)
_DAYS, _MONTHS = "MonTueWedThuFriSatSun", "JanFebMarAprMayJunJulAugSepOctNovDec"
_HTTP_DATE = re.compile(
    r"[A-Z][a-z]{2}, ([0-9]{2}) ([A-Z][a-z]{2}) ([0-9]{4}) ([0-9]{2}:[0-9]{2}:[0-9]{2}) GMT", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def decode_seconds(text: str) -> int:
    """Milliseconds since the epoch from seconds: ASCII digits alone, no sign, space, fraction, underscore.

    Raises SignatureError.
    """
    if not (text.isascii() and text.isdecimal() and len(text) <= 13):
        raise SignatureError("bad-timestamp")
    return int(text) * 1000


def decode_milliseconds(text: str) -> int:
    """Milliseconds since the epoch from ASCII digits alone. Raises SignatureError."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 13):
        raise SignatureError("bad-timestamp")
    return int(text)


def decode_rfc3339(text: str) -> int:
    """Milliseconds since the epoch from a date and time with an offset, up to nanoseconds. Raises SignatureError.

    https://www.rfc-editor.org/rfc/rfc3339#section-5.6
    """
    match = _RFC3339.fullmatch(text)
    if match is None:
        raise SignatureError("bad-timestamp")
    moment, fraction, offset = match.groups()
    try:
        milliseconds = (datetime.fromisoformat(moment + offset) - _EPOCH) // _MILLISECOND
    except (ValueError, OverflowError):
        raise SignatureError("bad-timestamp") from None
    return milliseconds + (int(fraction[1:].ljust(3, "0")[:3]) if fraction else 0)


def decode_naive(text: str) -> int:
    """Milliseconds since the epoch from a date and time without an offset, which is UTC. Raises SignatureError."""
    return decode_rfc3339(f"{text}Z")


def decode_http_date(text: str) -> int:
    """Milliseconds since the epoch from ``Sun, 06 Nov 1994 08:49:37 GMT``. Raises SignatureError.

    https://www.rfc-editor.org/rfc/rfc9110#section-5.6.7
    """
    match = _HTTP_DATE.fullmatch(text)
    month = f"{_MONTHS.find(match[2]) // 3 + 1:02}" if match else ""
    milliseconds = decode_rfc3339(f"{match[3]}-{month}-{match[1]}T{match[4]}Z" if match else "")
    # Each time is written in one way, so with its own day of the week.
    if encode_time(milliseconds // 1000, "http-date") != text:
        raise SignatureError("bad-timestamp")
    return milliseconds


#: Unit of a timestamp -> what reads its text, as milliseconds since the epoch.
TIMES: dict[str, Callable[[str], int]] = {
    "s": decode_seconds,
    "ms": decode_milliseconds,
    "rfc3339": decode_rfc3339,
    "naive": decode_naive,
    "http-date": decode_http_date,
}


def whole_seconds(value: object) -> int:
    """Milliseconds since the epoch from a whole number of seconds in JSON. Raises SignatureError."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise SignatureError("bad-timestamp")
    return value * 1000


#: Who has captured a delivery can send it again for as long as its time is accepted. Beyond this, in seconds, that time
#: is no protection.
LONGEST_WINDOW = 3600


def check_tolerance(tolerance: int) -> None:
    """Raise ValueError ``tolerance: mend`` unless this is a number of seconds above 0."""
    if tolerance <= 0:
        raise ValueError(f"tolerance: must be more than 0 seconds (got {tolerance})")


def check_age(sent_ms: int, now: int, tolerance: int) -> None:
    """Raise SignatureError if ``sent_ms`` is further than ``tolerance`` seconds from ``now`` (in seconds), either way.

    Call it only if the signature is right: else the answer would show a stranger the time of our clock.
    """
    if abs(now * 1000 - sent_ms) > tolerance * 1000:
        apart = (now * 1000 - sent_ms) // 1000
        words = f"{apart} seconds before" if apart > 0 else f"{-apart} seconds after"
        raise SignatureError(
            "timestamp-outside-tolerance", f"it was signed {words} our time; {tolerance} seconds are allowed"
        )


def encode_time(now: int, unit: str) -> str:
    """``now``, in seconds since the epoch, as a sender writes it in a unit of TIMES."""
    if unit in ("rfc3339", "naive"):
        return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%S") + ("Z" if unit == "rfc3339" else "")
    if unit == "http-date":
        moment = datetime.fromtimestamp(now, UTC)
        day, month = _DAYS[3 * moment.weekday() :][:3], _MONTHS[3 * moment.month - 3 :][:3]
        return f"{day}, {moment.day:02} {month} {moment.year:04} {moment:%H:%M:%S} GMT"
    return str(now * 1000 if unit == "ms" else now)
