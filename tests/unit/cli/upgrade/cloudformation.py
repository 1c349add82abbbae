"""CloudFormation with a stack of an older version in it, over moto's DynamoDB and S3.

moto's own CloudFormation loses a table that an update changes, and knows no URLs of functions. So the rules that an
upgrade has to keep are kept here, as AWS has them: one index in an update, none that is there already, nothing while
the table is busy, and what failed is taken back.
https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-dynamodb-table.html

``stack-0.1.0.json`` is template.yaml of commit 326d30b, and ``stack-without-engines.json`` that of 852c8e7, as SAM's
translator makes them (the program of tests/project/transformed.py).
"""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.deployed.stack import ACCOUNT, NAME, REGION
from verihook.adapters.aws.errors import ServiceError
from verihook.cli.doctor.asking import Asking
from verihook.cli.upgrade.asking_aws import Calls
from verihook.cli.upgrade.stack_plan import StackUpgrade

TABLE = f"{NAME}-Ledger-1ABC"
BUCKET = "sam-artifacts"
ARN = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{NAME}/0"

#: How often a stack is asked about until an update has ended, and a table until its index is filled.
LOOKS = 2


def template_of(version: str) -> dict[str, Any]:
    """The deployed template of a version, processed."""
    made: dict[str, Any] = json.loads((Path(__file__).parent / f"stack-{version}.json").read_text())
    return made


