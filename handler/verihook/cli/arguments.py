"""Values on the command line: JSON, pairs, times. Each raises argparse.ArgumentTypeError in words."""

from __future__ import annotations

import argparse
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from verihook.model.span import span_s
from verihook.strict_json import parse_written


def json_value(text: str) -> Any:
    """JSON as it stands, ``@FILE``, or ``-`` for standard input."""
    try:
        if text == "-":
            text = sys.stdin.read()
        elif text.startswith("@"):
            text = Path(text[1:]).read_text(encoding="utf-8")
        return parse_written(text)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text[1:]} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise argparse.ArgumentTypeError("it is not UTF-8") from None
    except ValueError as error:
        mend = "write JSON, @FILE, or - for standard input"
        raise argparse.ArgumentTypeError(f"{error}; {mend}") from None


def pair(text: str) -> tuple[str, str]:
    """``KEY=VALUE``."""
    key, equals, value = text.partition("=")
    if not (key and equals):
        raise argparse.ArgumentTypeError(f"{text!r}: write KEY=VALUE")
    return key, value


def moment(text: str) -> datetime:
    """``2h`` ago, or a time; UTC if it has no offset."""
    span = span_s(text)
    try:
        if span is not None:
            return datetime.now(UTC) - timedelta(seconds=span)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(f"{text!r}: write 30m, 2h, 7d, or a time such as 2026-01-31T14:02") from None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def delay(text: str) -> int | str:
    """Seconds, or a span as the API takes it."""
    if text.isascii() and text.isdigit():
        return int(text)
    if span_s(text) is None:
        raise argparse.ArgumentTypeError(f"{text!r}: write seconds, 90s, 15m, 2h or 7d")
    return text


def count(text: str) -> int:
    """A number of rows."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 1_000_000):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 1000000")
    return int(text)


def seconds(text: str) -> float:
    """A time to wait."""
    if not re.fullmatch(r"[0-9]{1,7}(\.[0-9]{1,3})?", text, re.ASCII):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds")
    return float(text)
