"""The two public faces of the receiver, driven alike: over HTTP, and by Lambda events."""

from __future__ import annotations

import base64
import http.client
import json
import os
import re
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from tests.flows.commands import PROGRAM
from tests.flows.waiting import FINAL, wait_until

Headers = list[tuple[str, str]]


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Face(Protocol):
    """Something that takes requests."""

    def send(self, method: str, target: str, headers: Headers, body: bytes = b"") -> Answer: ...


def answered(face: Face, target: str, headers: Headers, body: bytes) -> Answer:
    """What a delivery is answered, sent again as its sender does while a busy machine does not write it in time."""

    def answer() -> Answer | None:
        found = face.send("POST", target, headers, body)
        return None if found.status == 503 and b"ledger-unavailable" in found.body else found

    return wait_until(answer)


class HttpFace:
    """Over a socket; headers go out as given, repeated ones too."""

    def __init__(self, url: str) -> None:
        self.host = url.removeprefix("http://")

    def send(self, method: str, target: str, headers: Headers, body: bytes = b"") -> Answer:
        connection = http.client.HTTPConnection(self.host, timeout=60)
        try:
            connection.putrequest(method, target, skip_accept_encoding=True)
            for name, value in headers:
                connection.putheader(name, value.encode("latin-1", "replace"))
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            reply = connection.getresponse()
            return Answer(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())
        finally:
            connection.close()


class LambdaFace:
    """As a function URL invokes ``main.receive``: names in lower case, repeated headers joined by a comma."""

    def __init__(self, handler: Callable[[dict[str, Any], Any], dict[str, Any]]) -> None:
        self.handler = handler

    def send(self, method: str, target: str, headers: Headers, body: bytes = b"") -> Answer:
        answer = self.handler(function_url_event(method, target, headers, body), None)
        assert answer["isBase64Encoded"] is False
        content = answer["body"].encode()
        return Answer(answer["statusCode"], answer["headers"], content)


def function_url_event(method: str, target: str, headers: Headers, body: bytes) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads"""
    path, _, query = target.partition("?")
    joined: dict[str, str] = {}
    for name, value in headers:
        joined[name.lower()] = f"{joined[name.lower()]},{value}" if name.lower() in joined else value
    try:
        text, encoded = body.decode(), False
    except UnicodeDecodeError:
        text, encoded = base64.b64encode(body).decode(), True
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": joined,
        "requestContext": {
            "requestId": str(uuid.uuid4()),
            "stage": "$default",
            "http": {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1"},
        },
        "body": text,
        "isBase64Encoded": encoded,
    }


class Server:
    """``verihook run`` as a process of its own, in a process group of its own."""

    def __init__(
        self, data: Path, variables: Mapping[str, str], *options: str, port: int = 0, files: int | None = None
    ) -> None:
        """``files``: how many it may have at most, whatever it asks for."""
        self.data = data
        self.url = ""
        self.output = data.with_suffix(".out")
        bounded = [] if files is None else ["sh", "-c", f'ulimit -n {files} && exec "$@"', "sh"]
        with self.output.open("a") as stream:
            self.process = subprocess.Popen(
                # What still runs is of no interest when a test is over; a later --grace among the options counts.
                [*bounded, str(PROGRAM), "run", "--port", str(port), "--data", str(data), "--grace", "1", *options],
                stdout=stream,
                stderr=subprocess.STDOUT,
                env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables},
                start_new_session=True,
            )

    def ready(self, timeout: float = 180) -> str:
        """The URL, once the server says that it is ready."""

        def told() -> str | None:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.output.read_text()}")
            run = self.data / "run.json"
            if run.exists() and "Verihook is ready on" in self.output.read_text():
                return str(json.loads(run.read_text())["url"])
            return None

        self.url = wait_until(told, timeout, "the server was not ready")
        return self.url

    def listens_on(self) -> list[tuple[str, int]]:
        """(address as the kernel writes it, port) of all that it listens on, as anybody may read in /proc/net."""
        inodes = set()
        for link in Path(f"/proc/{self.process.pid}/fd").iterdir():
            # The server closes files meanwhile.
            with suppress(FileNotFoundError):
                found = re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink()))
                inodes |= {found[1]} if found else set()
        text = Path("/proc/net/tcp").read_text() + Path("/proc/net/tcp6").read_text()
        rows = [line.split() for line in text.splitlines()]
        names = [row[1].partition(":") for row in rows if row[3] == "0A" and row[9] in inodes]
        return [(address, int(port, 16)) for address, _, port in names]

    def kill(self) -> None:
        """kill -9 of the whole group: nothing can be tidied up."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(60)
        # A run.json that the dead server left behind would look ready at once.
        (self.data / "run.json").unlink(missing_ok=True)
        self.output.write_text("")

    def kill_if_running(self) -> None:
        """For what a test that failed leaves."""
        if self.process.poll() is None:
            self.kill()

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Ask it to stop; returns the exit code."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, number)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            raise


@contextmanager
def serving(data: Path, variables: Mapping[str, str], *options: str) -> Iterator[Server]:
    """A server that is ready, while it is needed. It must end well and print no stack trace."""
    server = Server(data, variables, *options)
    try:
        server.ready()
        yield server
        assert "Traceback" not in server.output.read_text()
    finally:
        assert server.stop() == 0


def run_key(data: Path) -> str:
    """The key of the server that runs on this data folder."""
    return str(json.loads((data / "run.json").read_text())["key"])


def wait_for(face: Face, instance_id: str, timeout: float = 60) -> dict[str, Any]:
    """The instance's status once it is final."""

    def ended() -> dict[str, Any] | None:
        status: dict[str, Any] = face.send("GET", f"/?instanceId={instance_id}", []).json
        return status if status["status"] in FINAL else None

    return wait_until(ended, timeout, f"{instance_id} did not end")
