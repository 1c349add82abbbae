"""What `sam build` made, run cold by Lambda's own runtime interface emulator, without a container.

The emulator comes with the SAM command line; the runtime client (awslambdaric) and the functions' own Python are in
.venv-lambda. DynamoDB Local and the embedded interpreter are the cloud. Nothing but the artifact and the runtime client
can be imported.
https://docs.aws.amazon.com/lambda/latest/dg/images-test.html
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.adapters.dynamodb_local import client, dynamodb_local
from tests.flows.deployment import ROOT, SECRET, VARIABLES
from tests.project.template import TEMPLATE
from verihook.ledgers.table import create_table_request
from verihook.local.interpreter import ARN_PREFIX, Interpreter

__all__ = ["dynamodb_local"]

ARTIFACT = ROOT / ".aws-sam" / "build" / "Receiver"
PYTHON = ROOT / ".venv-lambda" / "bin" / TEMPLATE["Globals"]["Function"]["Runtime"]
PACKAGES = ROOT / ".venv-lambda" / "lib" / PYTHON.name / "site-packages"
RAPID = "lib/python3.*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"
EMULATOR = next((ROOT / ".venv-sam").glob(RAPID), None)
#: What awslambdaric is made of; the rest of .venv-lambda would hide what the artifact lacks.
RUNTIME = ("awslambdaric", "runtime_client*", "snapshot_restore_py*", "simplejson")
TABLE = "artifact"
DEADLINE = 60.0

#: Sends an event to the function and gives back what it answers.
Invoke = Callable[[dict[str, Any]], dict[str, Any]]


def _absent(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _runtime(folder: Path) -> Path:
    """A folder with the runtime client alone."""
    for pattern in RUNTIME:
        for path in PACKAGES.glob(pattern):
            (folder / path.name).symlink_to(path)
    return folder


def _post(url: str, event: dict[str, Any]) -> dict[str, Any]:
    """Invoke; the emulator listens a moment after it was started."""
    request = urllib.request.Request(url, json.dumps(event).encode())
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as reply:
                answer: dict[str, Any] = json.loads(reply.read())
                return answer
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


@pytest.fixture
def invoke(dynamodb_local: str, tmp_path: Path) -> Iterator[Invoke]:
    """The receiver, cold."""
    if not ARTIFACT.is_dir():
        _absent("there is no .aws-sam/build/Receiver: make build")
    if not EMULATOR or not (PACKAGES / "awslambdaric").is_dir():
        _absent("the runtime interface emulator and its client are not in .venv-sam and .venv-lambda: make build")
    with ExitStack() as stack:
        interpreter = stack.enter_context(Interpreter(tmp_path / "executions.db"))
        definition = (ROOT / "infra" / "workflows" / "order-created.asl.json").read_text("utf-8")
        interpreter.deploy({"order-created": definition})
        dynamodb = stack.enter_context(closing(client(dynamodb_local)))
        dynamodb.create_table(**create_table_request(TABLE))
        stack.callback(dynamodb.delete_table, TableName=TABLE)
        (tmp_path / "runtime").mkdir()
        log = stack.enter_context((tmp_path / "emulator.log").open("w"))
        invocations = _free_port()
        listen = ["--runtime-interface-emulator-address", f"127.0.0.1:{invocations}"]
        listen += ["--runtime-api-address", f"127.0.0.1:{_free_port()}"]
        # -S: none of the packages of this interpreter.
        python = [str(PYTHON), "-S", "-m", "awslambdaric"]
        process = subprocess.Popen(
            [str(EMULATOR), *listen, *python, "verihook.main.receive"],
            cwd=ARTIFACT,
            env=_variables(_runtime(tmp_path / "runtime"), dynamodb_local, interpreter.endpoint_url),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        stack.callback(_kill, process)
        url = f"http://127.0.0.1:{invocations}/2015-03-31/functions/function/invocations"
        yield lambda event: _post(url, event)


def _variables(runtime: Path, dynamodb: str, stepfunctions: str) -> dict[str, str]:
    """The environment of the function, as template.yaml and Lambda set it; the endpoints are ours."""
    return {
        **VARIABLES,
        "PATH": os.environ["PATH"],
        "PYTHONPATH": f"{ARTIFACT}:{runtime}",
        "LAMBDA_TASK_ROOT": str(ARTIFACT),
        "AWS_LAMBDA_FUNCTION_NAME": "receiver",
        "AWS_LAMBDA_FUNCTION_TIMEOUT": "30",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "VERIHOOK_TABLE": TABLE,
        "VERIHOOK_INSTANCE_KEY": "k" * 32,
        "VERIHOOK_STATE_MACHINE_PREFIX": ARN_PREFIX,
        "VERIHOOK_FUNCTION_PREFIX": "artifact_",
        "VERIHOOK_PAYLOADS": "artifact-payloads",
        "POWERTOOLS_SERVICE_NAME": "verihook",
        "POWERTOOLS_METRICS_NAMESPACE": "Verihook",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_ENDPOINT_URL_DYNAMODB": dynamodb,
        "AWS_ENDPOINT_URL_SFN": stepfunctions,
    }


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The emulator and the runtime that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)


def _event(body: str, secret: str) -> dict[str, Any]:
    """A delivery as a function URL hands it over."""
    signature = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
    return {
        "version": "2.0",
        "rawPath": "/hooks/orders",
        "rawQueryString": "",
        "headers": {"content-type": "application/json", "x-signature": f"sha256={signature}"},
        "requestContext": {
            "requestId": hashlib.sha256(signature.encode()).hexdigest(),
            "stage": "$default",
            "http": {"method": "POST", "path": "/hooks/orders", "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
        },
        "body": body,
        "isBase64Encoded": False,
    }


def test_the_artifact_refuses_a_forged_delivery_and_takes_a_signed_one(invoke: Invoke, dynamodb_local: str) -> None:
    items = [{"productId": "a", "quantity": 2, "price": 10}]
    body = json.dumps({"id": "evt_1", "type": "order.created", "orderId": "ord_1", "items": items})

    with closing(client(dynamodb_local)) as dynamodb:
        forged = invoke(_event(body, "guess"))
        assert 401 == forged["statusCode"], forged
        assert 0 == dynamodb.scan(TableName=TABLE, Select="COUNT")["Count"]

        signed = invoke(_event(body, SECRET))
        assert 202 == signed["statusCode"], signed
        assert 1 == dynamodb.scan(TableName=TABLE, Select="COUNT")["Count"]
        assert "running" == json.loads(signed["body"])["status"]


#: Function -> the modules that its invocations import, those at need included.
MODULES = {
    "Api": "verihook.app, verihook.api.access, mangum",
    "Recorder": "verihook.main, verihook.recorder",
    "Reconciler": "verihook.main, verihook.reconcile",
    "Worker": "verihook.main, verihook.work, verihook.functions, workflows.order_log",
    "OrderApproval": "workflows.order_approval, verihook.manage",
    "ProcessOrderFunction": "workflows.process_order, verihook.bootstrap",
}


@pytest.mark.parametrize("name", MODULES)
def test_an_artifact_has_all_that_its_function_imports(name: str) -> None:
    artifact = ARTIFACT.parent / name
    if not artifact.is_dir():
        _absent(f"there is no .aws-sam/build/{name}: make build")
    # Nothing but the artifact and Python itself can be imported.
    python = [str(PYTHON), "-I", "-S", "-c"]
    program = f"import sys; sys.path.insert(0, {str(artifact)!r}); import {MODULES[name]}"
    done = subprocess.run([*python, program], capture_output=True, text=True, timeout=DEADLINE, check=False)
    assert 0 == done.returncode, done.stderr
