"""An account in moto with a stack of this template in it, well until something is planted.

moto's CloudFormation needs packages that are not installed, and its IAM simulates nothing: both are stood in for here,
the latter by the evaluator of tests/deployed/iam.py on the policies that the roles have.
"""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import boto3
import yaml
from moto import mock_aws

from tests.deployed.iam import Call, Role
from tests.deployed.stack import ACCOUNT, NAME, REGION, Stack
from tests.flows.deployment import VARIABLES
from tests.project.template import DURABLE_FUNCTIONS, ROOT
from verihook.adapters.aws.boto import Boto
from verihook.adapters.aws.errors import ServiceError
from verihook.adapters.ledgers.table import create_table_request, time_to_live_request
from verihook.cli.doctor.functions import RULES
from verihook.cli.doctor.outside import Answer

MACHINES = ("order-created", "order-review")
FUNCTIONS = ("Receiver", "Api", "Recorder", "Reconciler", "Feeds", "Worker")
WEBHOOKS = "https://receiver.example/"
_TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})


class _LongForm(yaml.CSafeLoader):
    """Reads ``!GetAtt A.Arn`` as ``{"Fn::GetAtt": ...}``, as what `sam build` writes has it."""


def _long(loader: yaml.CSafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any = node.value
    if isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    elif suffix == "GetAtt":
        value = value.split(".", 1)
    return {suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}": value}


_LongForm.add_multi_constructor("!", _long)


@cache
def template() -> Stack:
    """The stack that this template makes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "template.yaml"
        path.write_text(json.dumps(yaml.load((ROOT / "template.yaml").read_text("utf-8"), _LongForm)))
        return Stack(path, {})


@cache
def _moto(service: str) -> Any:
    make: Any = boto3.client
    return make(service, region_name=REGION, aws_access_key_id="x", aws_secret_access_key="x")


@dataclass
class Account:
    """``parameters``, ``status``: what CloudFormation says of the stack. ``answers``: what the URLs answer, by URL."""

    stack: Stack
    package: bytes
    parameters: dict[str, str]
    status: str = "UPDATE_COMPLETE"
    gone: set[str] = field(default_factory=set)
    denied: set[str] = field(default_factory=set)
    answers: dict[str, Answer] = field(default_factory=dict)

    def of(self, service: str) -> Any:
        """moto's client."""
        return _moto(service)

    def client_of(self, service: str, region: str | None = None) -> Any:
        """What the doctor gets."""
        return _Client(self, service, Boto(self.of(service)))

    def get(self, url: str) -> Answer:
        """What a URL answers."""
        return self.answers.get(url, Answer(405, {"date": _http_date()}))

    def fetch(self, url: str) -> bytes:
        """The deployed package."""
        assert url
        return self.package

    def resources(self) -> Iterator[dict[str, str]]:
        """What CloudFormation lists, of what the doctor looks at."""
        kinds = {
            "AWS::Serverless::Function": "AWS::Lambda::Function",
            "AWS::Logs::LogGroup": "AWS::Logs::LogGroup",
            "AWS::IAM::Role": "AWS::IAM::Role",
            "AWS::DynamoDB::Table": "AWS::DynamoDB::Table",
            "AWS::S3::Bucket": "AWS::S3::Bucket",
        }
        for kind, made in kinds.items():
            for name in self.stack.names(kind):
                yield _resource(name, made, self.stack.name(name))
        for name in ("InstanceKey", "SourceSecrets"):
            yield _resource(
                name, "AWS::SecretsManager::Secret", self.of("secretsmanager").describe_secret(SecretId=name)["ARN"]
            )
        for name in RULES:
            yield _resource(name, "AWS::Events::Rule", f"{NAME}-{name}")
        url = f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/dead"
        yield _resource("DeadLetters", "AWS::SQS::Queue", url)

    def stand_in(self, service: str, operation: str, given: dict[str, Any]) -> Any:
        """What moto cannot answer; None for what it can."""
        match service, operation:
            case "cloudformation", "describe_stacks":
                if given["StackName"] != NAME:
                    raise ServiceError("ValidationError", f"Stack with id {given['StackName']} does not exist")
                return {"Stacks": [self._described()]}
            case "cloudformation", "list_stack_resources":
                found = [each for each in self.resources() if each["LogicalResourceId"] not in self.gone]
                # In pages, as AWS has it.
                first = "NextToken" not in given
                page = found[:20] if first else found[20:]
                return {"StackResourceSummaries": page, **({"NextToken": "more"} if first else {})}
            case "iam", "simulate_principal_policy":
                return self._simulated(given)
            case "lambda", "get_account_settings":
                return {"AccountLimit": {"ConcurrentExecutions": 1000}}
        return None

    def _described(self) -> dict[str, Any]:
        parameters = [{"ParameterKey": key, "ParameterValue": value} for key, value in self.parameters.items()]
        outputs = [{"OutputKey": "WebhookUrl", "OutputValue": WEBHOOKS}]
        arn = f"arn:aws:cloudformation:{REGION}:{ACCOUNT}:stack/{NAME}/0"
        return {"StackId": arn, "StackStatus": self.status, "Parameters": parameters, "Outputs": outputs}

    def _simulated(self, given: dict[str, Any]) -> dict[str, Any]:
        role = given["PolicySourceArn"].rpartition("/")[2]
        document = self.of("iam").get_role_policy(RoleName=role, PolicyName="all")["PolicyDocument"]
        keys = frozenset(key for entry in given.get("ContextEntries", []) for key in entry["ContextKeyValues"])
        call = Call(given["ActionNames"][0], given["ResourceArns"][0], keys)
        allowed = Role(document["Statement"]).allows(call)
        return {"EvaluationResults": [{"EvalDecision": "allowed" if allowed else "implicitDeny"}]}


@dataclass
class _Client:
    account: Account
    service: str
    moto: Any

    def __getattr__(self, operation: str) -> Any:
        def call(**given: Any) -> Any:
            if f"{self.service}:{operation}" in self.account.denied:
                raise ServiceError("AccessDeniedException", "User is not authorized")
            found = self.account.stand_in(self.service, operation, given)
            return getattr(self.moto, operation)(**given) if found is None else found

        return call


def _resource(name: str, kind: str, physical: str) -> dict[str, str]:
    return {"LogicalResourceId": name, "ResourceType": kind, "PhysicalResourceId": physical}


def _http_date() -> str:
    return f"{datetime.now(UTC):%a, %d %b %Y %H:%M:%S} GMT"


@contextmanager
def an_account(hooks: Path) -> Iterator[Account]:
    """An account with the stack "verihook", which is well. ``hooks``: the hooks.toml that is deployed."""
    package = io.BytesIO()
    with ZipFile(package, "w") as file:
        file.writestr("hooks.toml", hooks.read_text("utf-8"))
    stack = template()
    parameters = {"PayloadDays": "822", "WithEntries": "no", "PairingSecretArn": "", "FeedQueueArn": ""}
    with mock_aws(config={"lambda": {"use_docker": False}}):
        account = Account(stack, package.getvalue(), parameters)
        _keep(account)
        for name in (*FUNCTIONS, *DURABLE_FUNCTIONS):
            _make_function(account, name)
        _invoke(account)
        yield account


def _keep(account: Account) -> None:
    dynamodb, table = account.of("dynamodb"), account.stack.name("Ledger")
    dynamodb.create_table(**create_table_request(table), DeletionProtectionEnabled=True)
    dynamodb.update_time_to_live(**time_to_live_request(table))
    recovery = {"PointInTimeRecoveryEnabled": True}
    dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=recovery)
    secrets = account.of("secretsmanager")
    secrets.create_secret(Name="InstanceKey", SecretString="k" * 64)
    secrets.create_secret(Name="SourceSecrets", SecretString=json.dumps(VARIABLES))
    account.of("sqs").create_queue(QueueName="dead")
    for log in account.stack.names("AWS::Logs::LogGroup"):
        account.of("logs").create_log_group(logGroupName=account.stack.name(log))
        account.of("logs").put_retention_policy(logGroupName=account.stack.name(log), retentionInDays=30)


