"""What cannot be written to the terminal is lost, and nothing else is: neither an answer nor a try."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.flows.commands import PROGRAM
from tests.flows.deployment import VARIABLES
from tests.flows.faces import HttpFace, run_key, serving
from tests.flows.signing import x_signature
from tests.flows.waiting import wait_until
from tests.flows.workshop import Api, write_workshop

MORE = """
[sources.odd]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "odd"

[workflows.odd]
engine = "function"
definition = "odd"
retries = 1
backoff_s = 1
timeout_s = 600

[workflows.odd-durable]
engine = "durable"
definition = "odd-durable"

[workflows.odd-machine]
engine = "stepfunctions"
definition = "odd-machine"
"""

#: Raises what cannot be written as UTF-8, and at the second try what has no text at all.
ODD = """
import logging


class Mute(Exception):
    def __str__(self):
        raise RuntimeError("no text")


def run(event, context):
    print("printed \\ud800")
    logging.getLogger("odd").warning("logged \\ud800")
    if context.tries == 1:
        raise ValueError("half \\ud800 a character")
    raise Mute
"""

ODD_DURABLE = """
from aws_durable_execution_sdk_python import durable_execution


@durable_execution
def handler(event, context):
    print("printed \\ud800")
    context.logger.warning("logged \\ud800")
    raise ValueError("half \\ud800 a character")
"""

ODD_MACHINE = json.dumps(
    {
        "StartAt": "Refuse",
        "States": {"Refuse": {"Type": "Fail", "ErrorPath": "$.error", "CausePath": "$.cause"}},
    }
)

JSON = {"content-type": "application/json"}


def write_odd(folder: Path) -> Path:
    hooks = write_workshop(folder, MORE)
    (hooks.parent / "workflows" / "odd.py").write_text(ODD)
    (hooks.parent / "workflows" / "odd_durable.py").write_text(ODD_DURABLE)
    (folder / "infra" / "workflows" / "odd-machine.asl.json").write_text(ODD_MACHINE)
    return hooks


def deliver(api: Api, number: int, **members: Any) -> tuple[int, Any]:
    """The status of the answer to a webhook of the source ``odd``, and what it says."""
    # As the sender wrote it: escapes of half characters, which no parser refuses.
    body = json.dumps({"id": f"evt_{number}", "type": "order.created", **members}).encode()
    answer = api.face.send("POST", "/hooks/odd", x_signature(body), body)
    return answer.status, answer.json


def try_all(api: Api) -> None:
    """Webhooks and instances of every engine, all of whose texts are hard to write."""
    answers = [deliver(api, number, type="\u2603\x1b\x9b\u202e", note="half \ud800") for number in range(20)]
    assert [200] * 20 == [status for status, _ in answers], answers
    # Of an id or a type that is no text it is said so.
    assert [400, 400] == [deliver(api, 20, **half)[0] for half in ({"type": "half \ud800"}, {"id": "evt \udfff"})]
    assert 401 == api.face.send("POST", "/hooks/odd", [], b"{}").status
    # A try that is not recorded is another's when its lease is over: in ten minutes.
    ended = api.until(answers[0][1]["instanceId"])
    assert ("failed", "Mute") == (ended["status"], ended["error"]["code"])
    assert 2 == len(api.steps(answers[0][1]["instanceId"]))
    failed = api.until(api.start("odd-durable", {}))
    assert ("failed", "ValueError") == (failed["status"], failed["error"]["code"])
    assert "half" in failed["error"]["message"]
    # Its escapes, which httpx cannot write.
    input = json.dumps({"input": {"error": "Odd \ud800", "cause": "half \ud800"}})
    started = api.http.post("/v1/workflows/odd-machine/instances", content=input, headers=JSON)
    failed = api.until(str(started.json()["instanceId"]))
    assert "failed" == failed["status"]
    assert "half" in failed["error"]["message"]


@contextmanager
def running(folder: Path, command: str, **options: Any) -> Iterator[tuple[subprocess.Popen[bytes], Api]]:
    """``verihook run`` by a shell: ``command`` is what stands after it. It must end well."""
    hooks = write_odd(folder / "deployment")
    data = folder / "data"
    line = f"exec {PROGRAM} run --port 0 --data {data} --hooks {hooks} {command}"
    variables = {"PATH": os.environ["PATH"], "HOME": str(folder), **VARIABLES}
    process = subprocess.Popen(["sh", "-c", line], env=variables, start_new_session=True, **options)
    try:
        url = str(json.loads(wait_until(lambda: _text(data / "run.json"), 120))["url"])
        wait_until(lambda: HttpFace(url).send("GET", "/health", []).status == 200)
        api = Api(url, data, run_key(data))
        with api.http:
            yield process, api
        os.killpg(process.pid, signal.SIGTERM)
        assert 0 == process.wait(60)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(60)


def _text(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def test_the_reader_of_the_output_goes_away(tmp_path: Path) -> None:
    with running(tmp_path, "2>&1", stdout=subprocess.PIPE) as (process, api):
        assert process.stdout is not None
        process.stdout.close()
        try_all(api)


def test_output_and_errors_are_closed_from_the_beginning(tmp_path: Path) -> None:
    with running(tmp_path, "<&- >&- 2>&-") as (process, api):
        try_all(api)
        # No file of ours is where a print would go.
        held = [str(Path(f"/proc/{process.pid}/fd/{number}").readlink()) for number in range(3)]
        assert ["/dev/null"] * 3 == held


def test_the_disk_of_the_log_is_full(tmp_path: Path) -> None:
    with running(tmp_path, "> /dev/full 2>&1") as (_, api):
        try_all(api)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
def test_the_output_is_read_and_what_cannot_be_shown_is_replaced(tmp_path: Path, encoding: str) -> None:
    hooks = write_odd(tmp_path / "deployment")
    variables = {**VARIABLES, "PYTHONIOENCODING": encoding}
    with serving(tmp_path / "data", variables, "--hooks", str(hooks)) as server:
        api = Api(server.url, tmp_path / "data", run_key(tmp_path / "data"))
        with api.http:
            try_all(api)
    shown = (tmp_path / "data.out").read_bytes().decode(encoding)
    assert "printed \\ud800" in shown
    assert ": ValueError: half" in shown
    assert ": Mute: (its text cannot be made)" in shown
    assert 20 <= shown.count("200 odd accepted")
