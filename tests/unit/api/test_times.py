"""Times and spans as callers write them."""

from __future__ import annotations

import pytest

from verihook.api.times import moment_ms, span_ms
from verihook.errors import RequestInvalid


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:01Z", 1000),
        ("1970-01-01T01:00:01+01:00", 1000),
        ("1970-01-01T01:00:01 01:00", 1000),
        ("1970-01-01T00:00:00.250Z", 250),
        ("0001-01-01T00:00:00Z", 0),
    ],
)
def test_moments(text: str, expected: int) -> None:
    assert expected == moment_ms(text, "since")


@pytest.mark.parametrize(
    "text", ["", "now", "2026-01-01", "2026-01-01T00:00:00", "1772366400", "9999-12-31T23:59:59-24:00"]
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(RequestInvalid, match="since: write a time"):
        moment_ms(text, "since")


@pytest.mark.parametrize(
    ("value", "expected"), [(0, 0), (90, 90_000), ("90s", 90_000), ("2h", 7_200_000), ("7d", 604_800_000)]
)
def test_spans(value: int | str, expected: int) -> None:
    assert expected == span_ms(value, "delay")


@pytest.mark.parametrize("value", [-1, 10**9, "", "1", "1w", "-1s", "1.5h", "٣s"])
def test_what_is_no_span(value: int | str) -> None:
    with pytest.raises(RequestInvalid, match="delay: write seconds"):
        span_ms(value, "delay")
