from __future__ import annotations

from typing import get_args

import pytest

from verihook.dialects import DIALECTS, loopfour, moose
from verihook.dialects.statuses import Words, meant
from verihook.model.instance import Status

#: docs/dialects.md has the same table.
TABLE = {
    "queued": ("RUNNING", "RUNNING", "pending", "PENDING", "queued"),
    "running": ("RUNNING", "RUNNING", "running", "RUNNING", "running"),
    "suspended": ("RUNNING", "PAUSED", "running", "SUSPENDED", "paused"),
    "completed": ("COMPLETED", "COMPLETED", "completed", "COMPLETED", "complete"),
    "failed": ("FAILED", "FAILED", "failed", "FAILED", "errored"),
    "timed_out": ("TIMED_OUT", "TIMED_OUT", "failed", "FAILED", "errored"),
    "terminated": ("TERMINATED", "TERMINATED", "cancelled", "TERMINATED", "terminated"),
}


def test_every_status_has_a_word_in_every_dialect() -> None:
    assert set(TABLE) == set(get_args(Status))
    for status in get_args(Status):
        assert tuple(dialect.words[status] for dialect in DIALECTS) == TABLE[status]


@pytest.mark.parametrize(
    ("words", "asked", "statuses"),
    [
        (moose.WORDS, "RUNNING", ("queued", "running", "suspended")),
        (loopfour.WORDS, "running", ("running", "suspended")),
        (loopfour.WORDS, "failed", ("failed", "timed_out")),
        (loopfour.WORDS, "odd", ()),
    ],
)
def test_a_word_covers_statuses_of_ours(words: Words, asked: str, statuses: tuple[Status, ...]) -> None:
    assert meant(words, asked) == statuses
