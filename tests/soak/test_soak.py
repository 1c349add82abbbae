"""A short soak: two kills in a few seconds."""

from __future__ import annotations

from pathlib import Path

from tests.soak.run import Counts, Report, soak


def test_a_short_soak(tmp_path: Path) -> None:
    report = soak(tmp_path, seconds=2, rate=10, every=(0.5, 1))
    assert report.whole, report.table()
    assert report.kills >= 2


def test_what_the_table_says() -> None:
    good = Report(120, 14, {"a": Counts(3, 6, 3, 1)})
    assert good.whole
    assert good.table().splitlines()[2].split() == ["total", "3", "6", "3", "1", "0", "0", "0"]
    for bad in (
        Counts(3, 6, 2),
        Counts(0),
        Counts(3, 3, 3, lost=1),
        Counts(3, 3, 3, doubled=1),
        Counts(3, 3, 3, stuck=1),
    ):
        assert not Report(120, 14, {"a": bad}).whole
