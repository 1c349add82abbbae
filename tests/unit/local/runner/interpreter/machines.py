"""Small machines, and what the tests do with them through boto3."""

from __future__ import annotations

import json
import time
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.flows.waiting import PATIENCE_S
from verihook.local.runner import ARN_PREFIX, REGION, Interpreter

ROLE = "arn:aws:iam::123456789012:role/any"
WAIT = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 90, "End": True}}})
PASS = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
VARIABLES = {
    "StartAt": "A",
    "States": {
        "A": {"Type": "Pass", "Assign": {"who.$": "$.who"}, "Next": "B"},
        "B": {"Type": "Pass", "Parameters": {"to.$": "$who", "at.$": "$$.Execution.StartTime"}, "End": True},
    },
}


def client_of(interpreter: Interpreter) -> Any:
    config = Config(retries={"total_max_attempts": 1}, proxies={})
    keys: Any = {"aws_access_key_id": "local", "aws_secret_access_key": "local"}
    return boto3.client(
        "stepfunctions", endpoint_url=interpreter.endpoint_url, region_name=REGION, config=config, **keys
    )


def start(client: Any, machine: str, name: str | None = None, document: str = "{}") -> str:
    given = {} if name is None else {"name": name}
    arn: str = client.start_execution(stateMachineArn=ARN_PREFIX + machine, input=document, **given)["executionArn"]
    return arn


def end_of(client: Any, arn: str, seconds: float = PATIENCE_S) -> dict[str, Any]:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer: dict[str, Any] = client.describe_execution(executionArn=arn)
        if answer["status"] != "RUNNING":
            return answer
        time.sleep(0.01)
    raise AssertionError(f"{arn} has not ended in {seconds} s")


def code_of(error: pytest.ExceptionInfo[ClientError]) -> str:
    return str(error.value.response["Error"]["Code"])
