"""Inputs and outputs that are too large for engine and ledger."""

from __future__ import annotations

from typing import Protocol


class PayloadWriter(Protocol):
    """As much of :class:`Payloads` as a text is put with."""

    @property
    def base(self) -> str:
        """Where the texts are: ``s3://bucket/`` or ``file:///folder/``; a key is appended."""
        ...

    def put(self, key: str, text: str) -> None:
        """Keep the text under ``key`` (``INSTANCE/SHA256``); the same again changes nothing. Durable on return.

        Raises PayloadsUnavailable also for one that :meth:`get` would not read.
        """
        ...


class Payloads(PayloadWriter, Protocol):
    """Texts by key. Every method raises PayloadsUnavailable if the store fails."""

    #: The largest output that is kept, in bytes of UTF-8: one that can be read again.
    max_output: int

    def get(self, key: str) -> str | None:
        """The text; None if there is none."""
        ...

    def remove_all(self, instance_id: str) -> None:
        """Remove every text of an instance; if there is none, nothing happens."""
        ...
