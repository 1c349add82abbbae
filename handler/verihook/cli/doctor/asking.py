"""Calls of AWS that only look: what may not be asked becomes a finding of its own and ends nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from verihook.adapters.aws.errors import AwsError, ServiceError
from verihook.cli.aws import DENIED, ClientOf, action_of
from verihook.cli.doctor.findings import Finding, untried

#: Codes, or their ends, that mean: there is no such thing.
_ABSENT = (
    "ResourceNotFoundException",
    "StateMachineDoesNotExist",
    "NoSuchEntity",
    "QueueDoesNotExist",
    "NonExistentQueue",
)

#: The answer if there is no such thing.
ABSENT: Final[Mapping[str, Any]] = {"absent": True}


@dataclass(slots=True)
class Asking:
    """Asks AWS with the credentials of this environment. ``found``: what could not be asked.

    ``region``: of the stack; None for that of the environment.
    """

    client_of: ClientOf
    region: str | None = None
    found: list[Finding] = field(default_factory=list)
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """Return the client of a service. Raises AwsError."""
        if service not in self._clients:
            self._clients[service] = self.client_of(service, self.region)
        return self._clients[service]

    def ask(self, check: str, subject: str, service: str, operation: str, **given: Any) -> Mapping[str, Any] | None:
        """Return the answer; :data:`ABSENT` if there is no such thing; None if it may not be asked or AWS is silent."""
        try:
            answer: Mapping[str, Any] = getattr(self.client(service), operation)(**given)
        except AwsError as error:
            if isinstance(error, ServiceError) and error.code.endswith(_ABSENT):
                return ABSENT
            self.found.append(_not_asked(check, subject, service, operation, error))
            return None
        return answer


def _not_asked(check: str, subject: str, service: str, operation: str, error: AwsError) -> Finding:
    action = action_of(service, operation)
    if isinstance(error, ServiceError) and error.code in DENIED:
        what = f"these credentials may not call {action}"
        return untried(check, subject, what, f"run the doctor with credentials that may: {action}")
    return untried(check, subject, f"{action} did not answer: {error}", "look at region and network, and try again")
