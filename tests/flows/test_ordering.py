"""Instances that wait for others, on one machine and three engines; and the commands of docs/ordering.md."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

from tests.flows.deployment import ROOT, VARIABLES
from tests.flows.faces import run_key, serving
from tests.flows.pages import bash, script
from tests.flows.signing import x_signature
from tests.flows.workshop import Api, write_workshop

#: Engine -> its workflow, which takes some time.
ENGINES = {"function": "slow", "durable": "slow_durable", "stepfunctions": "slow-machine"}

SLOW = """
import time
from pathlib import Path


def run(event, context):
    while not Path(event["go"]).exists() and context.remaining_ms() > 0:
        time.sleep(0.02)
    return event["n"]
"""

SLOW_DURABLE = """
from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import Duration


@durable_execution
def handler(event, context):
    context.wait(Duration.from_seconds(1), name="Rest")
    return event["n"]
"""

SLOW_MACHINE = {
    "QueryLanguage": "JSONata",
    "StartAt": "Rest",
    "States": {
        "Rest": {"Type": "Wait", "Seconds": 1, "Next": "End"},
        "End": {"Type": "Succeed", "Output": "{% $states.input.n %}"},
    },
}

TABLES = """
[sources.{name}]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "{name}"
ordering = "of"

[workflows.{name}]
engine = "{engine}"
definition = "{definition}"
"""

NUMBER = 3


def hooks_of(folder: Path) -> Path:
    tables = [TABLES.format(name=engine, engine=engine, definition=name) for engine, name in ENGINES.items()]
    # As the page says it; the shipped source of this name starts another workflow.
    page = (ROOT / "docs" / "ordering.md").read_text("utf-8")
    (orders,) = re.findall(r"^```toml\n(\[sources\.orders\]\n.*?)^```", page, re.MULTILINE | re.DOTALL)
    hooks = write_workshop(folder, "\n".join(tables))
    shipped = re.compile(r"^\[sources\.orders\]\n.*?\n(?=\[)", re.MULTILINE | re.DOTALL)
    text, number = shipped.subn(f"{orders}\n", hooks.read_text())
    assert number == 1
    hooks.write_text(text)
    (hooks.parent / "workflows" / "slow.py").write_text(SLOW)
    (hooks.parent / "workflows" / "slow_durable.py").write_text(SLOW_DURABLE)
    (folder / "infra" / "workflows" / "slow-machine.asl.json").write_text(json.dumps(SLOW_MACHINE))
    return hooks


def post(api: Api, name: str, number: int) -> str:
    body = json.dumps({"id": f"e{number}", "n": number, "of": "one", "go": str(api.data / "go")}).encode()
    reply = api.http.post(f"/hooks/{name}", content=body, headers=x_signature(body))
    assert reply.is_success, reply.text
    return str(reply.json()["instanceId"])


def check_one_at_a_time(api: Api, made: list[str]) -> None:
    ended = [api.until(id) for id in made]
    assert [("completed", number) for number in range(NUMBER)] == [(each["status"], each["output"]) for each in ended]
    steps: list[list[dict[str, Any]]] = [api.http.get(f"/v1/instances/{id}/steps").json()["steps"] for id in made]
    for before, after in pairwise(steps):
        assert before[-1]["endedAt"] <= after[0]["startedAt"]


def test_events_of_one_value_run_one_at_a_time_and_the_commands_of_the_page_succeed(tmp_path: Path) -> None:
    with serving(tmp_path / ".verihook", VARIABLES, "--hooks", str(hooks_of(tmp_path))) as server:
        api = Api(server.url, server.data, run_key(server.data))
        with api.http:
            made = {name: [post(api, name, number) for number in range(NUMBER)] for name in ENGINES}
            before, waits = made["function"][-2], api.get(made["function"][-1])
            assert ("queued", "WaitsItsTurn") == (waits["status"], waits["error"]["code"])
            assert before in waits["error"]["message"]
            queued = api.http.get("/v1/instances", params={"status": "queued"}).json()["instances"]
            assert {before, waits["instanceId"]} <= {each["instanceId"] for each in queued}
            (api.data / "go").touch()
            for each in made.values():
                check_one_at_a_time(api, each)
            done = bash("set -e\n" + script("ordering.md"), tmp_path)
            assert 0 == done.returncode, done.stdout + done.stderr
            assert "completed" in done.stdout
            found = api.http.get("/v1/instances", params={"workflow": "order-log"}).json()["instances"]
            assert 4 == len([api.until(each["instanceId"]) for each in found])