@dataclass
class CloudFormation:
    """``updates``: templates as they came. ``fails``: what the next update fails with. ``looks``: until that ends."""

    dynamodb: Any
    s3: Any
    template: dict[str, Any]
    status: str = "CREATE_COMPLETE"
    fails: str = ""
    updates: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    pending: dict[str, Any] | None = None
    looks: int = 0
    filling: int = 0

    def __post_init__(self) -> None:
        properties = self.table_of(self.template)
        known = ("AttributeDefinitions", "KeySchema", "BillingMode", "GlobalSecondaryIndexes")
        request = {name: properties[name] for name in known}
        if stream := properties.get("StreamSpecification"):
            request["StreamSpecification"] = {"StreamEnabled": True, **stream}
        tags = [{"Key": "aws:cloudformation:stack-name", "Value": NAME}]
        self.dynamodb.create_table(TableName=TABLE, Tags=tags, **request)
        time = properties["TimeToLiveSpecification"]
        self.dynamodb.update_time_to_live(TableName=TABLE, TimeToLiveSpecification=time)
        self.s3.create_bucket(Bucket=BUCKET)

    def upgrade(self, *, drop: bool = False, bucket: str = "") -> StackUpgrade:
        """The upgrade that a new process would begin."""
        services = {"cloudformation": self, "dynamodb": _Dynamodb(self), "s3": self.s3}
        return StackUpgrade(NAME, Calls(Asking(lambda service, _: services[service]), lambda _: None), drop, bucket)

    @staticmethod
    def table_of(template: dict[str, Any]) -> dict[str, Any]:
        """The properties of the table."""
        properties: dict[str, Any] = template["Resources"]["Ledger"]["Properties"]
        return properties

    def get_template(self, **given: Any) -> Any:
        assert given == {"StackName": NAME, "TemplateStage": "Processed"}
        return {"TemplateBody": self.template}

    def describe_stacks(self, **given: Any) -> Any:
        assert given == {"StackName": NAME}
        shown, self.looks = self.status, self.looks - 1
        if shown == "UPDATE_IN_PROGRESS" and self.looks <= 0:
            self._end()
        return {"Stacks": [{"StackId": ARN, "StackStatus": shown}]}

    def list_stack_resources(self, **given: Any) -> Any:
        assert given == {"StackName": NAME}
        resources = self.template["Resources"]
        summaries = [
            {"LogicalResourceId": name, "ResourceType": each["Type"], "PhysicalResourceId": f"{NAME}-{name}-1ABC"}
            for name, each in resources.items()
        ]
        return {"StackResourceSummaries": summaries}

    def describe_stack_events(self, **given: Any) -> Any:
        assert given == {"StackName": NAME}
        return {"StackEvents": self.events}

    def update_stack(self, **given: Any) -> None:
        """As AWS: it is taken, and may fail later."""
        if self.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"):
            raise ServiceError("ValidationError", f"Stack:{ARN} is in {self.status} state and can not be updated.")
        body = given.get("TemplateBody") or self._fetched(given["TemplateURL"])
        if "TemplateBody" in given and len(body) > 51_200:
            raise ServiceError("ValidationError", "Member must have length less than or equal to 51200")
        new = json.loads(body)
        assert given["Parameters"] == [{"ParameterKey": name, "UsePreviousValue": True} for name in new["Parameters"]]
        if "CAPABILITY_IAM" not in given["Capabilities"]:
            raise ServiceError("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_IAM]")
        (denied,) = [
            each for each in json.loads(given["StackPolicyDuringUpdateBody"])["Statement"] if each["Effect"] == "Deny"
        ]
        assert {"Update:Replace", "Update:Delete"} <= {*denied["Action"]}
        self.begin(new)

    def begin(self, new: dict[str, Any]) -> None:
        """Begin an update, as UpdateStack and sam deploy do."""
        self.updates.append(new)
        self.pending, self.status, self.looks = new, "UPDATE_IN_PROGRESS", LOOKS

    def deploy(self, new: dict[str, Any]) -> str:
        """What becomes of the stack if this is deployed."""
        self.begin(new)
        self._end()
        return self.status

    def _fetched(self, url: str) -> str:
        place = urlsplit(url)
        assert place.scheme == "https"
        assert place.hostname == f"{BUCKET}.s3.{REGION}.amazonaws.com"
        return str(self.s3.get_object(Bucket=BUCKET, Key=place.path[1:])["Body"].read().decode())

    def _end(self) -> None:
        assert self.pending is not None
        new, self.pending = self.pending, None
        try:
            if self.fails:
                raise ServiceError("InvalidRequest", self.fails)
            self._apply(self.table_of(self.template), self.table_of(new))
        except ServiceError as error:
            self.status, self.fails = "UPDATE_ROLLBACK_COMPLETE", ""
            self.events = [
                _event("Ledger", "UPDATE_FAILED", str(error)),
                _event(NAME, "UPDATE_IN_PROGRESS"),
                _event("Ledger", "UPDATE_FAILED", "of an update before"),
            ]
        else:
            self.template, self.status = deepcopy(new), "UPDATE_COMPLETE"

    def _apply(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        before, after = ({each["IndexName"]: each for each in table["GlobalSecondaryIndexes"]} for table in (old, new))
        added, removed = after.keys() - before.keys(), before.keys() - after.keys()
        if len(added) + len(removed) > 1:
            raise ServiceError("InvalidRequest", "Cannot perform more than one GSI creation or deletion in an update")
        if (added or removed) and self.filling > 0:
            raise ServiceError("ResourceInUseException", f"Table is being updated: {TABLE}")
        used = {key["AttributeName"] for keyed in (new, *after.values()) for key in keyed["KeySchema"]}
        if used != {each["AttributeName"] for each in new["AttributeDefinitions"]}:
            raise ServiceError("ValidationException", "Some AttributeDefinitions are not used.")
        if added | removed:
            change: Any = [{"Create": after[name]} for name in added] or [
                {"Delete": {"IndexName": name}} for name in removed
            ]
            there = self.dynamodb.describe_table(TableName=TABLE)["Table"]["GlobalSecondaryIndexes"]
            if added & {each["IndexName"] for each in there}:
                raise ServiceError("ValidationException", "Attempting to create an index which already exists")
            definitions = new["AttributeDefinitions"]
            self.dynamodb.update_table(
                TableName=TABLE, AttributeDefinitions=definitions, GlobalSecondaryIndexUpdates=change
            )
            self.filling = LOOKS
        if new.get("StreamSpecification") != old.get("StreamSpecification"):
            stream = {"StreamEnabled": True, **new["StreamSpecification"]}
            self.dynamodb.update_table(TableName=TABLE, StreamSpecification=stream)


def _event(logical: str, status: str, reason: str = "") -> dict[str, Any]:
    physical = ARN if logical == NAME else TABLE
    return {
        "StackId": ARN,
        "LogicalResourceId": logical,
        "PhysicalResourceId": physical,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


@dataclass
class _Dynamodb:
    """moto's DynamoDB, whose indexes are filled after a while."""

    stack: CloudFormation

    def describe_table(self, **given: Any) -> Any:
        answer = self.stack.dynamodb.describe_table(**given)
        self.stack.filling -= 1
        if self.stack.filling > 0:
            answer["Table"]["GlobalSecondaryIndexes"][-1]["IndexStatus"] = "CREATING"
        return answer

    def __getattr__(self, operation: str) -> Any:
        return getattr(self.stack.dynamodb, operation)
