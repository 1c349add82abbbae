"""The ONE table of status words: what each dialect calls a status of ours, and which of ours its filter words mean."""

from __future__ import annotations

from typing import Literal, get_args

from verihook.model.instance import Status

Dialect = Literal["moose", "temporal", "loopfour", "dapr", "awaitstep"]

_DIALECTS: tuple[Dialect, ...] = get_args(Dialect)

#: A row for each status: Moose (before its long prefix), the Temporal guide, LoopFour, Dapr, AwaitStep.
_WORDS: dict[Status, tuple[str, str, str, str, str]] = {
    "queued": ("RUNNING", "RUNNING", "pending", "PENDING", "queued"),
    "running": ("RUNNING", "RUNNING", "running", "RUNNING", "running"),
    "suspended": ("RUNNING", "PAUSED", "running", "SUSPENDED", "paused"),
    "completed": ("COMPLETED", "COMPLETED", "completed", "COMPLETED", "complete"),
    "failed": ("FAILED", "FAILED", "failed", "FAILED", "errored"),
    "timed_out": ("TIMED_OUT", "TIMED_OUT", "failed", "FAILED", "errored"),
    "terminated": ("TERMINATED", "TERMINATED", "cancelled", "TERMINATED", "terminated"),
}


def word(dialect: Dialect, status: Status) -> str:
    """What the dialect calls this status."""
    return _WORDS[status][_DIALECTS.index(dialect)]


def meant(dialect: Dialect, asked: str) -> tuple[Status, ...]:
    """The statuses that the dialect's word covers, () for a word that it has not."""
    column = _DIALECTS.index(dialect)
    return tuple(status for status, words in _WORDS.items() if words[column] == asked)
