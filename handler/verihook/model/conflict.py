"""How a write that meets another writer is tried again: for every row and document, the one loop and the one limit.

Rows and documents have a version, and a write is refused if another writer has changed the version that it was made of
(optimistic locking). Then it is made again, of what is there now.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from verihook.errors import LedgerUnavailable, Unavailable

T = TypeVar("T")

#: How many tries a write has. Each one that fails means that another writer has succeeded, so that about as many
#: writers may meet at one row. There is no pause between tries: to read what is there now takes some milliseconds.
MAX_TRIES = 200


class Overtaken(Exception):
    """Another writer was quicker. Raised by a try, for :func:`retry_on_conflict` alone."""


def retry_on_conflict(write: Callable[[], T], what: str, error: type[Unavailable] = LedgerUnavailable) -> T:
    """Return what ``write`` returns, which is called again each time that it raises Overtaken.

    ``what``: what is written, such as "This instance". Raises ``error`` after :data:`MAX_TRIES` tries.
    """
    for _ in range(MAX_TRIES):
        try:
            return write()
        except Overtaken:
            continue
    raise error(f"{what} is being changed concurrently; retry.")
