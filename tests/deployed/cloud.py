"""What stands behind the functions of a stack: DynamoDB Local, the embedded engines, a bucket, Secrets Manager."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.adapters.dynamodb_local import client
from tests.deployed.stack import Stack
from tests.flows.bucket import Bucket
from tests.flows.deployment import VARIABLES
from tests.flows.secret_store import INSTANCE_KEY, SecretStore
from tests.project.template import DURABLE_FUNCTIONS
from verihook.local.durable import DurableRunner
from verihook.local.runner import Interpreter
from verihook.local.runner.integrations import Integrations

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

#: What a table of the template has that DynamoDB Local takes.
_TABLE = ("AttributeDefinitions", "BillingMode", "GlobalSecondaryIndexes", "KeySchema", "StreamSpecification")
_SECRET = re.compile(r"\{\{resolve:secretsmanager:(arn:(?:[^:]+:){5}[^:]+):SecretString(?::([^:}]*))?[^}]*\}\}")

#: Stands for each durable function if it is started from outside; what was built is run in test_durable.py.
_WORKFLOW = """
from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import CallbackConfig, Duration

@durable_execution
def handler(event, context):
    waits = CallbackConfig(timeout=Duration.from_seconds(600))
    return context.create_callback(name="approved", config=waits).result()
"""


@dataclass
class Cloud:
    """``behind``: IAM's name of a service -> the URL of what stands for it."""

    stack: Stack
    dynamodb: DynamoDBClient
    table: str
    interpreter: Interpreter
    runner: DurableRunner
    bucket: Bucket
    secrets: SecretStore
    behind: dict[str, str]

    def environment(self, function: str) -> dict[str, str]:
        """The variables of a function as CloudFormation sets them, dynamic references to secrets resolved."""
        return {name: _SECRET.sub(self._secret, value) for name, value in self.stack.environment(function).items()}

    def _secret(self, reference: re.Match[str]) -> str:
        value = self.secrets.call("GetSecretValue", SecretId=reference[1])["SecretString"]
        return str(json.loads(value)[reference[2]]) if reference[2] else value


@contextmanager
def cloud(stack: Stack, endpoint: str, folder: Path, invoke: Callable[[str, Any], Any]) -> Iterator[Cloud]:
    """The cloud of a stack, its table at this endpoint of DynamoDB Local.

    ``invoke``: called with the logical id of a function, and an event, by state machines; gives what Lambda answers.
    """
    with ExitStack() as parts:
        functions = {stack.name(each): _invoker(invoke, each) for each in stack.names("AWS::Serverless::Function")}
        bucket, secrets = parts.enter_context(Bucket()), parts.enter_context(SecretStore())
        interpreter = Interpreter(folder / "executions.db", integrations=Integrations(functions, bucket.read))
        parts.enter_context(interpreter)
        for machine in stack.names("AWS::Serverless::StateMachine"):
            interpreter.deploy({stack.name(machine): _definition(stack, machine)})
        runner = parts.enter_context(_runner(stack, folder))
        (ledger,) = stack.names("AWS::DynamoDB::Table")
        dynamodb = parts.enter_context(closing(client(endpoint)))
        table = stack.properties(ledger, *_TABLE)
        table["StreamSpecification"]["StreamEnabled"] = True
        name = stack.name(ledger)
        dynamodb.create_table(TableName=name, **table)
        parts.callback(dynamodb.delete_table, TableName=name)
        _warm(dynamodb, name)
        for secret in stack.names("AWS::SecretsManager::Secret"):
            value = INSTANCE_KEY if secret == "InstanceKey" else json.dumps(VARIABLES)
            secrets.call("CreateSecret", Name=stack.arn(secret), SecretString=value)
        behind = {
            "dynamodb": endpoint,
            "states": interpreter.endpoint_url,
            "lambda": runner.endpoint_url,
            "s3": bucket.url,
            "secretsmanager": secrets.url,
        }
        yield Cloud(stack, dynamodb, name, interpreter, runner, bucket, secrets, behind)


def _warm(dynamodb: DynamoDBClient, table: str) -> None:
    """The first write of DynamoDB Local loads half of Java, which may take longer than a sender waits."""
    key: dict[str, Any] = {"pk": {"S": "warm"}, "sk": {"S": "warm"}}
    dynamodb.put_item(TableName=table, Item=key, ConditionExpression="attribute_not_exists(pk)")
    dynamodb.delete_item(TableName=table, Key=key)


def _invoker(invoke: Callable[[str, Any], Any], name: str) -> Callable[[dict[str, Any]], object]:
    def task(event: dict[str, Any]) -> object:
        answer = invoke(name, event)
        if isinstance(answer, dict) and "errorMessage" in answer:
            # By its own name, which a machine may catch.
            raise type(answer["errorType"], (Exception,), {})(answer["errorMessage"])
        return answer

    return task


def _definition(stack: Stack, machine: str) -> str:
    path = stack.resources[machine]["Properties"]["DefinitionUri"]
    given = stack.properties(machine, "DefinitionSubstitutions").get("DefinitionSubstitutions", {})
    text = (stack.path.parent / path).resolve().read_text("utf-8")
    return re.sub(r"\$\{(\w+)\}", lambda name: str(given[name[1]]), text)


def _runner(stack: Stack, folder: Path) -> DurableRunner:
    workflows = folder / "durable"
    workflows.mkdir()
    for function in DURABLE_FUNCTIONS:
        (workflows / f"{stack.name(function).replace('-', '_')}.py").write_text(_WORKFLOW)
    return DurableRunner(folder / "durable.db", workflows)
