"""Secrets from AWS Systems Manager Parameter Store, decrypted.

https://docs.aws.amazon.com/systems-manager/latest/userguide/systems-manager-parameter-store.html
https://docs.aws.amazon.com/powertools/python/latest/utilities/parameters/
"""

from __future__ import annotations

from typing import Any

from aws_lambda_powertools.utilities.parameters import GetParameterError, SSMProvider

from verihook.errors import SecretsUnavailable

_ABSENT = ("ParameterNotFound", "ParameterVersionNotFound")


class ParameterStoreSecrets:
    """The Secrets port over ``ssm:/path``, of type SecureString or String.

    ``client``: a boto3 ``ssm`` client. ``max_age``: how long an answer is kept, in seconds; None for what
    ``POWERTOOLS_PARAMETERS_MAX_AGE`` says, else 300.
    """

    def __init__(self, client: Any, max_age: int | None = None) -> None:
        self._provider = SSMProvider(boto3_client=client)
        self._max_age = max_age

    def resolve(self, reference: str) -> tuple[str, ...]:
        """See :class:`~verihook.ports.Secrets`."""
        return self.generations(reference)[0]

    def generations(self, reference: str, *, fresh: bool = False) -> tuple[tuple[str, ...], ...]:
        """See :class:`~verihook.keyring.RotatingSecrets`: the newest version alone."""
        name = reference.partition(":")[2]
        try:
            value = self._provider.get(name, max_age=self._max_age, decrypt=True, force_fetch=fresh)
        except GetParameterError as error:
            # Powertools wraps whatever went wrong; the client's own error, with its code, is the context.
            if getattr(error.__context__, "code", "") in _ABSENT:
                raise KeyError(f"{reference} is not there") from error
            raise SecretsUnavailable("A secret store did not answer.") from error
        if not isinstance(value, str) or not value:
            raise KeyError(f"{reference} is empty")
        return ((value,),)

    def keep(self, reference: str, value: str) -> None:  # noqa: ARG002  # as the port has it
        """See :class:`~verihook.ports.Secrets`: it never writes here."""
        raise KeyError(f"{reference} cannot be written; name a file: or a secretsmanager: instead")
