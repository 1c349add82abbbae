"""The words of a dialect for our statuses. docs/dialects.md shows the words of all of them in one table."""

from __future__ import annotations

from collections.abc import Mapping

from verihook.model.instance import Status

#: The dialect's word for each status of ours.
Words = Mapping[Status, str]


def meant(words: Words, asked: str) -> tuple[Status, ...]:
    """The statuses that the dialect's word ``asked`` covers, () for a word that it does not have."""
    return tuple(status for status, word in words.items() if word == asked)
