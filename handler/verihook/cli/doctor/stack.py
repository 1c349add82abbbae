"""A deployed stack: what CloudFormation says of it, and where the checks of its parts find them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from verihook.adapters.aws.errors import AwsError, ServiceError
from verihook.cli.aws import outputs_of
from verihook.cli.doctor.asking import Asking
from verihook.cli.doctor.findings import Finding, fault, warning
from verihook.errors import ConfigurationError


@dataclass(frozen=True, slots=True)
class Stack:
    """A stack: its parameters and outputs, and its resources, logical id -> (type, physical id)."""

    name: str
    arn: str
    status: str
    parameters: dict[str, str]
    outputs: dict[str, str]
    resources: dict[str, tuple[str, str]]

    def id_of(self, logical: str) -> str:
        """Return the physical id of a resource; "" if the stack has none of this name."""
        return self.resources.get(logical, ("", ""))[1]

    def of_type(self, kind: str) -> dict[str, str]:
        """Return the physical ids of the resources of this type, by their logical ids."""
        return {name: id for name, (type_, id) in self.resources.items() if type_ == kind}

    def arn_of(self, service: str, rest: str) -> str:
        """Return the ARN of something in the stack's account and region."""
        partition, _, region, account = self.arn.split(":")[1:5]
        return f"arn:{partition}:{service}:{region}:{account}:{rest}"


def read_stack(name: str, asking: Asking) -> Stack:
    """Return the stack. Raises ConfigurationError if there is none, or if it cannot be looked at."""
    try:
        client = asking.client("cloudformation")
        (stack,) = client.describe_stacks(StackName=name)["Stacks"]
        resources = {
            each["LogicalResourceId"]: (each["ResourceType"], each.get("PhysicalResourceId", ""))
            for each in _resources(client, name)
        }
    except AwsError as error:
        why = error.message if isinstance(error, ServiceError) else str(error)
        mend = "look at the name, the region and the credentials (aws sts get-caller-identity)"
        raise ConfigurationError("--stack", name, f"{why}; {mend}") from error
    parameters = {each["ParameterKey"]: str(each.get("ParameterValue", "")) for each in stack.get("Parameters", [])}
    return Stack(name, stack["StackId"], stack["StackStatus"], parameters, outputs_of(stack), resources)


def _resources(client: Any, name: str) -> Iterator[dict[str, Any]]:
    token: dict[str, str] = {}
    while True:
        page = client.list_stack_resources(StackName=name, **token)
        yield from page["StackResourceSummaries"]
        if not page.get("NextToken"):
            return
        token = {"NextToken": page["NextToken"]}


def public_base(stack: Stack) -> str:
    """Return the URL at which senders reach the receiver, with a slash at its end; "" if the stack has none.

    At a domain it is the only one: the function's own URL answers 403 then.
    """
    domain = stack.parameters.get("DomainNames", "").partition(",")[0].strip()
    if not domain:
        return stack.outputs.get("WebhookUrl", "")
    path = stack.parameters.get("BasePath", "").strip("/")
    return f"https://{domain}/{path}/" if path else f"https://{domain}/"


def stack_status(stack: Stack) -> Iterator[Finding]:
    """Yield what CloudFormation says is wrong with the stack as a whole."""
    if stack.status.endswith("_IN_PROGRESS"):
        what = f"is being changed ({stack.status}), so that what follows may be half of one and half of the other"
        yield warning("stack", stack.name, what, "run the doctor again when that is over")
    elif "ROLLBACK" in stack.status or stack.status.endswith("_FAILED"):
        what = f"its last change did not succeed ({stack.status})"
        mend = "the stack's events in CloudFormation say why; deploy again when that is mended"
        # What was before still runs, unless going back has failed too.
        broken = stack.status.endswith("_FAILED") or stack.status == "ROLLBACK_COMPLETE"
        yield (fault if broken else warning)("stack", stack.name, what, mend)
    for logical in ("Ledger", "Receiver", "Api", "Reconciler", "InstanceKey", "SourceSecrets"):
        if not stack.id_of(logical):
            mend = "name Verihook's own stack, or deploy this version to it; docs/upgrade.md says how"
            yield fault("stack", stack.name, f"it has no {logical}", mend)
