"""What benchmarks/cold_start.py starts cold: our two functions as they were built, and their peers."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.cold.quota import release
from tests.adapters.dynamodb_local import client
from tests.deployed.emulator import PYTHON, built, function, post
from tests.deployed.events import ITEMS, delivery, http_event
from tests.deployed.stack import Stack
from tests.flows.deployment import VARIABLES
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments
from verihook.instances import api_keys
from verihook.model.scopes import SCOPES

COLD = Path(__file__).parent

#: boto3 and what it needs, all of which serves any version of Python.
BOTO3 = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py", "urllib3")

RECEIVER, API, LATE = "receiver", "api", "receiver, made late"
BARE, FRAMEWORK = "bare boto3 + DynamoDB client", "FastAPI + Mangum + boto3, 3 clients"


@dataclass(frozen=True)
class Subject:
    """A function to be started: its folder, its handler, and the status that its first event is answered with."""

    code: Path
    handler: str
    event: dict[str, Any]
    status: int
    variables: Mapping[str, str] = field(default_factory=dict)

    def start(self, quota: Path | None) -> tuple[float, float]:
        """Milliseconds of INIT, and of the first request after it; that one under the quota if there is one."""
        with tempfile.TemporaryDirectory() as folder:
            log = Path(folder) / "log"
            variables, runtime = dict(self.variables), "awslambdaric"
            if quota:
                (log.parent / "runtime").mkdir()
                shutil.copy(COLD / "throttled.py", log.parent / "runtime")
                variables["VERIHOOK_QUOTA"], runtime = str(quota), "throttled"
            properties = {"Handler": self.handler, "Timeout": 30, "MemorySize": 512}
            with function(self.code, properties, variables, "cold", log, client=runtime) as url:
                try:
                    answer = post(url, self.event)
                except OSError as error:
                    raise RuntimeError(log.read_text("utf-8")) from error
                if answer.get("statusCode") != self.status:
                    raise RuntimeError(f"{answer}\n{log.read_text('utf-8')}")
                if quota:
                    release(quota)
                return times(log.read_text("utf-8"))


def times(log: str) -> tuple[float, float]:
    """INIT and the first request, which the emulator's first report has together."""
    init = re.search(r"INIT REPORT\(durationMs: ([0-9.]+)\)", log)
    whole = re.search(r"REPORT RequestId: \S+\s+Init Duration: \S+ ms\s+Duration: ([0-9.]+) ms", log)
    if not (init and whole):
        raise RuntimeError(log)
    return float(init[1]), float(whole[1]) - float(init[1])


@contextmanager
def services(stack: Stack) -> Iterator[dict[str, str]]:
    """What stands for AWS: service -> URL."""
    secrets = {stack.arn("InstanceKey"): "k" * 64, stack.arn("SourceSecrets"): json.dumps(VARIABLES)}
    command = [sys.executable, str(COLD / "services.py")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(json.dumps(secrets))
        process.stdin.close()
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.kill()


def subjects(folder: Path, stack: Stack, urls: Mapping[str, str]) -> dict[str, Subject]:
    """All that is started. ``folder``: for the code of the peers; ``urls``: of what stands for AWS."""
    documents = DynamoDbDocuments(client(urls["DYNAMODB"]), stack.environment("Api")["VERIHOOK_TABLE"])
    _, key = api_keys.create("cold", SCOPES, documents, 1)
    body = json.dumps({"input": {"orderId": "ord_1", "items": ITEMS}})
    begin = http_event("POST", "/v1/workflows/order-created/instances", body, {"authorization": f"Bearer {key}"})
    signed, anything = delivery("evt_1"), http_event("GET", "/")
    at = {f"AWS_ENDPOINT_URL_{service}": url for service, url in urls.items()}
    receiver, api = (stack.environment(name) | at for name in ("Receiver", "Api"))
    late = peer(folder / "late", "late", {})
    for path in built("Receiver").iterdir():
        (late / path.name).symlink_to(path)
    packages = Path(sys.prefix) / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    boto3 = {name: packages / name for name in BOTO3}
    bare = peer(folder / "bare", "bare", boto3, compiled=True)
    api_packages = {path.name: path for path in built("Api").iterdir() if path.name != "verihook"}
    framework = peer(folder / "framework", "framework", api_packages | boto3)
    return {
        RECEIVER: Subject(built("Receiver"), "verihook.main.receive", signed, 200, receiver),
        LATE: Subject(late, "late.handler", signed, 200, receiver),
        BARE: Subject(bare, "bare.handler", anything, 200),
        API: Subject(built("Api"), "verihook.main.api", begin, 202, api),
        FRAMEWORK: Subject(framework, "framework.handler", anything, 200, {"PYTHONDONTWRITEBYTECODE": "1"}),
    }


def peer(folder: Path, program: str, packages: Mapping[str, Path], *, compiled: bool = False) -> Path:
    """A program of benchmarks/cold with these packages, without byte code if it is not ``compiled``."""
    folder.mkdir()
    for name, path in packages.items():
        if path.is_dir():
            shutil.copytree(path, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(path, folder)
    shutil.copy(COLD / f"{program}.py", folder)
    if compiled:
        compileall = [str(PYTHON), "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", str(folder)]
        subprocess.run(compileall, check=True)
    return folder
