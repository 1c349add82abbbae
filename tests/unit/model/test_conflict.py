"""A write that meets another writer is made again, and not for ever."""

from __future__ import annotations

import pytest

from verihook.errors import LedgerUnavailable, SecretsUnavailable
from verihook.model.conflict import MAX_TRIES, Overtaken, retry_on_conflict


class Contended:
    """A row of which so many writes are refused."""

    def __init__(self, refused: int) -> None:
        self.refused = refused
        self.tries = 0

    def write(self) -> str:
        self.tries += 1
        if self.tries <= self.refused:
            raise Overtaken
        return "written"


@pytest.mark.parametrize("refused", [0, 1, MAX_TRIES - 1])
def test_it_is_tried_until_it_is_written(refused: int) -> None:
    row = Contended(refused)
    assert retry_on_conflict(row.write, "This instance") == "written"
    assert row.tries == refused + 1


def test_it_is_given_up_in_words() -> None:
    row = Contended(10**9)
    with pytest.raises(LedgerUnavailable, match=r"^This instance is being changed concurrently; retry\.$"):
        retry_on_conflict(row.write, "This instance")
    assert row.tries == MAX_TRIES
    with pytest.raises(SecretsUnavailable, match=r"^The secret is"):
        retry_on_conflict(row.write, "The secret", SecretsUnavailable)


def test_any_other_error_ends_it() -> None:
    def write() -> None:
        raise KeyError("a")

    with pytest.raises(KeyError):
        retry_on_conflict(write, "This instance")
