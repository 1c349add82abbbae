"""What a Task may call.

https://docs.aws.amazon.com/step-functions/latest/dg/concepts-service-integrations.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

_LAMBDA = re.compile(r"arn:aws[\w-]*:lambda:[\w-]*:\d*:function:[\w${}.-]+(?::[\w$-]+)?")
_ACTIVITY = re.compile(r"arn:aws[\w-]*:states:[\w-]*:\d*:activity:.{1,80}")
_SERVICE = re.compile(
    r"arn:aws[\w-]*:states:[\w-]*:\d*:(aws-sdk:)?([\w-]+):([\w-]+?)(\.sync:2|\.sync|\.waitForTaskToken)?"
)
_ROLE = re.compile(r"arn:aws[\w-]*:iam::.+")


@dataclass(frozen=True, slots=True)
class Resource:
    """``kind`` is "lambda" (by the function's ARN), "activity" or "service"; ``pattern`` "", "sync" or "callback"."""

    arn: str
    kind: str
    service: str = ""
    action: str = ""
    pattern: str = ""
    sdk: bool = False

    @property
    def service_name(self) -> str:
        """The resourceType of history events."""
        return f"aws-sdk:{self.service}" if self.sdk else self.service

    @property
    def resource_name(self) -> str:
        """The resource of history events: ``startExecution.sync``."""
        return self.arn.rsplit(":", 1)[-1] if not self.arn.endswith(".sync:2") else f"{self.action}.sync:2"


def check_resource(arn: Any, *, express: bool) -> Resource:
    """Return what the ARN names. Raises ValueError, with AWS's words if it has any."""
    if not isinstance(arn, str):
        raise ValueError("Expected value of type String")
    if _LAMBDA.fullmatch(arn):
        return Resource(arn, "lambda")
    if _ACTIVITY.fullmatch(arn):
        if express:
            raise ValueError("Express state machine does not support Activity ARN")
        return Resource(arn, "activity")
    if not (found := _SERVICE.fullmatch(arn)):
        raise ValueError("Value is not a valid resource ARN")
    sdk, service, action, pattern = found.groups()
    if express and pattern:
        # AWS's words for a callback have a space at their end.
        end = " " if pattern == ".waitForTaskToken" else ""
        raise ValueError(f"Express state machine does not support '{pattern}' service integration{end}")
    waiting = "" if not pattern else "callback" if pattern == ".waitForTaskToken" else "sync"
    return Resource(arn, "service", service, action, waiting, sdk=bool(sdk))


def check_role(credentials: Any) -> None:
    """Raise ValueError if credentials have no role."""
    if not isinstance(credentials, dict):
        raise ValueError("Expected value of type Object")
    if not credentials.keys() & {"RoleArn", "RoleArn.$"}:
        raise ValueError("The field 'RoleArn' is required but was missing")
    role = credentials.get("RoleArn")
    if role is not None and not (isinstance(role, str) and (role.startswith("{%") or _ROLE.fullmatch(role))):
        raise ValueError("Value is not a valid role ARN")
