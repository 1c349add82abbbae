"""What of a text is the secret."""

from __future__ import annotations

import pytest

from verihook.adapters.secrets import secret_in, secret_of


@pytest.mark.parametrize("text", ["s3cret", "s3cret\n", "s3cret\r\n"])
def test_one_line_break_at_the_end_is_not_part_of_it(text: str) -> None:
    assert "s3cret" == secret_in(text) == secret_of("env:A", text)


@pytest.mark.parametrize(
    "text", [" s3cret", "s3cret ", "s3cret\n\n", "\ts3cret", "s3cret \n", "\n s3cret", "s3cret\u00a0", "\n\n"]
)
def test_other_white_space_at_an_end_is_refused_without_showing_the_secret(text: str) -> None:
    with pytest.raises(ValueError, match="begins or ends with white space") as refusal:
        secret_in(text)
    assert "s3cret" not in str(refusal.value)
    with pytest.raises(KeyError, match="env:A begins or ends with white space") as missing:
        secret_of("env:A", text)
    assert "s3cret" not in str(missing.value)


def test_what_is_within_it_is_kept() -> None:
    assert "a b\nc" == secret_in("a b\nc\n")


@pytest.mark.parametrize("text", ["", "\n", "\r\n"])
def test_nothing_is_no_secret(text: str) -> None:
    assert "" == secret_in(text)
    with pytest.raises(KeyError, match="file:a is empty"):
        secret_of("file:a", text)
