"""Inputs and outputs that are too large for engine and ledger."""

from __future__ import annotations

from typing import Protocol


class Payloads(Protocol):
    """Texts by key. Every method raises PayloadsUnavailable where the store fails."""

    #: Where the texts are: ``s3://bucket/`` or ``file:///folder/``; a key is appended.
    base: str

    #: The largest output that is kept, in bytes of UTF-8: one that can be read again.
    max_output: int

    def put(self, key: str, text: str) -> None:
        """Keep the text under ``key`` (``INSTANCE/SHA256``); the same again changes nothing. Durable on return.

        Raises PayloadsUnavailable also for one that :meth:`get` would not read.
        """
        ...

    def get(self, key: str) -> str | None:
        """The text; None where there is none."""
        ...

    def remove_all(self, instance_id: str) -> None:
        """Remove every text of an instance; where there is none, nothing happens."""
        ...
