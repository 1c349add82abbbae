"""Clients of AWS for commands, and what a stack tells of itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from verihook.adapters.aws.errors import Unreachable

#: What makes a client whose calls raise AwsError, by boto3's name of the service and its region; None for that of the
#: environment.
ClientOf = Callable[[str, str | None], Any]

#: What AWS answers if the credentials may not do what was asked.
DENIED = ("AccessDeniedException", "AccessDenied", "UnauthorizedOperation", "AuthorizationError")


def client_of(service: str, region: str | None = None) -> Any:
    """Return a client with the credentials of this environment. Raises AwsError if there cannot be one."""
    # Imported here: commands that ask nothing of AWS do not wait for its library.
    import boto3
    from botocore.exceptions import BotoCoreError

    from verihook.adapters.aws.boto import Boto

    make: Any = boto3.client  # its stubs have an overload for every service of AWS
    try:
        return Boto(make(service, region_name=region))
    except BotoCoreError as error:
        raise Unreachable(str(error)) from error


def outputs_of(stack: Mapping[str, Any]) -> dict[str, str]:
    """Return the outputs of a stack, as DescribeStacks has it, by their names."""
    return {output["OutputKey"]: str(output["OutputValue"]) for output in stack.get("Outputs", [])}


def action_of(service: str, operation: str) -> str:
    """Return the action of IAM that a call needs. ``operation``: by boto3's name, such as ``describe_table``."""
    return f"{service}:{''.join(word.capitalize() for word in operation.split('_'))}"
