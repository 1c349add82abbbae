"""Spans of time as people write them."""

from __future__ import annotations

import pytest

from verihook.model.span import span_s


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("2h", 7200), ("7d", 604_800), ("999999999s", 10**9 - 1)],
)
def test_a_span_in_seconds(text: str, seconds: int) -> None:
    assert seconds == span_s(text)
    assert seconds == span_s(text, default_unit="s")


@pytest.mark.parametrize("text", ["", "s", "1w", "-1s", "1.5h", "٣s", "1 h", "1h ", "1000000000s", "1H", "1m30s"])
def test_what_is_no_span(text: str) -> None:
    assert span_s(text) is None
    assert span_s(text, default_unit="s") is None


def test_a_number_alone_needs_a_unit_by_default() -> None:
    assert span_s("90") is None
    assert span_s("90", default_unit="s") == 90
    assert span_s("٣", default_unit="s") is None
