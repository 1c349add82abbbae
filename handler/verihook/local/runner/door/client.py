"""A client of Step Functions with boto3's names, whose calls stay in this process."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

from verihook.adapters.aws.errors import ServiceError
from verihook.local.runner.door.validation import ApiError

_log = logging.getLogger(__name__)

#: (operation, parameters) -> answer; raises ApiError.
Act = Callable[[str, dict[str, Any]], dict[str, Any]]


class Client:
    """``client.start_execution(stateMachineArn=..., ...)``. Threads may share it. Raises ServiceError.

    An answer has the times of the API's JSON, in seconds; those of a history's events are datetimes, as boto3's are.
    """

    def __init__(self, act: Act) -> None:
        self._act = act

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        target = "".join(part.title() for part in operation.split("_"))
        # Kept as an attribute, so that the next call does not come here.
        made = self.__dict__[operation] = partial(self._call, target)
        return made

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        try:
            answer = self._act(operation, parameters)
        except ApiError as error:
            raise ServiceError(error.code, str(error)) from error
        except Exception as error:
            _log.exception("%s failed", operation)
            raise ServiceError("InternalFailure", type(error).__name__) from error
        if "events" in answer:
            answer["events"] = [
                {**event, "timestamp": datetime.fromtimestamp(event["timestamp"], UTC)} for event in answer["events"]
            ]
        return answer
