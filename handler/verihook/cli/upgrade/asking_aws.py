"""Calls of AWS whose errors name the right that is missing, or what to look at."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from verihook.adapters.aws.errors import AwsError, ServiceError
from verihook.adapters.printable import printable
from verihook.cli.aws import DENIED, action_of
from verihook.cli.doctor.asking import Asking
from verihook.cli.upgrade.steps import StepFailed

#: How often it is looked whether a change is done, in seconds.
_LOOK_S = 5.0


@dataclass(slots=True)
class Calls:
    """AWS, with the credentials of this environment. ``pause`` waits for so many seconds."""

    asking: Asking
    pause: Callable[[float], None] = time.sleep

    def call(self, service: str, operation: str, **given: Any) -> Mapping[str, Any]:
        """Return the answer. Raises StepFailed with the mend."""
        try:
            answer: Mapping[str, Any] = getattr(self.asking.client(service), operation)(**given)
        except AwsError as error:
            raise StepFailed(_in_words(action_of(service, operation), error)) from error
        return answer

    def call_if_known(self, service: str, operation: str, **given: Any) -> Mapping[str, Any] | None:
        """Return the answer; None if the endpoint has no such operation, as emulators. Raises StepFailed."""
        try:
            return self.call(service, operation, **given)
        except StepFailed as failed:
            if isinstance(failed.__cause__, ServiceError) and failed.__cause__.code == "UnknownOperationException":
                return None
            raise

    def wait(self, look: Callable[[], str]) -> None:
        """Wait until ``look`` returns "" in place of what AWS is doing; that is printed when it changes."""
        shown = ""
        while now := look():
            if now != shown:
                print(printable(f"   {now}"), file=sys.stderr)
                shown = now
            self.pause(_LOOK_S)


def _in_words(action: str, error: AwsError) -> str:
    if isinstance(error, ServiceError) and error.code in DENIED:
        return f"these credentials may not call {action}: allow that action, and run this again"
    if isinstance(error, ServiceError):
        return f"{action} was refused: {error}; when that is mended, run this again"
    return f"{action} did not answer: {error}; look at region and network, and run this again"
