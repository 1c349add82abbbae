"""The names of durable functions and their executions on one machine.

https://docs.aws.amazon.com/lambda/latest/api/API_GetDurableExecution.html
"""

from __future__ import annotations

import re

from verihook.adapters.engines import durable_names

ACCOUNT = "123456789012"
REGION = "us-east-1"
VERSION = "$LATEST"

_FUNCTION_PREFIX = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:"
_FUNCTION = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)
_EXECUTION = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def execution_arn(function: str, name: str, id: str) -> str:
    """The ARN of an execution; ``id`` tells it from an earlier one of this name that was deleted."""
    return f"{_FUNCTION_PREFIX}{function}:{VERSION}/durable-execution/{name}/{id}"


def execution_name(arn: str) -> str:
    """The name in the ARN of an execution."""
    return arn.rsplit("/", 2)[1]


def function_of(arn: str) -> str:
    """The function in the ARN of an execution, or of itself."""
    return arn.removeprefix(_FUNCTION_PREFIX).partition(":")[0]


def instance_of(arn: str) -> str:
    """The instance of an execution, for a person; its name if that holds a hash, or is of none."""
    name = execution_name(arn) if arn.count("/") >= 2 else arn
    return (durable_names.parse_durable_name(name) or (name, 1))[0]


def function_arn(function: str) -> str:
    """The qualified ARN of a function."""
    return f"{_FUNCTION_PREFIX}{function}:{VERSION}"


def parse_function(identifier: str) -> str | None:
    """Return the function's name in a name or an ARN, with or without a version; None if it is not of this machine."""
    name = function_of(identifier)
    return name if _FUNCTION.fullmatch(name) else None


def is_execution_name(name: str) -> bool:
    """Whether Lambda takes it."""
    return _EXECUTION.fullmatch(name) is not None
