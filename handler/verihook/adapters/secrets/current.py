"""One secret of AWS Secrets Manager as it is now: one call, while a rotation's three stages would take three.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

from __future__ import annotations

import time
from typing import Any

from verihook.adapters.secrets.answer_cache import AnswerCache, Clock

#: Codes that mean that there is no such secret, or no version in this stage. Any other code is a failure of the store.
ABSENT = ("ResourceNotFoundException", "InvalidRequestException")


class CurrentSecret:
    """The text of the secret ``arn`` under AWSCURRENT.

    ``client``: a ``secretsmanager`` client that raises AwsError. ``clock`` as in :class:`AnswerCache`.
    """

    def __init__(self, client: Any, arn: str, clock: Clock = time.time) -> None:
        self._client, self.arn = client, arn
        self._cache = AnswerCache(self._read, ABSENT, clock)

    def text(self, *, fresh: bool = False) -> str:
        """The text; "" if there is no such secret, or none was put into it. ``fresh``: as it is just now.

        Raises SecretsUnavailable.
        """
        return self._cache.get("AWSCURRENT", fresh=fresh)

    def _read(self, stage: str) -> object:
        return self._client.get_secret_value(SecretId=self.arn, VersionStage=stage).get("SecretString")
