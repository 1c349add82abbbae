"""Secrets from AWS Secrets Manager, all three stages of a rotation.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_managed.html
"""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from verihook.adapters.aws.errors import AwsError, ServiceError
from verihook.adapters.secrets import secret_of
from verihook.adapters.secrets.answer_cache import AnswerCache, Clock
from verihook.adapters.secrets.current import ABSENT
from verihook.adapters.secrets.parts import StoreParts
from verihook.errors import SecretsUnavailable
from verihook.strict_json import parse

#: The namespace of the UUIDs that name the versions which :meth:`SecretsManagerSecrets.store` writes.
_NAMES = uuid.UUID("b5a3f8f0-0d5c-4a8e-8a53-9b6a1f1f6a57")


def make(parts: StoreParts) -> SecretsManagerSecrets:
    """The store of a deployment."""
    return SecretsManagerSecrets(parts.client_of("secretsmanager"))


class SecretsManagerSecrets:
    """The Secrets port over ``secretsmanager:NAME-or-ARN[#json-key]``.

    ``client``: a ``secretsmanager`` client that raises AwsError. ``clock`` as in
    :class:`~verihook.adapters.secrets.answer_cache.AnswerCache`. A secret costs three calls, one for each stage;
    secrets of one document (``#json-key``) share them.
    """

    def __init__(self, client: Any, clock: Clock = time.time) -> None:
        self._client = client
        self._cache = AnswerCache(self._read, ABSENT, clock)

    def resolve(self, reference: str) -> tuple[str, ...]:
        """See :class:`~verihook.model.ports.Secrets`: AWSPENDING, AWSCURRENT, AWSPREVIOUS, of those that there are."""
        return tuple(value for generation in self.generations(reference) for value in generation)

    def generations(self, reference: str, *, fresh: bool = False) -> tuple[tuple[str, ...], ...]:
        """See :class:`~verihook.model.ports.RotatingSecrets`: AWSPENDING and AWSCURRENT, then AWSPREVIOUS."""
        name, key = _split(reference)
        # The one that must be there is asked for first: if the store is down, nothing else is tried.
        current = _pick(self._cache.get((name, "AWSCURRENT"), fresh=fresh), key)
        if not current:
            raise KeyError(f"{reference} is not there, or not a text")
        pending = _pick(self._cache.get((name, "AWSPENDING"), fresh=fresh), key)
        previous = _pick(self._cache.get((name, "AWSPREVIOUS"), fresh=fresh), key)
        newest = tuple(dict.fromkeys(secret_of(reference, text) for text in (pending, current) if text))
        older = secret_of(reference, previous) if previous else ""
        return (newest, (older,)) if older and older not in newest else (newest,)

    def store(self, reference: str, value: str) -> None:
        """See :class:`~verihook.model.ports.Secrets`: a new AWSCURRENT, if there is none for this reference yet.

        With a ``#json-key`` the document is read, changed and written. Two writers at once ask for the same version,
        of which AWS lets the first have it: the second meets SecretsUnavailable, and what is there when it comes again.
        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
        """
        name, key = _split(reference)
        if not value:
            raise KeyError(f"{reference}: an empty secret is not kept")
        try:
            text, version = self._current(name)
            if _pick(text, key):
                raise KeyError(f"{reference} holds a secret, which is not written over")
            if key and _document(text) is None:
                raise KeyError(f"{reference}: there is no JSON object to write the key into")
            kept = json.dumps({**(_document(text) or {}), key: value}) if key else value
            token = str(uuid.uuid5(_NAMES, version))
            self._client.put_secret_value(SecretId=name, SecretString=kept, ClientRequestToken=token)
        except AwsError as error:
            if isinstance(error, ServiceError) and error.code in ABSENT:
                raise KeyError(f"{reference} is not there; create it first") from error
            raise SecretsUnavailable("A secret could not be kept.") from error
        finally:
            self._cache.forget()

    def _current(self, name: str) -> tuple[str, str]:
        """The text and its version as they are just now; "" and "" if nothing was put into the secret yet."""
        try:
            answer = self._client.get_secret_value(SecretId=name, VersionStage="AWSCURRENT")
        except ServiceError as error:
            # One that is not there at all refuses the write.
            if error.code != "ResourceNotFoundException":
                raise
            return "", ""
        return answer.get("SecretString", ""), answer["VersionId"]

    def _read(self, place: tuple[str, str]) -> object:
        name, stage = place
        return self._client.get_secret_value(SecretId=name, VersionStage=stage).get("SecretString")


def _split(reference: str) -> tuple[str, str]:
    """The name or ARN, and the JSON key or ""."""
    name, _, key = reference.partition(":")[2].partition("#")
    return name, key


def _pick(text: str, key: str) -> str:
    """The secret in what a stage holds; "" if it is not in there."""
    if not key:
        return text
    value = (_document(text) or {}).get(key)
    return value if isinstance(value, str) else ""


def _document(text: str) -> dict[str, Any] | None:
    try:
        document = parse(text)
    except ValueError:
        return None
    return document if isinstance(document, dict) else None
