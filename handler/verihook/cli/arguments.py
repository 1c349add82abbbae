"""Types of the values on the command line: JSON, pairs, numbers, times.

Each takes the text and returns its value, or raises argparse.ArgumentTypeError with what the value must be. argparse
puts the name of the option before that.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from verihook.adapters.clock import SystemClock
from verihook.model.instance import milliseconds_of
from verihook.model.span import LONGEST_S, span_s
from verihook.strict_json import parse_written


def json_value(text: str) -> Any:
    """Parse JSON: the text itself, ``@FILE``, or ``-`` for standard input."""
    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).read_text(encoding="utf-8")
        return parse_written(text)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text[1:]} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise argparse.ArgumentTypeError("must be UTF-8") from None
    except ValueError as error:
        mend = "write JSON, @FILE, or - for standard input"
        raise argparse.ArgumentTypeError(f"{error}; {mend}") from None


def pair(text: str) -> tuple[str, str]:
    """Parse ``KEY=VALUE``."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise _must_be("KEY=VALUE", text)
    return key, value


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Return the type of a whole number from ``least`` to ``most``."""

    def parse(text: str) -> int:
        digits = text.removeprefix("-")
        # The length first: Python refuses to parse thousands of digits.
        if digits.isascii() and digits.isdigit() and len(digits) <= len(str(most)) and least <= int(text) <= most:
            return int(text)
        raise _must_be(f"a whole number from {least} to {most}", text)

    return parse


def seconds(text: str) -> float:
    """Parse a time to wait, in seconds."""
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,3})?", text, re.ASCII):
        raise _must_be("a number of seconds such as 30 or 0.5", text)
    return float(text)


def past_time(text: str) -> datetime:
    """Parse a span before now (``2h``) or a time, which is in UTC if it has no offset."""
    span = span_s(text)
    try:
        return _utc(text) if span is None else datetime.now(UTC) - timedelta(seconds=span)
    except (ValueError, OverflowError):
        raise _must_be("30m, 2h, 7d, or a time such as 2026-01-31T14:02", text) from None


def future_ms(text: str) -> int:
    """Parse a span from now (``90d``) or a time, in milliseconds since the epoch."""
    if span_s(text) is not None:
        return SystemClock().now_ms() + span_ms(text)
    try:
        return milliseconds_of(_utc(text))
    except (ValueError, OverflowError):
        raise _must_be("90d, 12h, or a time such as 2027-01-31T14:02", text) from None


def span_ms(text: str) -> int:
    """Parse a span, in milliseconds."""
    span = span_s(text)
    if span is None or span > LONGEST_S:
        raise _must_be("a span such as 30m, 12h or 90d", text)
    return span * 1000


def delay(text: str) -> int | str:
    """Parse seconds, as a number, or a span, which stays as it is: the API takes both."""
    if text.isascii() and text.isdigit():
        return int(text)
    if span_s(text) is None:
        raise _must_be("seconds, or a span such as 90s, 15m, 2h or 7d", text)
    return text


def _utc(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _must_be(what: str, text: str) -> argparse.ArgumentTypeError:
    return argparse.ArgumentTypeError(f"must be {what} (got {text!r})")
