from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from verihook import cli
from verihook.cli.arguments import delay, future_ms, json_value, pair, past_time, seconds, span_ms, whole_number


def test_values(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('"ü"', encoding="utf-8")
    assert ({"a": 1}, "ü") == (json_value('{"a": 1}'), json_value(f"@{tmp_path}/a.json"))
    assert (("a", "b=c"), ("a", "")) == (pair("a=b=c"), pair("a="))
    assert (90, "90s") == (delay("90"), delay("90s"))
    assert (5, 0.5) == (whole_number(1, 10)("5"), seconds("0.5"))


def test_moments() -> None:
    ago = past_time("2h")
    assert timedelta(hours=2) <= datetime.now(UTC) - ago < timedelta(hours=2, minutes=1)
    assert datetime(2026, 1, 31, 14, 2, tzinfo=UTC) == past_time("2026-01-31T14:02")
    assert timezone(timedelta(hours=1)) == past_time("2026-01-31T14:02+01:00").tzinfo


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (json_value, "[1"),
        (json_value, "Infinity"),
        (json_value, '{"a": [-1e999]}'),
        (json_value, "@/nowhere"),
        (json_value, "[" * 100_000),
        (pair, "=b"),
        (past_time, "yesterday"),
        (past_time, "99999d9"),
        (delay, "2w"),
        (delay, "٣"),
        (whole_number(1, 10), "0"),
        (whole_number(1, 10), "11"),
        (whole_number(1, 10), "٣"),
        (whole_number(1, 10), "9" * 5000),
        (future_ms, "tomorrow"),
        (span_ms, "2w"),
        (seconds, "1e3"),
    ],
)
def test_mistakes_are_told(read: Callable[[str], object], text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError):
        read(text)


def test_a_number_that_cannot_be_sent_is_told_with_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.main(["workflows", "run", "orders", "--input", '{"a": 1e999}'])
    assert 2 == end.value.code
    assert "argument --input: the number 1e999 is too large" in capsys.readouterr().err


def test_a_file_that_is_not_utf8(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_bytes(b"\xff")
    with pytest.raises(argparse.ArgumentTypeError, match="UTF-8"):
        json_value(f"@{tmp_path}/a.json")


def test_a_mistake_says_what_the_value_must_be() -> None:
    with pytest.raises(argparse.ArgumentTypeError, match=r"^must be a whole number from -9 to 10 \(got '11'\)$"):
        whole_number(-9, 10)("11")
    assert -9 == whole_number(-9, 10)("-9")
    with pytest.raises(
        argparse.ArgumentTypeError, match=r"^must be 30m, 2h, 7d, or a time such .* \(got 'yesterday'\)$"
    ):
        past_time("yesterday")
