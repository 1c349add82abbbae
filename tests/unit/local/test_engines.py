"""The engines of one machine, put together."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from tests.held_ports import held_port
from verihook.adapters.aws.errors import ServiceError, Unreachable
from verihook.config import load_hooks
from verihook.config.settings import DEFAULT_HOOKS
from verihook.local.durable.arns import execution_arn
from verihook.local.engines import LocalEngines
from verihook.local.function_processes import FunctionProcesses


def test_the_access_key_of_a_run_is_in_memory_alone_and_another_one_each_time(tmp_path: Path) -> None:
    """With it a program may approve in a person's place, so it must not be found in the data folder."""
    keys = set()
    for _ in range(2):
        with LocalEngines(load_hooks(DEFAULT_HOOKS), tmp_path) as engines:
            keys.add(engines.endpoints.access_key.encode())
            files = [path for path in tmp_path.rglob("*") if path.is_file()]
            assert {"executions.db", "durable.db"} <= {path.name for path in files}
            assert not [path.name for path in files for key in keys if key in path.read_bytes()]
    assert [2, 32, 32] == [len(keys), *map(len, keys)]


def test_durable_functions_start_if_there_are_any_or_were(tmp_path: Path) -> None:
    """Their SDK takes a quarter of the start of a server that may have none."""
    written, file = tmp_path / "hooks.toml", tmp_path / "durable.db"
    (tmp_path / "workflows").mkdir()
    (tmp_path / "workflows" / "plain.py").write_text("def run(event, context):\n    return event\n")
    written.write_text('[workflows.plain]\nengine = "function"\ndefinition = "plain"\n')
    file.touch()
    asked = {"DurableExecutionArn": execution_arn("gone", "an_instance", "1")}
    for used in (False, True):
        with LocalEngines(load_hooks(written), tmp_path) as engines:
            assert (file.stat().st_size > 0) == used
            engines.resume()
            assert (engines.faults(), engines.busy()) == ({}, [])
            with pytest.raises(ServiceError, match="ResourceNotFound"):
                engines.endpoints.durable.get_durable_execution(**asked)
            assert file.stat().st_size > 0
            engines.hold()
        with pytest.raises(Unreachable):
            engines.endpoints.durable.get_durable_execution(**asked)


def test_a_worker_is_let_in_at_a_port_and_by_a_key_of_the_operators(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with held_port("") as port:
        monkeypatch.setenv("VERIHOOK_STATES_PORT", str(port))
        monkeypatch.setenv("VERIHOOK_STATES_KEY", "worker_of_the_shop")
        with LocalEngines(load_hooks(DEFAULT_HOOKS), tmp_path):
            for key, served in (("worker_of_the_shop", True), ("worker_of_the_shot", False)):
                client = boto3.client(
                    "stepfunctions",
                    endpoint_url=f"http://127.0.0.1:{port}",
                    region_name="us-east-1",
                    aws_access_key_id=key,
                    aws_secret_access_key="any",
                    config=Config(retries={"total_max_attempts": 1}, proxies={}),
                )
                with nullcontext() if served else pytest.raises(ClientError, match="AccessDenied"):
                    client.list_state_machines()


def test_functions_run_in_processes_if_the_environment_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VERIHOOK_FUNCTION_PROCESSES", "3")
    with LocalEngines(load_hooks(DEFAULT_HOOKS), tmp_path) as engines:
        worker = engines._worker
        assert isinstance(worker._functions, FunctionProcesses)
        assert (worker._threads, "order-log" in worker._functions) == (3, True)
