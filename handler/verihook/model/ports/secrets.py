"""The stores of secrets."""

from __future__ import annotations

from typing import Protocol

#: The values of one reference, by generation, the newest first.
Generations = tuple[tuple[str, ...], ...]


class Secrets(Protocol):
    """Where secrets come from."""

    def resolve(self, reference: str) -> tuple[str, ...]:
        """Return the values behind a reference (``env:NAME``, ``file:PATH``), newest first, none of them empty.

        Raises KeyError, with a message, if there is none; SecretsUnavailable if a store is down.
        """
        ...

    def store(self, reference: str, value: str) -> None:
        """Write a secret that a handshake brought (Asana) to a reference that can be written and holds none.

        Raises KeyError, with a message, if the reference cannot be written; SecretsUnavailable if a store is down or
        another writer has just written there. A secret that is there is never overwritten.
        """
        ...


class RotatingSecrets(Secrets, Protocol):
    """The Secrets port, with what a rotation needs."""

    def generations(self, reference: str, *, fresh: bool = False) -> Generations:
        """Return the values of :meth:`~Secrets.resolve`, by generation; the first is, or becomes, the current one.

        ``fresh``: read past every cache. Raises as ``resolve`` does.
        """
        ...
