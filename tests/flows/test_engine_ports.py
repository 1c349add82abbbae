"""The engines' ports of a running server, as another user of the machine finds them."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.flows.deployment import VARIABLES
from tests.flows.faces import Server, run_key, serving
from tests.flows.workshop import Api
from verihook.local.runner import ARN_PREFIX

ONCE = Config(retries={"total_max_attempts": 1}, parameter_validation=False, inject_host_prefix=False, proxies={})

#: (service, operation, what it is asked with)
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("stepfunctions", "list_executions", {"stateMachineArn": f"{ARN_PREFIX}order-review"}),
    ("stepfunctions", "describe_execution", {"executionArn": f"{ARN_PREFIX.replace('stateMachine', 'execution')}x:y"}),
    ("stepfunctions", "get_execution_history", {"executionArn": "x"}),
    ("stepfunctions", "send_task_success", {"taskToken": "x", "output": "{}"}),
    ("stepfunctions", "start_execution", {"stateMachineArn": f"{ARN_PREFIX}order-review", "input": "{}"}),
    ("lambda", "get_function", {"FunctionName": "order-approval"}),
    ("lambda", "invoke", {"FunctionName": "verihook-feeds", "Payload": b"{}"}),
]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with serving(tmp_path_factory.mktemp("ports") / "data", VARIABLES) as server:
        yield server


@pytest.fixture(scope="module")
def ports(server: Server) -> list[int]:
    return ports_of(server)


def ports_of(server: Server) -> list[int]:
    """What the process listens on beside its own port."""
    own = int(server.url.rpartition(":")[2])
    return [port for _, port in server.listens_on() if port != own]


@pytest.mark.parametrize(("service", "operation", "asked"), CALLS)
@pytest.mark.parametrize("key", ["local", "test", "0" * 32])
def test_another_user_of_the_machine_is_refused(
    server: Server, ports: list[int], service: str, operation: str, asked: dict[str, Any], key: str
) -> None:
    assert len(ports) == 2
    for port in ports:
        make: Any = boto3.client
        client = make(
            service,
            endpoint_url=f"http://127.0.0.1:{port}",
            region_name="us-east-1",
            aws_access_key_id=key,
            aws_secret_access_key="x",
            config=ONCE,
        )
        with pytest.raises(ClientError) as refused:
            getattr(client, operation)(**asked)
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403


def test_what_runs_there_is_served_all_the_same(server: Server) -> None:
    """The machine's own tasks, the gate and the wait among them, have the key."""
    api = Api(server.url, server.data, run_key(server.data))
    with api.http:
        id = api.start("order-review", {"orderId": "1"})
        api.waits(id, "approved")
        assert api.act(id, "events/approved", {"approved": True}).status_code == 202
        assert api.until(id)["output"]["decision"] == "approved"
        key = json.loads((server.data / "run.json").read_text())["key"]
        assert key not in server.output.read_text()


def test_idle_connections_of_another_user_stop_no_engine(tmp_path: Path) -> None:
    with serving(tmp_path / "data", VARIABLES) as server, contextlib.ExitStack() as stack:
        for port in ports_of(server):
            for _ in range(270):
                stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=5))
        api = Api(server.url, server.data, run_key(server.data))
        with api.http:
            for workflow in ("order-review", "order-approval"):
                id = api.start(workflow, {"orderId": "1", "amount": 500})
                api.waits(id, "approved")
                assert api.act(id, "events/approved", {"approved": True}).status_code == 202
                assert "completed" == api.until(id)["status"]
