"""The errors that a call of AWS raises, whichever client makes it, so that the adapters need no library's errors.

AwsError
├── ServiceError     the service has answered, with an error
└── Unreachable      there is no answer: refused, too late, cut off, no credentials
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

#: The codes by which a service says that it takes fewer calls at a time, and is well.
_THROTTLED = frozenset(
    {
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)


class AwsError(Exception):
    """A call of AWS that did not succeed."""


class ServiceError(AwsError):
    """The service's own error.

    ``code`` as it is in AWS's reference (``ConditionalCheckFailedException``); ``response``: the members that came with
    it, such as DynamoDB's ``Item``. ``retried``: the call was sent more than once, so that an earlier try may have
    been carried out and its answer lost. Parameters that the client refuses to send have the code ValidationException.
    """

    def __init__(
        self, code: str, message: str = "", response: Mapping[str, Any] | None = None, *, retried: bool = False
    ) -> None:
        super().__init__(f"{code}: {message}" if message else code)
        self.code = code
        self.message = message
        self.response: Mapping[str, Any] = response or {}
        self.retried = retried

    @property
    def throttled(self) -> bool:
        """Whether the service takes fewer calls at a time, and is well."""
        return self.code in _THROTTLED


class Unreachable(AwsError):
    """No answer that can be used. Whether the call was carried out is not known."""
