"""Times and spans as callers write them."""

from __future__ import annotations

import pytest

from verihook.api.times import end_ms, span_ms, time_ms
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
    assert expected == time_ms(text, "since")


@pytest.mark.parametrize(
    "text", ["", "now", "2026-01-01", "2026-01-01T00:00:00", "1772366400", "9999-12-31T23:59:59-24:00"]
)
def test_what_is_no_moment(text: str) -> None:
    with pytest.raises(RequestInvalid, match="since: write a time"):
        time_ms(text, "since")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0, 0), (90, 90_000), ("90", 90_000), ("90s", 90_000), ("2h", 7_200_000), ("7d", 604_800_000)],
)
def test_spans(value: int | str, expected: int) -> None:
    assert expected == span_ms(value, "delay")


@pytest.mark.parametrize("value", [-1, 10**9, "", "1w", "-1s", "1.5h", "٣s", "2027-01-31", True])
def test_what_is_no_span(value: int | str) -> None:
    with pytest.raises(RequestInvalid, match="delay: write seconds"):
        span_ms(value, "delay")


@pytest.mark.parametrize(
    ("value", "what", "longest"),
    [
        ("999999999d", "delay", "366d"),
        ("367d", "delay", "366d"),
        (366 * 86_400 + 1, "delay", "366d"),
        ("999999999d", "expires", "36500d"),
        ("999999999d", "overlap", "36500d"),
    ],
)
def test_too_long_a_span_is_told_by_its_own_name(value: int | str, what: str, longest: str) -> None:
    with pytest.raises(RequestInvalid, match=f"^{what}: at most {longest}\\.$"):
        span_ms(value, what)


def test_the_longest_spans() -> None:
    assert 366 * 86_400_000 == span_ms("366d", "delay")
    assert 36_500 * 86_400_000 == span_ms("36500d", "expires")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3600", 3_601_000),
        ("1h", 3_601_000),
        ("1970-01-02", 86_400_000),
        ("1970-01-01T01:00:01+01:00", 1000),
        ("1970-01-02T00:00:00Z", 86_400_000),
    ],
)
def test_ends(text: str, expected: int) -> None:
    assert expected == end_ms(text, "expires", 1000)


@pytest.mark.parametrize("text", ["", "soon", "1w", "2027-13-01", "2027-01-31T14:02", "20270131T140", "-1d"])
def test_what_is_no_end(text: str) -> None:
    with pytest.raises(
        RequestInvalid, match=r"^expires: write such as 12h or 90d, a day such as 2027-01-31, or a time"
    ):
        end_ms(text, "expires", 1000)


def test_too_late_an_end() -> None:
    with pytest.raises(RequestInvalid, match=r"^expires: at most 36500d\.$"):
        end_ms("999999999d", "expires", 1000)
