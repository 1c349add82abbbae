"""A request to the endpoint and what it answers.

https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecution.html
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from verihook.adapters.aws.connection import Answer


class ApiError(Exception):
    """An error of the API; ``str(error)`` is its message."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """``path``: its parts, decoded. ``query``: the first value of each. Names of ``headers`` in lower case."""

    method: str
    path: tuple[str, ...]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class ApiAnswer:
    """``body`` becomes JSON; None for an empty body."""

    status: int
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


#: What the log has of a fault of ours.
FAILED = "the runner of durable functions failed"

#: Does what is asked. Raises ApiError.
Act = Callable[[ApiRequest], ApiAnswer]


def served(act: Callable[[], ApiAnswer], failed: Callable[[Exception], None]) -> Answer:
    """Return the answer as it is sent. ``failed`` hears of a fault of ours, which is answered, too."""
    try:
        answer = act()
    except ApiError as error:
        answer = ApiAnswer(error.status, {"message": str(error)}, {"x-amzn-errortype": error.code})
    except Exception as error:  # noqa: BLE001  # a fault of ours must answer, or the client waits for its timeout
        failed(error)
        message = {"message": "The runner failed; see its log"}
        answer = ApiAnswer(500, message, {"x-amzn-errortype": "ServiceException"})
    body = b"" if answer.body is None else json.dumps(answer.body, default=_plain).encode()
    return Answer(answer.status, answer.headers, body)


def _plain(value: Any) -> Any:
    """For ``json.dumps(default=...)``: a time is a number of seconds since the epoch.

    https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
    """
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} is no JSON")
