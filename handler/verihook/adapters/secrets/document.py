"""The one secret of a stack that holds the secrets of all sources: a JSON object with a member for each ``env:NAME``.

A member is a text, or a list of texts, the newest first::

    {"GITHUB_WEBHOOK_SECRET": "…", "STRIPE_WEBHOOK_SECRET": ["whsec_new", "whsec_old"]}
"""

from __future__ import annotations

import json
import uuid
from typing import Any

from verihook.adapters.aws.errors import ServiceError
from verihook.errors import SecretsUnavailable
from verihook.model.conflict import Overtaken, retry_on_conflict
from verihook.strict_json import parse

#: What the versions are named in, see :meth:`SourceSecrets._write`.
_NAMES = uuid.UUID("8f0f2c55-3b5c-4c1e-9a40-6a7a1e5a0d11")

#: The largest secret that AWS keeps, in bytes.
#: https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html
MOST = 65_536


def members(text: str) -> dict[str, tuple[str, ...]]:
    """The values of each member, the newest first, none of them empty; "" is an object without members.

    A member that is neither a text nor a list of texts is left out. Raises ValueError in words that show nothing of it.
    """
    found = _object(text).items()
    listed = {name: value if isinstance(value, list) else [value] for name, value in found}
    return {
        name: tuple(dict.fromkeys(values))
        for name, values in listed.items()
        if values and all(isinstance(value, str) and value for value in values)
    }


class SourceSecrets:
    """The secret of all sources, to read and change. Every method raises AwsError, and ValueError if it is malformed.

    ``client``: a ``secretsmanager`` client that raises AwsError. ``name``: the secret's name or ARN.
    """

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def values(self) -> dict[str, tuple[str, ...]]:
        """See :func:`members`."""
        return members(self._read()[0])

    def put(self, member: str, value: str) -> bool:
        """Make ``value`` the member's newest value; the former newest becomes the second, and older ones are dropped.

        Return False if it is the newest already: nothing is written.
        """
        return self._change(member, lambda kept: kept if kept[:1] == (value,) else (value, *kept[:1]))

    def retire(self, member: str) -> bool:
        """Drop all values of the member but the newest. Return False if it has no other."""
        return self._change(member, lambda kept: kept[:1])

    def _change(self, member: str, change: Any) -> bool:
        """Read, change, write; again if another writer was quicker."""

        def write() -> bool:
            text, version = self._read()
            kept = members(text).get(member, ())
            values = change(kept)
            if values == kept:
                return False
            changed = json.dumps({**_object(text), member: values[0] if len(values) == 1 else values}, indent=1)
            if len(changed.encode()) > MOST:
                raise ValueError(f"the secret would be larger than {MOST} bytes, the most that AWS keeps in one")
            if self._write(changed, version):
                return True
            raise Overtaken

        return retry_on_conflict(write, "The secret", SecretsUnavailable)

    def _read(self) -> tuple[str, str]:
        """The text and the id of its version; "" and "" if nothing was put yet."""
        try:
            answer = self._client.get_secret_value(SecretId=self._name, VersionStage="AWSCURRENT")
        except ServiceError as error:
            # The stack makes the secret without any value. If there is no secret at all, the write is refused.
            if error.code != "ResourceNotFoundException":
                raise
            return "", ""
        return answer.get("SecretString", ""), answer["VersionId"]

    def _write(self, text: str, replaced: str) -> bool:
        """False if another writer replaced the same version first, or the id of the next one is in use.

        Two writers that replace one version ask for the same next one, and AWS lets the first have it.
        https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_PutSecretValue.html
        """
        token = str(uuid.uuid5(_NAMES, replaced))
        try:
            self._client.put_secret_value(SecretId=self._name, SecretString=text, ClientRequestToken=token)
        except ServiceError as error:
            if error.code != "ResourceExistsException":
                raise
            if self._read()[1] != replaced:
                return False
            # No other writer took the token: AWSCURRENT was moved back to a version that had been replaced before.
            self._client.put_secret_value(SecretId=self._name, SecretString=text)
        return True


def _object(text: str) -> dict[str, Any]:
    try:
        content = parse(text or "{}")
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ValueError('the secret holds no JSON object; it must be such as {"GITHUB_WEBHOOK_SECRET": "..."}')
    return content
