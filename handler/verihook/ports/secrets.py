"""Where secrets come from."""

from __future__ import annotations

from typing import Protocol


class Secrets(Protocol):
    """Where secrets come from."""

    def resolve(self, reference: str) -> tuple[str, ...]:
        """The values behind a reference (``env:NAME``, ``file:PATH``), newest first, never an empty one.

        Raises KeyError with words where there is none (a load error), SecretsUnavailable where a store is down.
        """
        ...

    def keep(self, reference: str, value: str) -> None:
        """Write a secret that a handshake brought (Asana) to a reference that can be written and holds none.

        Raises KeyError with words where it cannot be written, SecretsUnavailable where a store is down or somebody else
        has just written there. What is there is never written over.
        """
        ...
