"""All stores behind one Secrets port: the part of a reference before the colon chooses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from verihook.errors import SecretsUnavailable

if TYPE_CHECKING:
    from verihook.keyring import RotatingSecrets


class StoresByKind:
    """The Secrets port over several stores, each made when a reference first needs it: a cold start pays for no other.

    ``makers``: how to make the store of a kind (``env``, ``secretsmanager`` …).
    """

    def __init__(self, makers: Mapping[str, Callable[[], RotatingSecrets]]) -> None:
        self._makers = makers
        self._stores: dict[str, RotatingSecrets] = {}
        self._making = threading.Lock()

    def resolve(self, reference: str) -> tuple[str, ...]:
        """See :class:`~verihook.ports.Secrets`."""
        return self._store(reference).resolve(reference)

    def generations(self, reference: str, *, fresh: bool = False) -> tuple[tuple[str, ...], ...]:
        """See :class:`~verihook.keyring.RotatingSecrets`."""
        return self._store(reference).generations(reference, fresh=fresh)

    def keep(self, reference: str, value: str) -> None:
        """See :class:`~verihook.ports.Secrets`."""
        self._store(reference).keep(reference, value)

    def _store(self, reference: str) -> RotatingSecrets:
        kind = reference.partition(":")[0]
        store = self._stores.get(kind)
        if store is None:
            with self._making:
                store = self._stores.get(kind)
                if store is None:
                    store = self._stores[kind] = self._make(kind)
        return store

    def _make(self, kind: str) -> RotatingSecrets:
        maker = self._makers.get(kind)
        if maker is None:
            raise KeyError(f"{kind}: there is no such kind of reference; there are {', '.join(self._makers)}")
        try:
            return maker()
        except Exception as error:  # a client that cannot be made: no region, no credentials
            raise SecretsUnavailable("A secret store cannot be reached.") from error
