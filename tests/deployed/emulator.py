"""What `sam build` made, run cold by Lambda's own runtime interface emulator, without a container.

The emulator comes with the SAM command line; the runtime client (awslambdaric) and the functions' own Python are in
.venv-lambda. Nothing but the artifact and the runtime client can be imported; handler, timeout, memory and environment
are those of the built template.
https://docs.aws.amazon.com/lambda/latest/dg/images-test.html
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.deployed import calls
from tests.deployed.cloud import Cloud, cloud
from tests.deployed.gateway import SESSION, Gateway
from tests.deployed.iam import Role
from tests.deployed.stack import REGION, Stack
from tests.held_ports import held_port
from tests.project.template import ROOT, TEMPLATE

BUILT = ROOT / ".aws-sam" / "build"
PYTHON = ROOT / ".venv-lambda" / "bin" / TEMPLATE["Globals"]["Function"]["Runtime"]
PACKAGES = ROOT / ".venv-lambda" / "lib" / PYTHON.name / "site-packages"
RAPID = "lib/python3.*/site-packages/samcli/local/rapid/aws-lambda-rie-x86_64"
EMULATOR = next((ROOT / ".venv-sam").glob(RAPID), None)
#: What awslambdaric is made of; the rest of .venv-lambda would hide what the artifact lacks.
RUNTIME = ("awslambdaric", "runtime_client*", "snapshot_restore_py*", "simplejson")
#: Takes feeds, and answers state machines.
FEEDS = "Feeds"
#: Seconds that an invocation may take, and the start of the emulator.
DEADLINE = 60.0

#: What connections to other services hold.
CONNECTION_SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:connections-AbCdEf"

#: What an operator gives at the deployment: all that is optional too, so that every grant is there.
PARAMETERS = {"ConnectionSecretArns": CONNECTION_SECRET, "FeedQueueArn": "arn:aws:sqs:us-east-1:123456789012:orders"}


@dataclass
class Deployment:
    """The functions of the built template over one cloud; each is started at its first invocation."""

    folder: Path
    stack: Stack
    parts: ExitStack
    cloud: Cloud = field(init=False)
    gateways: dict[str, Gateway] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    #: The emulator takes one event at a time.
    turns: dict[str, threading.Lock] = field(default_factory=dict)
    #: State machines invoke functions beside the test: gateways are made one at a time, and after the end none runs.
    making: threading.Lock = field(default_factory=threading.Lock)
    over: bool = False
    #: What is added to hooks.toml, as an operator edits it.
    more: str = ""
    #: Path in a function's folder -> the text of a file that is added, if that folder is there.
    files: Mapping[str, str] = field(default_factory=dict)
    #: Where functions find AWS: an address of this machine that they reach.
    host: str = "127.0.0.1"

    def invoke(self, name: str, event: Any) -> Any:
        """What the function answers. What it raised, or was not allowed, fails the test, with the function's log."""
        answer = self.outcome(name, event)
        refused = list(self.gateway(name).refused)
        if refused or (isinstance(answer, dict) and "errorMessage" in answer):
            self.gateway(name).refused.clear()
            pytest.fail("\n".join([f"{name} answered {answer}", *refused, self.log(name)]))
        return answer

    def outcome(self, name: str, event: Any) -> Any:
        """What the function answers, or Lambda's words on what it raised."""
        with self.turns.setdefault(name, threading.Lock()):
            if self.over:
                raise RuntimeError(f"{name} was invoked after the end of its deployment")
            if name not in self.urls:
                self.urls[name] = self._start(name)
            return post(self.urls[name], event)

    def gateway(self, name: str) -> Gateway:
        """AWS as this function sees it."""
        with self.making:
            if name not in self.gateways:
                gateway = Gateway(Role(self.stack.statements(name)), self.cloud.behind, host=self.host)
                self.gateways[name] = self.parts.enter_context(gateway)
            return self.gateways[name]

    def end(self) -> None:
        """Wait for the invocations that run; no other begins."""
        self.over = True
        for turn in list(self.turns.values()):
            with turn:
                pass

    def log(self, name: str) -> str:
        """What the function has logged so far."""
        return (self.folder / f"{name}.log").read_text("utf-8")

    def _code(self, name: str) -> Path:
        """What was built; with a hooks.toml of its own, if anything is added to it."""
        folder = built(name)
        if not self.more:
            return folder
        edited = self.folder / name
        if edited.is_dir():
            return edited
        edited.mkdir()
        for path in folder.iterdir():
            (edited / path.name).symlink_to(path)
        hooks = edited / "hooks.toml"
        hooks.unlink()
        hooks.write_text((folder / "hooks.toml").read_text("utf-8") + self.more, "utf-8")
        for added, text in self.files.items():
            self._add(edited, folder, Path(added), text)
        return edited

    def _add(self, edited: Path, folder: Path, path: Path, text: str) -> None:
        """Add a file to a folder that is a link until then, if the function has Python there."""
        beside = folder / path.parent
        if not any(beside.glob("*.py")):
            return
        (edited / path.parent).unlink()
        shutil.copytree(beside, edited / path.parent)
        (edited / path).write_text(text, "utf-8")

    def _start(self, name: str) -> str:
        properties = self.stack.properties(name, "Handler", "Timeout", "MemorySize")
        variables = self.cloud.environment(name) | {"AWS_ENDPOINT_URL": self.gateway(name).url}
        folder, log = self._code(name), self.folder / f"{name}.log"
        return self.parts.enter_context(function(folder, properties, variables, self.stack.name(name), log))


