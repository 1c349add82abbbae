"""`sam local` as a person runs it, on the part of the built template and with the image of this machine's runtime."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import yaml

from tests.deployed.emulator import BUILT, DEADLINE, Deployment
from tests.deployed.gateway import SESSION
from tests.deployed.stack import REGION
from tests.flows.commands import heeding_ctrl_c
from tests.held_ports import held_port
from tests.project.template import ROOT
from tests.sam.image import NAME
from tests.sam.part import ENDPOINT, part

_SAM = ROOT / ".venv-sam" / "bin" / "sam"
#: Those that are invoked here: each has its environment and its gateway.
FUNCTIONS = ("Receiver", "Api")
#: Seconds that a command may take; the first one makes SAM's own image of ours.
_PATIENCE = 120.0


class Sam:
    """Writes the template, and the environment as CloudFormation sets it, into a folder."""

    def __init__(self, aws: Deployment, folder: Path) -> None:
        self._aws, self._folder = aws, folder
        self._template = folder / "template.yaml"
        self._template.write_text(yaml.safe_dump(part(BUILT / "template.yaml", {"WithHttpApi": "yes"})))
        # SAM hands on what it finds in its own environment; the session is what the gateway looks for.
        self._environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
            "SAM_CLI_TELEMETRY": "0",
            "AWS_ACCESS_KEY_ID": "ASIATEST",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_SESSION_TOKEN": SESSION,
            "AWS_DEFAULT_REGION": REGION,
        }

    def invoke(self, function: str, event: Any, **variables: str) -> Any:
        """`sam local invoke`: what the function answers to the event. ``variables``: what it has besides."""
        given = self._folder / "event.json"
        given.write_text(json.dumps(event), "utf-8")
        command = [*self._command("invoke", variables), function, "--event", str(given)]
        done = subprocess.run(
            command, env=self._environment, capture_output=True, text=True, check=False, timeout=_PATIENCE
        )
        self._nothing_was_refused(done.stderr)
        assert done.returncode == 0, done.stderr
        assert done.stdout, done.stderr
        return json.loads(done.stdout)

    @contextmanager
    def started(self, what: str, **variables: str) -> Iterator[str]:
        """`sam local start-api` or `start-lambda`: its URL. A container is kept once it was needed."""
        log = self._folder / f"{what}.log"
        command = heeding_ctrl_c(*self._command(what, variables))
        with held_port() as port, log.open("w") as out:
            command += ["--host", "127.0.0.1", "--port", str(port), "--warm-containers", "LAZY"]
            process = subprocess.Popen(command, env=self._environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
            try:
                _wait_for(port, process, log)
                yield f"http://127.0.0.1:{port}"
                self._nothing_was_refused(log.read_text("utf-8"))
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(timeout=60)

    def _command(self, what: str, variables: Mapping[str, str]) -> list[str]:
        environment = {
            each: {**self._aws.cloud.environment(each), ENDPOINT: self._aws.gateway(each).url, **variables}
            for each in FUNCTIONS
        }
        given = self._folder / "environment.json"
        given.write_text(json.dumps(environment), "utf-8")
        image = ["--invoke-image", NAME, "--skip-pull-image"]
        return [str(_SAM), "local", what, "--template-file", str(self._template), "--env-vars", str(given), *image]

    def _nothing_was_refused(self, log: str) -> None:
        refused = [words for each in FUNCTIONS for words in self._aws.gateway(each).refused]
        assert not refused, "\n".join([*refused, log])


def _wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + DEADLINE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=5).close()
        except ConnectionRefusedError:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text("utf-8")  # noqa: PT018
            time.sleep(0.1)
        else:
            return
