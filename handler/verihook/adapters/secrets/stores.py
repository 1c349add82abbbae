"""All stores behind one Secrets port: the part of a reference before the colon chooses."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.adapters.secrets.parts import StoreParts
from verihook.errors import ConfigurationError, SecretsUnavailable
from verihook.senders.references import STORES
from verihook.senders.tables import must_be_one_of

if TYPE_CHECKING:
    from verihook.adapters.secrets.current import CurrentSecret
    from verihook.model.ports import RotatingSecrets

#: What makes a client, by the name that boto3 has for the service.
ClientOf = Callable[[str], Any]

#: What an instance key has at least, in bytes.
LEAST_KEY = 32


def stores(
    variables: Mapping[str, str],
    folder: Path,
    client_of: ClientOf,
    shared: CurrentSecret | None = None,
    private: Path | None = None,
) -> StoresByKind:
    """Every kind of reference. ``folder`` and ``private`` are what relative paths are taken from.

    ``shared``: the secret of which an ``env:NAME`` is a member if it is no variable; None for none.
    """
    parts = StoreParts(client_of, EnvironmentSecrets(variables, folder, private), shared)
    return StoresByKind({kind: partial(_make, store.module, parts) for kind, store in STORES.items()})


def _make(module: str, parts: StoreParts) -> RotatingSecrets:
    made: RotatingSecrets = import_module(module).make(parts)
    return made


def instance_key(secret: CurrentSecret) -> bytes:
    """The key that CloudFormation made, which is in no function's environment.

    Raises ConfigurationError if a secret is empty, SecretsUnavailable.
    """
    key = secret.text().encode()
    if len(key) < LEAST_KEY:
        mend = f"{secret.arn} must hold at least {LEAST_KEY} characters, as the stack's own InstanceKey does"
        raise ConfigurationError("environment", "VERIHOOK_INSTANCE_KEY_ARN", mend)
    return key


def read_ahead(client_of: ClientOf, *arns: str) -> list[CurrentSecret | None]:
    """These secrets, None for one that is "", each being read on a thread while the rest is put together.

    What asks for one waits for its thread's answer, or meets the thread's error as its own.
    """
    from verihook.adapters.secrets.current import CurrentSecret

    secrets = [CurrentSecret(client_of("secretsmanager"), arn) if arn else None for arn in arns]
    for secret in secrets:
        if secret:
            threading.Thread(target=_read, args=(secret,), name="read ahead", daemon=True).start()
    return secrets


def _read(secret: CurrentSecret) -> None:
    with suppress(SecretsUnavailable):
        secret.text()


class StoresByKind:
    """The Secrets port over several stores, each made when a reference first needs it: a cold start pays for no other.

    ``makers``: how to make the store of a kind (``env``, ``secretsmanager`` …).
    """

    def __init__(self, makers: Mapping[str, Callable[[], RotatingSecrets]]) -> None:
        self._makers = makers
        self._stores: dict[str, RotatingSecrets] = {}
        self._making = threading.Lock()

    def resolve(self, reference: str) -> tuple[str, ...]:
        """See :class:`~verihook.model.ports.Secrets`."""
        return self._store(reference).resolve(reference)

    def generations(self, reference: str, *, fresh: bool = False) -> tuple[tuple[str, ...], ...]:
        """See :class:`~verihook.model.ports.RotatingSecrets`."""
        return self._store(reference).generations(reference, fresh=fresh)

    def store(self, reference: str, value: str) -> None:
        """See :class:`~verihook.model.ports.Secrets`."""
        self._store(reference).store(reference, value)

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
            raise KeyError(f"the kind of a reference {must_be_one_of(self._makers, kind)}")
        try:
            return maker()
        except Exception as error:  # a client that cannot be made: no region, no credentials
            raise SecretsUnavailable("A secret store cannot be reached.") from error
