"""What AWS checks in a request before it does anything, and the shape of its errors.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

from __future__ import annotations

import re
from typing import Any

from verihook.local.states.data import value_of

#: The largest input, as UTF-8 bytes. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
MAX_INPUT = 262144

# No white space, brackets, wildcards, special or control characters, no surrogates and no non-characters.
_NAME = re.compile(r"[^\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]{1,80}")


class ApiError(Exception):
    """An answer in AWS's error shape: ``{"__type": code, "message": ...}`` with an HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def text(parameters: dict[str, Any], key: str) -> str:
    """Return a required string. Raises ValidationException if it is missing."""
    value = parameters.get(key)
    if not isinstance(value, str):
        raise ApiError("ValidationException", f"1 validation error detected: '{key}' must be given as a string")
    return value


def optional_text(parameters: dict[str, Any], key: str) -> str | None:
    """A string or None; ValidationException for anything else."""
    return None if parameters.get(key) is None else text(parameters, key)


def check_name(name: str) -> None:
    """1 to 80 characters of those that AWS takes, else InvalidName."""
    if not _NAME.fullmatch(name):
        raise ApiError("InvalidName", f"Invalid Name: '{name}'")


def check_input(document: str) -> None:
    """JSON of at most MAX_INPUT bytes, else InvalidExecutionInput."""
    try:
        too_long = len(document.encode()) > MAX_INPUT
    except UnicodeEncodeError as error:
        raise ApiError("InvalidExecutionInput", "Invalid State Machine Execution Input: not Unicode") from error
    if too_long:
        raise ApiError("InvalidExecutionInput", f"The input is longer than {MAX_INPUT} bytes")
    try:
        value_of(document)
    except ValueError as error:
        raise ApiError("InvalidExecutionInput", f"Invalid State Machine Execution Input: 'it {error}'") from error
