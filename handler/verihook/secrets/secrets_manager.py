"""Secrets from AWS Secrets Manager, all three stages of a rotation.

https://docs.aws.amazon.com/secretsmanager/latest/userguide/rotate-secrets_managed.html
https://docs.aws.amazon.com/powertools/python/latest/utilities/parameters/
"""

from __future__ import annotations

import json
from typing import Any

from aws_lambda_powertools.utilities.parameters import GetParameterError, SecretsProvider

from verihook.aws.errors import AwsError, ServiceError
from verihook.errors import SecretsUnavailable

#: Answers that mean: there is no such secret, or none in this stage. Every other one is the store's own trouble.
_ABSENT = ("ResourceNotFoundException", "InvalidRequestException")


class SecretsManagerSecrets:
    """The Secrets port over ``secretsmanager:NAME-or-ARN[#json-key]``.

    ``client``: a boto3 ``secretsmanager`` client. ``max_age``: how long an answer is kept, in seconds; None for what
    ``POWERTOOLS_PARAMETERS_MAX_AGE`` says, else 300. A secret costs three calls, one for each stage; secrets of one
    document (``#json-key``) share them.
    """

    def __init__(self, client: Any, max_age: int | None = None) -> None:
        self._client = client
        self._max_age = max_age
        # One provider a stage: Powertools keeps answers by the secret's name alone.
        self._current = _Stage(client, "AWSCURRENT")
        self._pending = _Stage(client, "AWSPENDING")
        self._previous = _Stage(client, "AWSPREVIOUS")

    def resolve(self, reference: str) -> tuple[str, ...]:
        """See :class:`~verihook.ports.Secrets`: AWSPENDING, AWSCURRENT, AWSPREVIOUS, of those that there are."""
        return tuple(value for generation in self.generations(reference) for value in generation)

    def generations(self, reference: str, *, fresh: bool = False) -> tuple[tuple[str, ...], ...]:
        """See :class:`~verihook.keyring.RotatingSecrets`: AWSPENDING and AWSCURRENT, then AWSPREVIOUS."""
        name, key = _split(reference)
        # The one that must be there is asked for first: where the store is down, no more is tried.
        current = _pick(self._get(self._current, name, fresh=fresh), key)
        if not current:
            raise KeyError(f"{reference} is not there, or not a text")
        pending = _pick(self._get(self._pending, name, fresh=fresh), key)
        previous = _pick(self._get(self._previous, name, fresh=fresh), key)
        newest = tuple(dict.fromkeys(value for value in (pending, current) if value))
        return (newest, (previous,)) if previous and previous not in newest else (newest,)

    def keep(self, reference: str, value: str) -> None:
        """See :class:`~verihook.ports.Secrets`: a new AWSCURRENT; what was it before becomes AWSPREVIOUS.

        With a ``#json-key`` the document is read, changed and written; two writers at once are one too many.
        """
        name, key = _split(reference)
        if not value:
            raise KeyError(f"{reference}: an empty secret is not kept")
        text = value
        if key:
            document = _document(self._get(self._current, name, fresh=True))
            if document is None:
                raise KeyError(f"{reference}: there is no JSON object to write the key into")
            text = json.dumps({**document, key: value})
        try:
            self._client.put_secret_value(SecretId=name, SecretString=text)
        except AwsError as error:
            if _code(error) in _ABSENT:
                raise KeyError(f"{reference} is not there; create it first") from error
            raise SecretsUnavailable("A secret could not be kept.") from error
        for stage in (self._current, self._pending, self._previous):
            stage.store.clear()

    def _get(self, stage: _Stage, name: str, *, fresh: bool) -> str:
        try:
            value = stage.get(name, max_age=self._max_age, force_fetch=fresh)
        except GetParameterError as error:
            raise SecretsUnavailable("A secret store did not answer.") from error
        return value if isinstance(value, str) else ""


class _Stage(SecretsProvider):
    """One staging label of every secret; ``""`` where a secret has no text under it, which is kept like any answer."""

    def __init__(self, client: Any, stage: str) -> None:
        super().__init__(boto3_client=client)
        self._stage = stage

    def _get(self, name: str, **options: Any) -> str:
        try:
            value = super()._get(name, VersionStage=self._stage, **options)
        except ServiceError as error:
            if _code(error) in _ABSENT:
                return ""
            raise
        return value if isinstance(value, str) else ""


def _code(error: AwsError) -> str:
    return error.code if isinstance(error, ServiceError) else ""


def _split(reference: str) -> tuple[str, str]:
    """The name or ARN, and the JSON key or ""."""
    name, _, key = reference.partition(":")[2].partition("#")
    return name, key


def _pick(text: str, key: str) -> str:
    """The secret in what a stage holds; "" where it is not in there."""
    if not key:
        return text
    value = (_document(text) or {}).get(key)
    return value if isinstance(value, str) else ""


def _document(text: str) -> dict[str, Any] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