def _make_function(account: Account, name: str) -> None:
    stack, role = account.stack, account.stack.name(f"{name}Role")
    arns = {
        stack.arn(each): account.of("secretsmanager").describe_secret(SecretId=each)["ARN"]
        for each in ("InstanceKey", "SourceSecrets")
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": stack.statements(name)})
    variables = json.dumps(stack.environment(name))
    for made, real in arns.items():
        text, variables = text.replace(made, real), variables.replace(made, real)
    iam = account.of("iam")
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=_TRUST)
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=text)
    made = account.of("lambda").create_function(
        FunctionName=stack.name(name),
        Runtime="python3.13",
        Handler="h",
        Role=f"arn:aws:iam::{ACCOUNT}:role/{role}",
        Code={"ZipFile": account.package},
        Environment={"Variables": json.loads(variables)},
        Publish=True,
    )
    account.of("lambda").create_alias(FunctionName=stack.name(name), Name="live", FunctionVersion=made["Version"])


def _invoke(account: Account) -> None:
    table = account.of("dynamodb").describe_table(TableName=account.stack.name("Ledger"))["Table"]
    account.of("lambda").create_event_source_mapping(
        EventSourceArn=table["LatestStreamArn"],
        FunctionName=account.stack.name("Worker"),
        StartingPosition="TRIM_HORIZON",
    )
    for rule in RULES:
        account.of("events").put_rule(Name=f"{NAME}-{rule}", ScheduleExpression="rate(1 minute)")
        account.of("events").put_targets(
            Rule=f"{NAME}-{rule}", Targets=[{"Id": "1", "Arn": account.stack.arn("Reconciler")}]
        )
    for machine in MACHINES:
        account.of("stepfunctions").create_state_machine(
            name=f"{NAME}_{machine}",
            definition='{"StartAt": "a", "States": {"a": {"Type": "Pass", "End": true}}}',
            roleArn=f"arn:aws:iam::{ACCOUNT}:role/machine",
        )
    account.of("cloudwatch").put_metric_data(
        Namespace="AWS/Lambda",
        MetricData=[
            {
                "MetricName": "Invocations",
                "Dimensions": [{"Name": "FunctionName", "Value": account.stack.name("Reconciler")}],
                "Value": 1,
                # A metric comes late.
                "Timestamp": datetime.now(UTC) - timedelta(seconds=60),
            }
        ],
    )
