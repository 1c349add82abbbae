"""ListMapRuns, DescribeMapRun and UpdateMapRun, through boto3."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.flows.waiting import wait_until
from tests.unit.local.runner.interpreter.machines import client_of, code_of, end_of, start
from verihook.local.runner import ARN_PREFIX, Interpreter
from verihook.local.runner.integrations import Integrations

CALL = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}, "End": True}
CONFIG = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
EACH = {"ProcessorConfig": CONFIG, "StartAt": "C", "States": {"C": CALL}}
MAP = {"Type": "Map", "Label": "L", "MaxConcurrency": 1, "ItemProcessor": EACH, "End": True}


def test_one_is_listed_described_and_changed_and_stays_when_it_has_ended(tmp_path: Path) -> None:
    release = threading.Event()
    functions: dict[str, Callable[[Any], Any]] = {"f": lambda event: release.wait(60)}
    with Interpreter(tmp_path / "s.db", integrations=Integrations(functions)) as interpreter:
        interpreter.deploy({"m": json.dumps({"StartAt": "M", "States": {"M": MAP}})})
        client = client_of(interpreter)
        execution = start(client, "m", "one", "[1, 2, 3]")

        def running() -> Any:
            found = client.list_map_runs(executionArn=execution)["mapRuns"]
            told = client.describe_map_run(mapRunArn=found[0]["mapRunArn"]) if found else None
            return told if told and told["executionCounts"]["running"] else None

        told = wait_until(running)
        arn = told["mapRunArn"]
        assert ":mapRun:m/L:" in arn
        assert (told["status"], told["executionArn"], told["redriveCount"]) == ("RUNNING", execution, 0)
        assert (told["maxConcurrency"], told["itemCounts"]["pending"], "stopDate" in told) == (1, 2, False)
        for _ in range(2):
            client.update_map_run(mapRunArn=arn, maxConcurrency=0, toleratedFailurePercentage=12.5)
        told = client.describe_map_run(mapRunArn=arn)
        assert (told["maxConcurrency"], told["toleratedFailurePercentage"]) == (0, 12.5)
        assert told["executionCounts"]["running"] == 3
        release.set()
        assert end_of(client, execution)["status"] == "SUCCEEDED"
        told = client.describe_map_run(mapRunArn=arn)
        assert (told["status"], told["executionCounts"]["succeeded"]) == ("SUCCEEDED", 3)
        (listed,) = client.list_map_runs(executionArn=execution, maxResults=1)["mapRuns"]
        assert listed["stateMachineArn"] == f"{ARN_PREFIX}m/L"
        assert listed["stopDate"] == told["stopDate"] >= told["startDate"] == listed["startDate"]
        assert ["ValidationException"] * 2 == [
            refused(lambda: client.update_map_run(mapRunArn=arn, maxConcurrency=2)),
            refused(lambda: client.update_map_run(mapRunArn=arn, toleratedFailurePercentage=101.0)),
        ]
        assert refused(lambda: client.describe_map_run(mapRunArn=f"{arn}x")) == "ResourceNotFound"
        assert refused(lambda: client.describe_map_run(mapRunArn="none")) == "InvalidArn"
        assert refused(lambda: client.list_map_runs(executionArn=f"{execution}x")) == "ExecutionDoesNotExist"


def refused(call: Callable[[], Any]) -> str:
    with pytest.raises(ClientError) as caught:
        call()
    return code_of(caught)
