"""One update of a stack, in which nothing but its table changes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from verihook.cli.doctor.stack import Stack, read_stack
from verihook.cli.upgrade.asking_aws import Calls
from verihook.cli.upgrade.deployed_template import Template, code_place
from verihook.cli.upgrade.steps import StepFailed
from verihook.errors import ConfigurationError

#: The most that UpdateStack takes in the call itself, in bytes; a longer template is put into S3.
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MAX_BODY = 51_200

#: What the update needs, whichever way the template goes.
ACTIONS = (
    "cloudformation:GetTemplate",
    "cloudformation:UpdateStack",
    "cloudformation:SetStackPolicy",
    "cloudformation:DescribeStacks",
    "cloudformation:DescribeStackEvents",
    "cloudformation:ListStackResources",
    "s3:PutObject",
    "s3:GetObject",
    "dynamodb:UpdateTable",
    "dynamodb:UpdateTimeToLive",
    "dynamodb:DescribeTable",
)

#: For this update alone, in place of the stack's own policy: CloudFormation itself sees to it that nothing is replaced.
#: https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/protect-stack-resources.html
POLICY = {
    "Statement": [
        {"Effect": "Allow", "Principal": "*", "Action": "Update:Modify", "Resource": "*"},
        {"Effect": "Deny", "Principal": "*", "Action": ["Update:Replace", "Update:Delete"], "Resource": "*"},
    ]
}

#: The same template was deployed with these, or with fewer.
_CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"]


@dataclass(frozen=True, slots=True)
class StackUpdate:
    """Updates of the stack ``name``. ``bucket``: for templates that are too long; "" for the one with the functions."""

    name: str
    bucket: str
    calls: Calls

    def run(self, template: Template) -> None:
        """Update the stack to this template and wait for its end. Raises StepFailed, ConfigurationError."""
        stack = read_stack(self.name, self.calls.asking)
        parameters = [{"ParameterKey": name, "UsePreviousValue": True} for name in template.get("Parameters", {})]
        self.calls.call(
            "cloudformation",
            "update_stack",
            StackName=self.name,
            Parameters=parameters,
            Capabilities=_CAPABILITIES,
            StackPolicyDuringUpdateBody=json.dumps(POLICY),
            **self._given(template, stack),
        )
        self.settle()
        status = self._status()
        if status != "UPDATE_COMPLETE":
            what = f"CloudFormation took the update of {self.name} back ({status}): {self._reason()}"
            raise StepFailed(f"{what}; mend that, and run this again")

    def settle(self) -> None:
        """Wait until nothing is being done with the stack."""

        def look() -> str:
            status = self._status()
            return f"the stack {self.name} is {status}" if status.endswith("_IN_PROGRESS") else ""

        self.calls.wait(look)

    def _given(self, template: Template, stack: Stack) -> dict[str, str]:
        """Return the template as UpdateStack takes it: itself, or the address at which it was put."""
        body = json.dumps(template, separators=(",", ":")).encode()
        if len(body) <= MAX_BODY:
            return {"TemplateBody": body.decode()}
        bucket, folder = (self.bucket, "") if self.bucket else code_place(template)
        if not bucket:
            mend = (
                f"the template has {len(body):,} bytes, and no function has its code in a bucket: name one (--bucket)"
            )
            raise ConfigurationError("--stack", self.name, mend)
        key = f"{folder}/{hashlib.sha256(body).hexdigest()[:32]}.template".lstrip("/")
        self.calls.call("s3", "put_object", Bucket=bucket, Key=key, Body=body)
        partition, _, region = stack.arn.split(":")[1:4]
        suffix = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        return {"TemplateURL": f"https://{bucket}.s3.{region}.{suffix}/{key}"}

    def _status(self) -> str:
        (stack,) = self.calls.call("cloudformation", "describe_stacks", StackName=self.name)["Stacks"]
        return str(stack["StackStatus"])

    def _reason(self) -> str:
        """Return what failed first in the last update, in CloudFormation's words."""
        events: list[dict[str, Any]] = self.calls.call("cloudformation", "describe_stack_events", StackName=self.name)[
            "StackEvents"
        ]
        reason = "its events say why"
        # The newest come first, and the update begins with the stack's own event.
        for event in events:
            if event["ResourceStatus"] == "UPDATE_IN_PROGRESS" and event["PhysicalResourceId"] == event["StackId"]:
                break
            if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason"):
                reason = f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        return reason
