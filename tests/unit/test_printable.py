"""Texts of others on a terminal."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from verihook.printable import MAX_LINE, line, printable, words


def test_what_is_printable_stays() -> None:
    assert printable("order.created é 漢") == "order.created é 漢"
    assert printable("a\x1b[2Jb\nc") == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c"
    assert printable("a\nb\x9b", keep="\n") == "a\nb\N{REPLACEMENT CHARACTER}"


def test_an_exception_need_not_have_a_text() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    assert ["why", "(its text cannot be made)"] == [words(error) for error in (ValueError("why"), Mute())]


@given(st.text(st.characters() | st.sampled_from("\r\n\x1b\x9b\u2028\u202e\ud800")))
def test_a_line_is_one_line_that_can_be_written(text: str) -> None:
    said = line(text)
    assert said[-1] == "\n"
    assert said[:-1].isprintable()
    assert said.encode()
    assert len(said) <= MAX_LINE + 4
