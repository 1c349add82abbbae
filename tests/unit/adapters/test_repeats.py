"""A condition that goes on is one line a minute."""

from __future__ import annotations

import logging

from verihook.adapters.repeats import RepeatFilter


def test_what_goes_on_is_said_once_a_minute() -> None:
    now = [100.0]
    repeats = RepeatFilter(lambda: now[0])

    def said(what: str) -> str | None:
        record = logging.LogRecord("a", logging.WARNING, "", 0, what, (), None)
        return str(record.msg) if repeats.filter(record) else None

    assert said("full") == "full"
    assert [None] * 5 == [said("full") for _ in range(5)]
    assert said("other") == "other"
    now[0] += 60
    assert said("full") == "full (5 more in the last minute)"
    assert said("full") is None
    for number in range(1000):
        assert said(str(number))
    assert len(repeats._said) <= 64
