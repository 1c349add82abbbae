"""Secrets from AWS Systems Manager Parameter Store, decrypted.

https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html
"""

from __future__ import annotations

import time
from typing import Any

from verihook.adapters.secrets import secret_of
from verihook.adapters.secrets.answer_cache import AnswerCache, Clock
from verihook.adapters.secrets.parts import StoreParts

_ABSENT = ("ParameterNotFound", "ParameterVersionNotFound")


def make(parts: StoreParts) -> ParameterStoreSecrets:
    """The store of a deployment."""
    return ParameterStoreSecrets(parts.client_of("ssm"))


class ParameterStoreSecrets:
    """The Secrets port over ``ssm:/path``, of type SecureString or String.

    ``client``: an ``ssm`` client that raises AwsError. ``clock`` as in :class:`AnswerCache`.
    """

    def __init__(self, client: Any, clock: Clock = time.time) -> None:
        self._client = client
        self._cache = AnswerCache(self._read, _ABSENT, clock)

    def resolve(self, reference: str) -> tuple[str, ...]:
        """See :class:`~verihook.model.ports.Secrets`."""
        return self.generations(reference)[0]

    def generations(self, reference: str, *, fresh: bool = False) -> tuple[tuple[str, ...], ...]:
        """See :class:`~verihook.model.ports.RotatingSecrets`: the newest version alone."""
        value = self._cache.get(reference.partition(":")[2], fresh=fresh)
        if not value:
            raise KeyError(f"{reference} is not there, or empty")
        return ((secret_of(reference, value),),)

    def store(self, reference: str, value: str) -> None:  # noqa: ARG002  # as the port has it
        """See :class:`~verihook.model.ports.Secrets`: it never writes here."""
        raise KeyError(f"{reference} cannot be written; name a file: or a secretsmanager: instead")

    def _read(self, name: str) -> object:
        return self._client.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"]
