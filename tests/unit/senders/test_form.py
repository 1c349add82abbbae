"""Forms are read as the standard library reads them, in a memory that is bounded."""

from __future__ import annotations

import tracemalloc
from urllib.parse import parse_qsl, unquote_to_bytes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from verihook.senders.form import form_fields, percent_decoded

#: Pieces of a form: escapes, halves of escapes, what is none, and long runs across what is decoded at a time.
PIECES = st.sampled_from(
    ["%41", "%", "%4", "%zz", "%C3%A9", "%ff", "+", "&", "=", "a", "\u00e9", "x" * 16_383, "%41" * 5_461]
)
TEXTS = st.lists(PIECES, max_size=12).map("".join)


def outcome(read: object, *arguments: object, **options: object) -> object:
    try:
        return read(*arguments, **options)  # type: ignore[operator]
    except UnicodeDecodeError:
        return "not UTF-8"
    except ValueError:
        return "refused"


@given(TEXTS, st.booleans())
@example("", False)
@example("a=" + "x" * 16_381 + "%41", True)
@example("a=" + "x" * 16_382 + "%4", True)
def test_it_is_what_the_standard_library_reads(text: str, strict: bool) -> None:
    theirs = outcome(parse_qsl, text, keep_blank_values=True, strict_parsing=strict, max_num_fields=3, errors="strict")
    assert theirs == outcome(form_fields, text, 3, strict=strict)
    assert unquote_to_bytes(text) == percent_decoded(text.encode())


@pytest.mark.parametrize("piece", [b"%41", b"%41x", b"%%%", b"%4"])
def test_it_takes_little_more_than_the_text(piece: bytes) -> None:
    text = piece * (2_000_000 // len(piece))
    tracemalloc.start()
    try:
        percent_decoded(text)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # The text and the copy that is returned, and one piece's worth of objects.
    assert peak < 3 * len(text)
