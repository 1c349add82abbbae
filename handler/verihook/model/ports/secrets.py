"""Where secrets come from."""

from __future__ import annotations

from typing import Protocol

#: The values of one reference, by generation, the newest first.
Generations = tuple[tuple[str, ...], ...]


class Secrets(Protocol):
    """Where secrets come from."""

    def resolve(self, reference: str) -> tuple[str, ...]:
        """The values behind a reference (``env:NAME``, ``file:PATH``), newest first, never an empty one.

        Raises KeyError with words if there is none (a load error), SecretsUnavailable if a store is down.
        """
        ...

    def store(self, reference: str, value: str) -> None:
        """Write a secret that a handshake brought (Asana) to a reference that can be written and holds none.

        Raises KeyError with words if it cannot be written, SecretsUnavailable if a store is down or another writer
        has just written there. What is there is never written over.
        """
        ...


class RotatingSecrets(Secrets, Protocol):
    """The Secrets port, with what a rotation needs."""

    def generations(self, reference: str, *, fresh: bool = False) -> Generations:
        """What :meth:`~Secrets.resolve` gives, by generation; the first is what is or becomes current.

        ``fresh``: past every cache. Raises as ``resolve`` does.
        """
        ...
