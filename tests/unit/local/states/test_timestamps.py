from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verihook.local.states.timestamps import instant, seconds, written

OFFSETS = st.integers(-18 * 60, 18 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@settings(max_examples=200, deadline=None)
@given(st.datetimes(timezones=OFFSETS, min_value=datetime(2, 1, 1), max_value=datetime(9998, 1, 1)))  # noqa: DTZ001
def test_a_time_is_the_same_in_every_offset(moment: datetime) -> None:
    text = moment.isoformat()
    assert instant(text) == instant(moment.astimezone(UTC).isoformat())
    elapsed = moment - datetime(1970, 1, 1, tzinfo=UTC)
    assert instant(text) == (elapsed // timedelta(microseconds=1)) * 1000


def test_nanoseconds_count() -> None:
    assert instant("1970-01-01T00:00:01.000000002Z") == 1_000_000_002
    assert seconds("1970-01-01T00:00:01.5Z") == 1.5


@pytest.mark.parametrize(
    "text",
    [
        "2016-13-05T21:29:29Z",
        "05-12-2016T21:29:29Z",
        "2016-12-05T21:29:29",
        "2016-12-05 21:29:29Z",
        "2016-12-05t21:29:29Z",
        "2016-12-05T25:29:29Z",
        "2016-12-05",
        "",
        "2016-12-05T21:29:29z",
        "2016-12-05T21:29:29+99:00",
        None,
        1,
        "٢٠١٦-12-05T21:29:29Z",
    ],
)
def test_what_is_no_time(text: object) -> None:
    assert instant(text) is None


def test_the_context_has_milliseconds() -> None:
    assert written(1_795_920_058.25) == "2026-11-29T02:40:58.250Z"
