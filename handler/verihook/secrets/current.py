"""One secret of AWS Secrets Manager as it is now: one call, where a rotation's three stages would be three.

https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from verihook.aws.errors import AwsError, ServiceError
from verihook.errors import SecretsUnavailable

#: Answers that mean: there is no such secret, or nothing was put into it; it is being deleted.
_ABSENT = ("ResourceNotFoundException", "InvalidRequestException")

#: How long an answer is kept, in seconds.
MAX_AGE = 300

#: An answer that is no older counts as fresh, and a store that has just failed is left alone for so long, in seconds:
#: many who ask together, as all sources do at the start, cost one call.
JUST_NOW = 5


class CurrentSecret:
    """The text of the secret ``arn`` under AWSCURRENT.

    ``client``: a ``secretsmanager`` client that raises AwsError. ``clock``: seconds since the epoch, so that
    an answer grows old in a snapshot too.
    """

    def __init__(self, client: Any, arn: str, clock: Callable[[], float] = time.time) -> None:
        self._client, self._arn, self._clock = client, arn, clock
        self._lock = threading.Lock()
        self._text = ""
        self._read_at: float | None = None
        self._failed_at: float | None = None

    def text(self, *, fresh: bool = False) -> str:
        """The text; "" where there is no such secret, or none was put into it. ``fresh``: as it is just now.

        Raises SecretsUnavailable.
        """
        with self._lock:
            now = self._clock()
            if not _young(self._read_at, now, JUST_NOW if fresh else MAX_AGE):
                if _young(self._failed_at, now, JUST_NOW):
                    raise SecretsUnavailable("A secret store did not answer.")
                self._read(now)
            return self._text

    def _read(self, now: float) -> None:
        try:
            answer = self._client.get_secret_value(SecretId=self._arn, VersionStage="AWSCURRENT")
            self._text = answer.get("SecretString", "")
        except AwsError as error:
            if not isinstance(error, ServiceError) or error.code not in _ABSENT:
                self._failed_at = now
                raise SecretsUnavailable("A secret store did not answer.") from error
            self._text = ""
        self._read_at, self._failed_at = now, None


def _young(at: float | None, now: float, age: float) -> bool:
    # A clock that was set back must not keep an answer for as long as it was ahead.
    return at is not None and 0 <= now - at < age
