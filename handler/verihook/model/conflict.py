"""Tries a write again if another writer was quicker: the one loop, with one limit, for every row and document.

Rows and documents have a version, and a write is refused if the version has changed since the writer read it
(optimistic locking). Then the writer reads what is there now, and writes again.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from verihook.errors import LedgerUnavailable, Unavailable

T = TypeVar("T")

#: How many tries a write has. Each try that fails means that another writer has succeeded, so about this many writers
#: can write to one row at once. There is no pause between tries: to read the row again takes some milliseconds.
MAX_TRIES = 200


class Overtaken(Exception):
    """Another writer was quicker. A try raises this, and only :func:`retry_on_conflict` catches it."""


def retry_on_conflict(write: Callable[[], T], what: str, error: type[Unavailable] = LedgerUnavailable) -> T:
    """Call ``write``, again each time that it raises Overtaken, and return what it returns.

    ``what``: what is written, for the error's text, such as "This instance". Raises ``error`` after :data:`MAX_TRIES`.
    """
    for _ in range(MAX_TRIES):
        try:
            return write()
        except Overtaken:
            continue
    raise error(f"{what} is being changed concurrently; retry.")
