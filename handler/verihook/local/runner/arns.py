"""The names of machines and executions on one machine.

https://docs.aws.amazon.com/step-functions/latest/apireference/API_StartExecution.html
"""

from __future__ import annotations

from uuid import uuid4

ACCOUNT = "123456789012"
REGION = "us-east-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/verihook-local"

#: ``ARN_PREFIX + name`` is the ARN of a state machine.
ARN_PREFIX = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:"
_EXECUTION_PREFIX = f"arn:aws:states:{REGION}:{ACCOUNT}:execution:"


def execution_arn(machine: str, name: str) -> str:
    """The ARN of an execution."""
    return f"{_EXECUTION_PREFIX}{machine}:{name}"


def function_arn(name: str) -> str:
    """The ARN of a Lambda function."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def parse_machine_arn(arn: str) -> str | None:
    """The name of the machine; None for an ARN of somewhere else."""
    name = arn.removeprefix(ARN_PREFIX)
    return name if name != arn and name else None


def parse_execution_arn(arn: str) -> tuple[str, str] | None:
    """(machine, name); None for an ARN of somewhere else."""
    machine, colon, name = arn.removeprefix(_EXECUTION_PREFIX).partition(":")
    return (machine, name) if arn.startswith(_EXECUTION_PREFIX) and colon else None


def express_arn(machine: str, name: str) -> str:
    """The ARN of an express execution, of its own for every run: names are not unique there."""
    return f"arn:aws:states:{REGION}:{ACCOUNT}:express:{machine}:{name}:{uuid4()}"
