from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from verihook.adapters.printable import printable
from verihook.cli.table import plain_table, show_table, terminal_table, terminal_width, utc_time

HEAD = ("INSTANCE", "STATUS", "COUNT")
ROWS = [("order-1", "completed", "1"), ("[red]order-2[/red]", "failed", "1,000")]


def test_columns() -> None:
    assert "NAME  COUNT  WHY\na         1\nlong  1,000  so" == plain_table(
        ("NAME", "COUNT", "WHY"), [("a", "1", ""), ("long", "1,000", "so")], right="COUNT"
    )


def test_no_rows() -> None:
    assert "NAME" == plain_table(("NAME",), [])


def test_no_terminal_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    show_table(HEAD, ROWS, right="COUNT")
    assert f"{plain_table(HEAD, ROWS, right='COUNT')}\n" == capsys.readouterr().out


def test_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show_table(HEAD, ROWS, right="COUNT")
    shown = capsys.readouterr().out
    assert "\x1b[32mcompleted" in shown
    assert "\x1b[1;31mfailed" in shown
    assert "[red]order-2[/red]" in shown
    assert 4 == len(shown.splitlines())


def test_no_colour_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search("\x1b\\[[0-9;]*3[0-9]m", terminal_table(HEAD, ROWS, width=80))


def test_an_id_stays_in_one_piece() -> None:
    assert "0123456789" * 4 in terminal_table(("INSTANCE", "WHY"), [("0123456789" * 4, "word " * 30)], width=80)


LIST = ("INSTANCE", "WORKFLOW", "STATUS", "CREATED", "UPDATED")
DERIVED = ("34b4b43623c7da3cade4230b18aeaa15449f70eb", "order-created", "completed", *["2026-11-21 16:27:39Z"] * 2)


def lines(
    width: int, rows: Sequence[Sequence[str]] = (DERIVED,), spare: Sequence[str] = ("UPDATED", "CREATED")
) -> list[str]:
    shown = re.sub("\x1b\\[[0-9;]*m", "", terminal_table(LIST, rows, "", spare, width))
    return [line.rstrip() for line in shown.splitlines()]


@pytest.mark.parametrize(("width", "columns"), [(120, 5), (114, 5), (113, 4), (91, 4), (90, 3), (80, 3), (68, 3)])
def test_a_narrow_terminal_has_fewer_columns_and_every_word_whole(width: int, columns: int) -> None:
    head, _, row = lines(width)
    assert list(LIST[:columns]) == head.split()
    assert "   ".join(DERIVED[:columns]) == row
    assert len(row) <= width


@pytest.mark.parametrize("width", [67, 40, 1])
def test_where_no_row_fits_each_cell_has_a_line(width: int) -> None:
    block = ["INSTANCE  " + DERIVED[0], "WORKFLOW  order-created", "STATUS    completed"]
    assert [*block, "", *block] == lines(width, [DERIVED, DERIVED])


def test_what_has_words_is_wrapped_between_them_the_widest_first() -> None:
    shown = terminal_table(("ID", "SCOPES", "WHY"), [("a1", "one two three four", "so it is")], width=24).splitlines()
    cells = [re.split(r" {2,}", re.sub("\x1b\\[[0-9;]*m", "", line).strip()) for line in shown[2:]]
    assert [["a1", "one two", "so it is"], ["three"], ["four"]] == cells
    assert all(len(re.sub("\x1b\\[[0-9;]*m", "", line).rstrip()) <= 24 for line in shown)


def test_letters_that_take_two_columns() -> None:
    wide = "\N{CJK UNIFIED IDEOGRAPH-8A02}" * 10
    assert f"{wide}   b" in terminal_table(("NAME", "B"), [(wide, "b")], width=24)
    assert f"NAME  {wide}" in terminal_table(("NAME", "B"), [(wide, "b")], width=23)


def test_the_width_is_the_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "69")
    assert 69 == terminal_width()
    assert terminal_table(LIST, [DERIVED], "", ("UPDATED", "CREATED"), 69) == terminal_table(
        LIST, [DERIVED], "", ("UPDATED", "CREATED")
    )


def test_moments() -> None:
    assert "2026-03-01 12:00:00Z" == utc_time(datetime(2026, 3, 1, 12, tzinfo=UTC)) == utc_time(1_772_366_400_999)
    assert "" == utc_time(None)


def test_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rich", "rich.box", "rich.console"):
        monkeypatch.setitem(sys.modules, name, None)
    assert plain_table(HEAD, ROWS) == terminal_table(HEAD, ROWS)


def test_what_would_steer_the_terminal_is_shown() -> None:
    assert "a�[2Jb�c\N{LATIN SMALL LETTER U WITH DIAERESIS}" == printable("a\x1b[2Jb\nc\u00fc")
