"""A request to the endpoint and what it answers.

https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecution.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


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


def plain(value: Any) -> Any:
    """For ``json.dumps(default=...)``: a time is a number of seconds since the epoch.

    https://smithy.io/2.0/aws/protocols/aws-restjson1-protocol.html
    """
    if isinstance(value, datetime):
        return value.timestamp()
    raise TypeError(f"{type(value).__name__} is no JSON")
