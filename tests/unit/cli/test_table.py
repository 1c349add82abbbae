from __future__ import annotations

from verihook.cli.table import aligned


def test_columns() -> None:
    assert "NAME  COUNT  WHY\na         1\nlong  1,000  so" == aligned(
        ("NAME", "COUNT", "WHY"), [("a", "1", ""), ("long", "1,000", "so")], right="COUNT"
    )


def test_no_rows() -> None:
    assert "NAME" == aligned(("NAME",), [])
