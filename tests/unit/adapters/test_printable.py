"""Texts of others on a terminal."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from verihook.adapters.printable import MARGIN, MAX_LINE, line, printable, stack, words


def test_what_is_printable_stays() -> None:
    assert printable("order.created é 漢") == "order.created é 漢"
    assert printable("a\x1b[2Jb\nc") == "a\N{REPLACEMENT CHARACTER}[2Jb\N{REPLACEMENT CHARACTER}c"
    assert printable("a\nb\x9b", keep="\n") == "a\nb\N{REPLACEMENT CHARACTER}"


def test_an_exception_need_not_have_a_text() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no text")

    assert ["why", "(its text cannot be made)"] == [words(error) for error in (ValueError("why"), Mute())]


def _raised(make: Callable[[], object]) -> Exception:
    try:
        make()
    except (LookupError, RecursionError) as error:
        return error
    raise AssertionError


def test_a_stack_names_file_and_line_and_what_it_came_of() -> None:
    def outer() -> None:
        try:
            int("x\n202 forged")
        except ValueError as error:
            raise LookupError("lost") from error

    told = stack(_raised(outer))
    assert [True] * len(told) == [
        each.startswith(f'{MARGIN}File "{__file__}", line ') or MARGIN in each for each in told
    ]
    assert told[1].endswith('in outer: raise LookupError("lost") from error')
    assert told[2].startswith(f"{MARGIN}because of ValueError: ")
    assert told[3].endswith('in outer: int("x\\n202 forged")')


def test_a_stack_is_bounded_whatever_was_raised() -> None:
    def deeper() -> None:
        deeper()

    told = stack(_raised(deeper))
    assert len(told) == 25
    assert "more" in told[4]
    circle = ValueError("a")
    circle.__cause__ = circle
    assert [] == stack(circle)


@given(st.text(st.characters() | st.sampled_from("\r\n\x1b\x9b\u2028\u202e\ud800")))
def test_a_line_is_one_line_that_can_be_written(text: str) -> None:
    said = line(text)
    assert said[-1] == "\n"
    assert said[:-1].isprintable()
    assert said.encode()
    assert len(said) <= MAX_LINE + 4
