from __future__ import annotations

import re
import sys

import pytest

from verihook.cli.table import aligned, drawn, printable, show

HEAD = ("INSTANCE", "STATUS", "COUNT")
ROWS = [("order-1", "completed", "1"), ("[red]order-2[/red]", "failed", "1,000")]


def test_columns() -> None:
    assert "NAME  COUNT  WHY\na         1\nlong  1,000  so" == aligned(
        ("NAME", "COUNT", "WHY"), [("a", "1", ""), ("long", "1,000", "so")], right="COUNT"
    )


def test_no_rows() -> None:
    assert "NAME" == aligned(("NAME",), [])


def test_no_terminal_no_colours(capsys: pytest.CaptureFixture[str]) -> None:
    show(HEAD, ROWS, right="COUNT")
    assert f"{aligned(HEAD, ROWS, right='COUNT')}\n" == capsys.readouterr().out


def test_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show(HEAD, ROWS, right="COUNT")
    shown = capsys.readouterr().out
    assert "\x1b[32mcompleted" in shown
    assert "\x1b[1;31mfailed" in shown
    assert "[red]order-2[/red]" in shown
    assert 4 == len(shown.splitlines())


def test_no_colour_where_none_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search("\x1b\\[[0-9;]*3[0-9]m", drawn(HEAD, ROWS, width=80))


def test_an_id_stays_in_one_piece() -> None:
    assert "0123456789" * 4 in drawn(("INSTANCE", "WHY"), [("0123456789" * 4, "word " * 30)], width=80)


def test_without_rich(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("rich", "rich.box", "rich.console"):
        monkeypatch.setitem(sys.modules, name, None)
    assert aligned(HEAD, ROWS) == drawn(HEAD, ROWS)


def test_what_would_steer_the_terminal_is_shown() -> None:
    assert "a�[2Jb�c\N{LATIN SMALL LETTER U WITH DIAERESIS}" == printable("a\x1b[2Jb\nc\u00fc")