@contextmanager
def function(
    folder: Path,
    properties: Mapping[str, Any],
    variables: Mapping[str, str],
    name: str,
    log: Path,
    client: str = "awslambdaric",
) -> Iterator[str]:
    """A function in this folder with Handler, Timeout (s) and MemorySize (MB); the URL that invokes it.

    ``client``: the module that asks the emulator for events, of the runtime's packages or the folder beside the log.
    """
    if EMULATOR is None or not (PACKAGES / "awslambdaric").is_dir():
        _absent("the runtime interface emulator, or the functions' own Python, is absent: make build installs both")
    runtime = log.parent / "runtime"
    runtime.mkdir(exist_ok=True)
    for path in (path for pattern in RUNTIME for path in PACKAGES.glob(pattern)):
        if not (runtime / path.name).exists():
            (runtime / path.name).symlink_to(path)
    with held_port() as port, held_port() as runtime_port:
        listen = ["--runtime-interface-emulator-address", f"127.0.0.1:{port}"]
        listen += ["--runtime-api-address", f"127.0.0.1:{runtime_port}"]
        with log.open("w") as out:
            process = subprocess.Popen(
                # -S: none of the packages of this interpreter.
                [str(EMULATOR), *listen, str(PYTHON), "-S", "-m", client, properties["Handler"]],
                cwd=folder,
                env={**variables, **_lambdas(folder, properties, name, runtime)},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            yield f"http://127.0.0.1:{port}/2015-03-31/functions/function/invocations"
        finally:
            # The emulator and the runtime that it started.
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=DEADLINE)


def _lambdas(folder: Path, properties: Mapping[str, Any], name: str, runtime: Path) -> dict[str, str]:
    """The variables that Lambda itself sets. https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html"""
    return {
        "PATH": os.environ["PATH"],
        # That of the runtime, as in Lambda; it puts the function's own folder before it.
        "PYTHONPATH": str(runtime),
        "LAMBDA_TASK_ROOT": str(folder),
        "AWS_LAMBDA_FUNCTION_NAME": name,
        "AWS_LAMBDA_FUNCTION_TIMEOUT": str(properties["Timeout"]),
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(properties["MemorySize"]),
        "AWS_REGION": REGION,
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "ASIATEST",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": SESSION,
    }


@contextmanager
def deployed(
    endpoint: str,
    folder: Path,
    more: str = "",
    host: str = "127.0.0.1",
    files: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Iterator[Deployment]:
    """A deployment whose table is at this endpoint of DynamoDB Local. Skips the test if nothing was built.

    ``more``: what is added to hooks.toml. ``host``: where functions find AWS. ``files``: see Deployment.
    ``parameters``: those of the stack, beside PARAMETERS.
    """
    template = BUILT / "template.yaml"
    if not template.is_file():
        _absent("there is no .aws-sam/build: make build")
    calls.load()
    with ExitStack() as parts:
        stack = Stack(template, {**PARAMETERS, **(parameters or {})})
        deployment = Deployment(folder, stack, parts, more=more, files=files or {}, host=host)
        deployment.cloud = parts.enter_context(cloud(stack, endpoint, folder, deployment.outcome))
        try:
            yield deployment
        finally:
            deployment.end()
        refused = {name: gateway.refused for name, gateway in deployment.gateways.items() if gateway.refused}
        assert not refused, "what a state machine has asked for was not allowed"


def built(name: str) -> Path:
    """The folder that is the function's code. Skips the test if it was not built; fails it with CI set."""
    folder = BUILT / name
    if not folder.is_dir():
        _absent(f"there is no .aws-sam/build/{name}: make build")
    return folder


def _absent(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def post(url: str, event: Any) -> Any:
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
