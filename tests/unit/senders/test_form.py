"""Forms are read as the standard library reads them, in a memory that is bounded."""

from __future__ import annotations

import subprocess
import sys
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


#: Prints the bytes that the process has grown by, beyond what it had when the text was there.
GROWTH = """
import resource, sys
from verihook.senders.form import percent_decoded
piece = sys.argv[1].encode()
text = piece * (6_000_000 // len(piece))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
percent_decoded(text)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024)
"""


@pytest.mark.parametrize("piece", ["%41", "%41x", "%%%", "%4"])
def test_it_takes_little_more_than_the_text(piece: str) -> None:
    command = [sys.executable, "-c", GROWTH, piece]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    # What grows, the copy that is returned, and one piece's worth of objects. All pieces at once would take 300 MB.
    assert int(done.stdout) < 3 * 6_000_000
