"""What `sam build` made, run cold by Lambda's own runtime interface emulator, without a container.

The emulator comes with the SAM command line; the runtime client (awslambdaric) and the functions' own Python are in
.venv-lambda. DynamoDB Local, moto's Secrets Manager and the embedded interpreter are the cloud. Nothing but the
artifact and the runtime client can be imported; handler, timeout, memory and the variables' names are the template's.
https://docs.aws.amazon.com/lambda/latest/dg/images-test.html
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from tests.adapters.dynamodb_local import client
from tests.flows.deployment import VARIABLES
from tests.flows.secret_store import INSTANCE_KEY_ARN, SecretStore
from tests.project.template import ENVIRONMENT, FUNCTIONS, ROOT, TEMPLATE
from verihook.ledgers.table import create_table_request
from verihook.local.interpreter import ARN_PREFIX, Interpreter

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.client import DynamoDBClient

BUILT = ROOT / ".aws-sam" / "build"
PYTHON = ROOT / ".venv-lambda" / "bin" / TEMPLATE["Globals"]["Function"]["Runtime"]
PACKAGES = ROOT / ".venv-lambda" / "lib" / PYTHON.name / "site-packages"
RAPID = "lib/python3.*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"
EMULATOR = next((ROOT / ".venv-sam").glob(RAPID), None)
#: What awslambdaric is made of; the rest of .venv-lambda would hide what the artifact lacks.
RUNTIME = ("awslambdaric", "runtime_client*", "snapshot_restore_py*", "simplejson")
TABLE = "artifact"
#: Seconds that an invocation may take, and the start of the emulator.
DEADLINE = 60.0

#: Variable of the template -> what stands for what it refers to.
VALUES = {
    **VARIABLES,
    "VERIHOOK_TABLE": TABLE,
    "VERIHOOK_INSTANCE_KEY_ARN": INSTANCE_KEY_ARN,
    "VERIHOOK_STATE_MACHINE_PREFIX": ARN_PREFIX,
    "VERIHOOK_FUNCTION_PREFIX": "artifact_",
    "VERIHOOK_PAYLOADS": "artifact-payloads",
    "POWERTOOLS_SERVICE_NAME": "verihook",
    "POWERTOOLS_METRICS_NAMESPACE": "Verihook",
    "POWERTOOLS_LOG_LEVEL": "INFO",
}


@dataclass
class Deployment:
    """The functions of the template over one table and one interpreter; each is started at its first invocation."""

    folder: Path
    endpoint: str
    dynamodb: DynamoDBClient
    interpreter: Interpreter
    secrets: SecretStore
    stack: ExitStack
    urls: dict[str, str] = field(default_factory=dict)

    def invoke(self, name: str, event: dict[str, Any]) -> Any:
        """What the function answers. An exception that it raised fails the test, with the function's log."""
        if name not in self.urls:
            self.urls[name] = self._start(name)
        answer = _post(self.urls[name], event)
        if isinstance(answer, dict) and "errorMessage" in answer:
            pytest.fail(f"{name} raised {answer}\n{(self.folder / f'{name}.log').read_text('utf-8')}")
        return answer

    def _start(self, name: str) -> str:
        log = self.stack.enter_context((self.folder / f"{name}.log").open("w"))
        invocations = _free_port()
        listen = ["--runtime-interface-emulator-address", f"127.0.0.1:{invocations}"]
        listen += ["--runtime-api-address", f"127.0.0.1:{_free_port()}"]
        # -S: none of the packages of this interpreter.
        python = [str(PYTHON), "-S", "-m", "awslambdaric"]
        process = subprocess.Popen(
            [str(EMULATOR), *listen, *python, FUNCTIONS[name]["Handler"]],
            cwd=built(name),
            env=self._variables(name),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.stack.callback(_kill, process)
        return f"http://127.0.0.1:{invocations}/2015-03-31/functions/function/invocations"

    def _variables(self, name: str) -> dict[str, str]:
        """The environment of the function: the variables that the template gives it, and Lambda's; endpoints are ours.

        https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
        """
        return {
            **{variable: VALUES[variable] for variable in ENVIRONMENT[name]},
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{built(name)}:{self.folder / 'runtime'}",
            "LAMBDA_TASK_ROOT": str(built(name)),
            "AWS_LAMBDA_FUNCTION_NAME": name,
            "AWS_LAMBDA_FUNCTION_TIMEOUT": str(FUNCTIONS[name]["Timeout"]),
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(FUNCTIONS[name]["MemorySize"]),
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_ENDPOINT_URL_DYNAMODB": self.endpoint,
            "AWS_ENDPOINT_URL_SFN": self.interpreter.endpoint_url,
            "AWS_ENDPOINT_URL_SECRETS_MANAGER": self.secrets.url,
        }


@contextmanager
def deployed(endpoint: str, folder: Path) -> Iterator[Deployment]:
    """A deployment whose table is at this endpoint of DynamoDB Local. Skips the test where nothing was built."""
    if EMULATOR is None or not (PACKAGES / "awslambdaric").is_dir():
        _absent("the runtime interface emulator, or the functions' own Python, is absent: make build installs both")
    with ExitStack() as stack:
        interpreter = stack.enter_context(Interpreter(folder / "executions.db"))
        definition = (ROOT / "infra" / "workflows" / "order-created.asl.json").read_text("utf-8")
        interpreter.deploy({"order-created": definition})
        dynamodb = stack.enter_context(closing(client(endpoint)))
        dynamodb.create_table(**create_table_request(TABLE))
        stack.callback(dynamodb.delete_table, TableName=TABLE)
        (folder / "runtime").mkdir()
        for pattern in RUNTIME:
            for path in PACKAGES.glob(pattern):
                (folder / "runtime" / path.name).symlink_to(path)
        yield Deployment(folder, endpoint, dynamodb, interpreter, stack.enter_context(SecretStore()), stack)


def built(name: str) -> Path:
    """The folder that is the function's code. Skips the test where it was not built; fails it with CI set."""
    folder = BUILT / name
    if not folder.is_dir():
        _absent(f"there is no .aws-sam/build/{name}: make build")
    return folder


def http_event(method: str, target: str, body: str = "", headers: dict[str, str] | None = None) -> dict[str, Any]:
    """A request as a function URL hands it over. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html"""
    path, _, query = target.partition("?")
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "verihook.example", "content-type": "application/json", **(headers or {})},
        "requestContext": {"requestId": "00000000-0000-4000-8000-000000000000", "stage": "$default", "http": http},
        "body": body,
        "isBase64Encoded": False,
    }


def _absent(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _post(url: str, event: dict[str, Any]) -> Any:
    """Invoke; the emulator listens a moment after it was started."""
    request = urllib.request.Request(url, json.dumps(event).encode())
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE) as reply:
                return json.loads(reply.read())
        except urllib.error.URLError as error:
            if not isinstance(error.reason, ConnectionRefusedError) or time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The emulator and the runtime that it started."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait(timeout=10)
