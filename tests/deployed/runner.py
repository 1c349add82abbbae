"""The official local runner of durable functions, in a process of its own that can be killed, before built functions.

Between the two stands a front door: it makes of Lambda's Invoke what the runner offers (its own start; an invocation of
the emulator), and of the runner's ARNs, which name neither function nor execution, those that AWS gives.
https://github.com/aws/aws-durable-execution-sdk-python-testing
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, unquote, urlsplit

from tests.deployed.emulator import DEADLINE, Deployment
from tests.deployed.gateway import Gateway
from tests.deployed.iam import Role
from tests.deployed.stack import ACCOUNT
from tests.forwarding import Answer, Handler, Listener, Request, forward
from tests.held_ports import held_port
from tests.project.template import ROOT

_COMMAND = [sys.executable, "-m", "tests.deployed.local_runner"]


class Runner:
    """Runs the durable functions of a deployment that these functions start. Use as a context manager."""

    def __init__(self, aws: Deployment, *functions: str) -> None:
        self._aws = aws
        self._parts = ExitStack()
        self._port = self._parts.enter_context(held_port())
        self._process: subprocess.Popen[bytes] | None = None
        #: How often it was started: what one has asked for is no business of the next.
        self._life = 0
        #: Held while it has a function invoked, and while it is killed.
        self._invoking = threading.Lock()
        #: Physical name -> logical id; the runner's ARN -> AWS's.
        self._functions = {aws.stack.name(each): each for each in aws.stack.names("AWS::Serverless::Function")}
        self.arns: dict[str, str] = {}
        runner = self

        class Door(Handler):
            def serve(self, request: Request) -> Answer:
                return runner._serve(request)

        self._door = self._parts.enter_context(Listener(Door))
        behind = aws.cloud.behind | {"lambda": self._door.url}
        for name in functions:
            gateway = Gateway(Role(aws.stack.statements(name)), behind, self.arns)
            aws.gateways[name] = aws.parts.enter_context(gateway)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.kill()
        self._parts.close()

    def start(self) -> None:
        """Begin, or go on with what a killed one has left in its store."""
        self._life += 1
        url = f"http://127.0.0.1:{self._port}"
        options = ["--host", "127.0.0.1", "--port", str(self._port), "--local-runner-endpoint", url]
        options += ["--lambda-endpoint", f"{self._door.url}/{self._life}"]
        options += ["--store-type", "sqlite", "--store-path", str(self._aws.folder / "runner.db")]
        with (self._aws.folder / "runner.log").open("a") as log:
            self._process = subprocess.Popen(
                [*_COMMAND, "start-server", *options],
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_DEFAULT_REGION": "us-east-1"},
            )
        deadline = time.monotonic() + DEADLINE
        while True:
            try:
                socket.create_connection(("127.0.0.1", self._port), timeout=5).close()
            except ConnectionRefusedError:
                assert time.monotonic() < deadline, (self._aws.folder / "runner.log").read_text("utf-8")
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """As a machine that loses its power does, but not while a function runs, whose calls would find no runner."""
        with self._invoking:
            if self._process is not None:
                self._process.kill()
                self._process.wait(timeout=DEADLINE)
                self._process = None

    def execution(self, name: str) -> dict[str, Any]:
        """What the runner says of the execution of this name."""
        (own,) = [own for own, arn in self.arns.items() if arn.split("/")[2] == name]
        url = f"http://127.0.0.1:{self._port}/2025-12-01/durable-executions/{quote(own, safe='')}"
        with urllib.request.urlopen(url, timeout=DEADLINE) as answer:
            return dict(json.loads(answer.read()))

    def _serve(self, request: Request) -> Answer:
        parts = urlsplit(request.path).path.strip("/").split("/")
        if parts[-1] == "invocations":
            name = unquote(parts[-2]).partition(":")[0]
            started = request.headers.get("x-amz-invocation-type") == "Event"
            return self._start(name, request) if started else self._invoke(int(parts[0]), name, request)
        path = request.path
        for own, arn in self.arns.items():
            path = path.replace(quote(arn, safe=""), quote(own, safe=""))
        return forward(f"http://127.0.0.1:{self._port}", Request(request.method, path, request.headers, request.body))

    def _start(self, function: str, request: Request) -> Answer:
        name = request.headers["x-amz-durable-execution-name"]
        content = {
            "AccountId": ACCOUNT,
            "FunctionName": function,
            "FunctionQualifier": "1",
            "ExecutionName": name,
            "ExecutionTimeoutSeconds": 600,
            "ExecutionRetentionPeriodDays": 7,
            "InvocationId": name,
            "Input": request.body.decode(),
        }
        start = Request(
            "POST", "/start-durable-execution", {"content-type": "application/json"}, json.dumps(content).encode()
        )
        answer = forward(f"http://127.0.0.1:{self._port}", start)
        assert 201 == answer.status, answer.body
        return Answer(
            202, {"x-amz-durable-execution-arn": self._arn(json.loads(answer.body)["ExecutionArn"], function)}, b""
        )

    def _invoke(self, life: int, function: str, request: Request) -> Answer:
        event = json.loads(request.body)
        event["DurableExecutionArn"] = self._arn(event["DurableExecutionArn"], function)
        with self._invoking:
            if self._process is None or life != self._life:
                return Answer(503, {}, b"the runner that asks for this was killed")
            answer = self._aws.outcome(self._functions[function], event)
        failed = isinstance(answer, dict) and "errorMessage" in answer
        headers = {"content-type": "application/json", "x-amz-executed-version": "1"}
        return Answer(
            200, headers | ({"x-amz-function-error": "Unhandled"} if failed else {}), json.dumps(answer).encode()
        )

    def _arn(self, own: str, function: str) -> str:
        """AWS's for the runner's ``RANDOM/NAME``. Its last part is the id of the execution's own operation."""
        name = own.partition("/")[2]
        (logical,) = [each for physical, each in self._functions.items() if physical == function]
        return self.arns.setdefault(own, f"{self._aws.stack.arn(logical)}:1/durable-execution/{name}/{name}")
