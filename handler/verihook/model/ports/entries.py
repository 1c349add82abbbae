"""Where the entries of sources run: the operator's own code, in a process that has none of our keys."""

from __future__ import annotations

from typing import Protocol

from verihook.errors import NotConfigured, Unavailable


class EntryFailed(Unavailable):
    """An entry did not decide. The public text never says why; ``words`` are for the operator."""

    code = "entry-failed"

    def __init__(self, words: str) -> None:
        super().__init__("The source could not decide about the delivery; deliver again later.")
        self.words = words


class EntryTimeout(EntryFailed):
    """An entry did not decide in time."""

    code = "entry-timeout"


class Entries(Protocol):
    """Asks an entry what becomes of a delivery."""

    def ask(self, call: bytes, seconds: float) -> bytes:
        """Return the answer to a call (:mod:`verihook.model.entry_wire`), which is not checked yet.

        Raises EntryTimeout if it does not come within ``seconds``, and EntryFailed if there is none.
        """
        ...


class NoEntries:
    """Stands where no entry can run: a source that has one refuses its deliveries, and the others work."""

    def ask(self, call: bytes, seconds: float) -> bytes:  # noqa: ARG002  the port's signature
        """Raise NotConfigured."""
        raise NotConfigured("The source is not configured; deliver again later.")
