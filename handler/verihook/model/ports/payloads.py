"""The store of inputs and outputs that are too large for the engine or the ledger."""

from __future__ import annotations

from typing import Protocol


class PayloadWriter(Protocol):
    """The part of :class:`Payloads` that only writes."""

    @property
    def base(self) -> str:
        """Return the URL of the store: ``s3://bucket/`` or ``file:///folder/``; the key of a text is appended."""
        ...

    def put(self, key: str, text: str) -> None:
        """Keep the text under ``key`` (``INSTANCE/SHA256``); the same again changes nothing. It is durable on return.

        Raises PayloadsUnavailable, also for a text that is too large for :meth:`Payloads.get` to read.
        """
        ...


class Payloads(PayloadWriter, Protocol):
    """Texts by key. Every method raises PayloadsUnavailable if the store fails."""

    #: The largest output that is kept, in bytes of UTF-8: one that can be read again.
    max_output: int

    def get(self, key: str) -> str | None:
        """Return the text; None if there is none."""
        ...

    def remove_all(self, instance_id: str) -> None:
        """Remove every text of an instance; if there is none, nothing happens."""
        ...
