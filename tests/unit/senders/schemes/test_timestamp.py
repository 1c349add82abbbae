"""Times: strict, in milliseconds since the epoch."""

from __future__ import annotations

import pytest

from verihook.errors import SignatureError
from verihook.senders.schemes.timestamp import TIMES, encode_time


@pytest.mark.parametrize(
    ("unit", "text", "milliseconds"),
    [
        ("s", "0", 0),
        ("s", "1765432100", 1_765_432_100_000),
        ("ms", "1765432100007", 1_765_432_100_007),
        ("rfc3339", "1970-01-01T00:00:00Z", 0),
        ("rfc3339", "2025-12-11T05:48:20.634234626Z", 1_765_432_100_634),
        ("rfc3339", "2025-12-10T21:48:20.5-08:00", 1_765_432_100_500),
        ("rfc3339", "2025-12-11T11:18:20+05:30", 1_765_432_100_000),
        ("naive", "2025-12-11T05:48:20.634234", 1_765_432_100_634),
        ("http-date", "Thu, 11 Dec 2025 05:48:20 GMT", 1_765_432_100_000),
        ("http-date", "Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777_000),
    ],
)
def test_a_time_is_read(unit: str, text: str, milliseconds: int) -> None:
    assert milliseconds == TIMES[unit](text)


@pytest.mark.parametrize(
    ("unit", "text"),
    [
        *[(unit, text) for unit in ("s", "ms") for text in ("", "+1", "-1", "1_0", "1.0", " 1", "1\n", "٣", "9" * 14)],
        *[("naive", text) for text in ("", "2025-12-11T05:48:20Z", "2025-12-11T05:48:20+00:00", "2025-12-11 05:48:20")],
        *[
            ("http-date", text)
            for text in (
                "",
                "Fri, 11 Dec 2025 05:48:20 GMT",
                "Thu, 11 Dec 2025 05:48:20 UTC",
                "Thu, 11 dec 2025 05:48:20 GMT",
                "Thu, 11 Anf 2025 05:48:20 GMT",
                "Thu, 11 Xyz 2025 05:48:20 GMT",
                "Thursday, 11-Dec-25 05:48:20 GMT",
                "Thu, 31 Feb 2025 05:48:20 GMT",
                "Thu, 11 Dec 2025 05:48:20 GMT ",
            )
        ],
        *[
            ("rfc3339", text)
            for text in (
                "",
                "1765432100",
                "2025-12-11",
                "2025-12-11T05:48:20",
                "2025-12-11 05:48:20Z",
                "2025-12-11t05:48:20z",
                "2025-12-11T05:48:20.Z",
                "2025-12-11T05:48:20.1234567890Z",
                "2025-12-11T05:48:20+0100",
                "2025-12-11T05:48:20+25:00",
                "2025-12-11T05:48:20ZZ",
                "2025-13-11T05:48:20Z",
                "2025-12-11T05:48:60Z",
                "0000-00-00T00:00:00Z",
                "٢٠٢٥-12-11T05:48:20Z",
            )
        ],
    ],
)
def test_another_spelling_is_refused(unit: str, text: str) -> None:
    with pytest.raises(SignatureError) as refusal:
        TIMES[unit](text)
    assert "bad-timestamp" == refusal.value.reason


@pytest.mark.parametrize("unit", TIMES)
def test_what_a_sender_writes_is_read_as_the_same_time(unit: str) -> None:
    assert 1_765_432_100_000 == TIMES[unit](encode_time(1_765_432_100, unit))


def test_the_ends_of_the_calendar_are_read_without_a_crash() -> None:
    for text in ("0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"):
        assert isinstance(TIMES["rfc3339"](text), int)
