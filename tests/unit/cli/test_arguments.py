from __future__ import annotations

import argparse
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from verihook import cli
from verihook.cli.arguments import count, delay, json_value, moment, pair, seconds


def test_values(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('"ü"', encoding="utf-8")
    assert ({"a": 1}, "ü") == (json_value('{"a": 1}'), json_value(f"@{tmp_path}/a.json"))
    assert (("a", "b=c"), ("a", "")) == (pair("a=b=c"), pair("a="))
    assert (90, "90s") == (delay("90"), delay("90s"))
    assert (5, 0.5) == (count("5"), seconds("0.5"))


def test_moments() -> None:
    ago = moment("2h")
    assert timedelta(hours=2) <= datetime.now(UTC) - ago < timedelta(hours=2, minutes=1)
    assert datetime(2026, 1, 31, 14, 2, tzinfo=UTC) == moment("2026-01-31T14:02")
    assert timezone(timedelta(hours=1)) == moment("2026-01-31T14:02+01:00").tzinfo


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (json_value, "[1"),
        (json_value, "Infinity"),
        (json_value, '{"a": [-1e999]}'),
        (json_value, "@/nowhere"),
        (json_value, "[" * 100_000),
        (pair, "=b"),
        (moment, "yesterday"),
        (moment, "99999d9"),
        (delay, "2w"),
        (delay, "٣"),
        (count, "0"),
        (seconds, "1e3"),
    ],
)
def test_mistakes_are_told(read: type, text: str) -> None:
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
