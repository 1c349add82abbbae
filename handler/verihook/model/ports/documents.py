"""Small texts that are read, changed and written back: API keys, idempotency keys, mailboxes, rate limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Document:
    """One text. ``version`` is 1 when it is first written and one more with every write of it.

    ``expires_at`` in seconds since the epoch; None for no end.
    """

    name: str
    text: str
    version: int
    expires_at: int | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """The answer to a try to take a token. ``wait_ms``: 0 if one was taken; ``left``: how many the bucket then has."""

    wait_ms: int
    left: int = 0


#: The most members of a line: with the longest names they fit DynamoDB's 400 KB an item.
MOST_IN_LINE = 4000


@dataclass(frozen=True, slots=True)
class Place:
    """A place in a line. ``ahead``: how many members are before this one; ``behind``: the last of these, "" for none.

    ``front``: the members that are not to wait: the first ones of the line, or all of a short one.
    """

    ahead: int
    behind: str
    front: tuple[str, ...]


class Documents(Protocol):
    """Texts of up to 300 KB by partition and name. Every method raises LedgerUnavailable if the store fails."""

    def read(self, partition: str, name: str, now_ms: int) -> Document | None:
        """Return the document, read consistently; None if there is none or it has expired."""
        ...

    def write(self, partition: str, document: Document, now_ms: int) -> bool:
        """Write the document, only if the stored one still has the version before: ONE conditional write.

        ``document.version`` is the new version: 1 for a document that must not exist yet (an expired one counts as
        none), else one more than that of the document it replaces. Return False if another writer was quicker.
        """
        ...

    def add(self, partition: str, document: Document, now_ms: int) -> Document | None:
        """Write the document, of version 1, if there is none: ONE conditional write. An expired one counts as none.

        Return None if it was written, else the document that is there.
        """
        ...

    def remove(self, partition: str, name: str) -> None:
        """Remove the document; if there is none, nothing happens."""
        ...

    def all(self, partition: str, limit: int, now_ms: int, after: str = "") -> list[Document]:
        """Return up to ``limit`` documents of a partition, sorted by name, from after ``after`` on. No expired ones."""
        ...

    def take_token(self, bucket: str, capacity: int, interval_ms: int, now_ms: int) -> Token:
        """Take one token of a bucket that holds ``capacity`` and gets one back every ``interval_ms``.

        In the answer, ``wait_ms`` is 0 if a token was taken, else in how many milliseconds there is one (then nothing
        was changed). Atomic: however many callers, no more tokens are taken than there are. One write if the bucket is
        in use. A bucket that is full again is forgotten.
        The generic cell rate algorithm: https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm
        """
        ...

    def line_up(self, line: str, member: str, most: int) -> Place | None:
        """Put the member at the end of a line, unless it is in it: ONE conditional write. Return its place.

        ``most``: how many members are its front. Return None if the line is full (:data:`MOST_IN_LINE`). No clock
        decides: who is in a line before another call begins is ahead of it.
        """
        ...

    def place(self, line: str, member: str, most: int) -> Place | None:
        """Return the member's place, read consistently; None if it is not in the line."""
        ...

    def step_out(self, line: str, member: str, most: int) -> str:
        """Take the member out of a line. Return who came to the front by that, "" if no member did. Idempotent.

        An empty line is forgotten.
        """
        ...
