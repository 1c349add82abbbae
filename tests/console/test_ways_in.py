"""The ways to the console: what a browser gets at the root, where a start leads it, and what a terminal shows."""

from __future__ import annotations

import os
import signal
import subprocess
from pathlib import Path

import pytest

from tests.console.deployment import Deployed
from tests.flows.commands import PROGRAM
from tests.flows.faces import HttpFace, run_key

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize(("accept", "status"), [(BROWSER, 307), ("application/json", 200)])
def test_a_browser_at_the_root_is_led_to_the_console(served: Deployed, accept: str, status: int) -> None:
    answer = HttpFace(served.url).send("GET", "/", [("accept", accept)])
    assert status == answer.status
    assert ("console/" if status == 307 else None) == dict(answer.headers).get("location")


def test_the_status_of_an_instance_is_for_everybody_as_before(served: Deployed) -> None:
    path = f"/?instanceId={served.ids['completed']}"
    assert "completed" == HttpFace(served.url).send("GET", path, [("accept", BROWSER)]).json["status"]


@pytest.mark.parametrize(("accept", "room"), [(BROWSER, "console"), ("application/json", "v1")])
def test_a_start_leads_a_browser_to_the_page_of_its_instance(served: Deployed, accept: str, room: str) -> None:
    headers = [("authorization", f"Bearer {served.key}"), ("accept", accept), ("content-type", "application/json")]
    answer = HttpFace(served.url).send("POST", "/v1/workflows/echo/instances", headers, b'{"input": {}}')
    assert f"/{room}/instances/{answer.json['instanceId']}" == dict(answer.headers)["location"]


def test_the_key_is_not_in_what_goes_to_a_journal(served: Deployed) -> None:
    """Its output is a pipe."""
    told = served.server.output.read_text()
    assert f"The console: {served.url}/console/" in told
    assert served.key not in told


def test_a_terminal_gets_the_link_with_the_key(tmp_path: Path) -> None:
    near, far = os.openpty()
    command: list[str | Path] = [PROGRAM, "run", "--port", "0", "--data", tmp_path / "data", "--grace", "0"]
    variables = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "COLUMNS": "200"}
    process = subprocess.Popen(command, stdout=far, stderr=far, env=variables, cwd=tmp_path, start_new_session=True)
    os.close(far)
    told = b""
    try:
        # The last line of what it says when it is ready.
        while b"Ctrl-C stops the server" not in told:
            told += os.read(near, 4096)
        url = told.partition(b"Verihook is ready on ")[2].split()[0].decode()
        assert f"The console: {url}/console/#key={run_key(tmp_path / 'data')}\r\n" in told.decode()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(60)
        os.close(near)
