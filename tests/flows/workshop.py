"""A server of one machine with workflows to hold, to wake, to fail and to end; and the API that does so."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.flows.deployment import VARIABLES, write
from tests.flows.faces import HttpFace, run_key, serving
from tests.flows.waiting import FINAL, wait_until

HOOKS = """
[sources.reviews]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-review"

[sources.taxes]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "tax"

[sources.events]
sender = "cloudevents"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-log"

[workflows.order-review]
engine = "stepfunctions"
definition = "order-review"
public_output = true

[workflows.hurried-review]
engine = "stepfunctions"
definition = "hurried-review"

[workflows.uncaught-review]
engine = "stepfunctions"
definition = "uncaught-review"

[workflows.tax]
engine = "stepfunctions"
definition = "tax"
express = true
public_output = true

[workflows.no-tax]
engine = "stepfunctions"
definition = "no-tax"
express = true

[workflows.walk]
engine = "durable"
definition = "walk"

[workflows.second-time-durable]
engine = "durable"
definition = "second-time-durable"

[workflows.second-time]
engine = "function"
definition = "second-time"
retries = 0

[workflows.until-file]
engine = "function"
definition = "until-file"
"""

TAX = """{"QueryLanguage": "JSONata", "StartAt": "Tax", "States": {
  "Tax": {"Type": "Succeed", "Output": {"tax": "{% $states.input.total * 0.08 %}"}}}}"""

NO_TAX = """{"StartAt": "Refuse", "States": {"Refuse": {"Type": "Fail", "Error": "NoTax", "Cause": "not here"}}}"""

#: A step, a second's rest, another step.
WALK = """
from aws_durable_execution_sdk_python import durable_execution
from aws_durable_execution_sdk_python.config import Duration


@durable_execution
def handler(event, context):
    first = context.step(lambda _: "first", name="First")
    context.wait(Duration.from_seconds(1), name="Rest")
    return [first, context.step(lambda _: "second", name="Second")]
"""

SECOND_TIME_DURABLE = """
from aws_durable_execution_sdk_python import durable_execution
from verihook.authoring import instance_of


@durable_execution
def handler(event, context):
    if instance_of(context)[1] == 1:
        raise ValueError("not the first time")
    return event
"""

SECOND_TIME = """
def run(event, context):
    if context.attempt == 1:
        raise ValueError("not the first time")
    return event
"""

UNTIL_FILE = """
import time
from pathlib import Path


def run(event, context):
    while not Path(event["path"]).exists() and context.remaining_ms() > 0:
        time.sleep(0.02)
    return event
"""


def write_workshop(folder: Path, more: str = "") -> Path:
    """The shipped deployment and the workflows above; returns the path of its hooks.toml."""
    hooks = write(folder)
    text = hooks.read_text()
    # A table stands once, also if the shipped hooks.toml comes to have it.
    tables = [f"[{table}" for table in HOOKS.split("\n[")[1:] if f"[{table.split(']')[0]}]" not in text]
    hooks.write_text("\n".join([text, *tables, more]))
    machines = folder / "infra" / "workflows"
    review = (machines / "order-review.asl.json").read_text()
    hurried = review.replace('"TimeoutSeconds": 86400', '"TimeoutSeconds": 1')
    uncaught = json.loads(review.replace('"TimeoutSeconds": 86400', '"TimeoutSeconds": 2'))
    del uncaught["States"]["Wait for approval"]["Catch"]
    del uncaught["States"]["Expired"]
    (machines / "hurried-review.asl.json").write_text(hurried)
    (machines / "uncaught-review.asl.json").write_text(json.dumps(uncaught))
    (machines / "tax.asl.json").write_text(TAX)
    (machines / "no-tax.asl.json").write_text(NO_TAX)
    workflows = hooks.parent / "workflows"
    (workflows / "walk.py").write_text(WALK)
    (workflows / "second_time_durable.py").write_text(SECOND_TIME_DURABLE)
    (workflows / "second_time.py").write_text(SECOND_TIME)
    (workflows / "until_file.py").write_text(UNTIL_FILE)
    return hooks


class Api:
    """``/v1`` of a server, with a key or without; ``face`` for its webhooks."""

    def __init__(self, url: str, data: Path, key: str | None = None) -> None:
        headers = {} if key is None else {"authorization": f"Bearer {key}"}
        self.url, self.data = url, data
        self.face = HttpFace(url)
        self.http = httpx.Client(base_url=url, headers=headers, timeout=60, trust_env=False)

    def start(self, workflow: str, content: Any = None, **more: Any) -> str:
        """The id of a new instance."""
        reply = self.http.post(f"/v1/workflows/{workflow}/instances", json={"input": content, **more})
        assert reply.status_code == 202, reply.text
        return str(reply.json()["instanceId"])

    def get(self, id: str) -> dict[str, Any]:
        reply = self.http.get(f"/v1/instances/{id}")
        assert reply.status_code == 200, reply.text
        return dict(reply.json())

    def act(self, id: str, operation: str, body: Any = None, **options: Any) -> httpx.Response:
        """``operation``: suspend, resume, terminate, restart, redrive, or events/NAME."""
        content = {} if body is None else {"json": body}
        return self.http.post(f"/v1/instances/{id}/{operation}", **content, **options)

    def until(self, id: str, *statuses: str, timeout: float = 60) -> dict[str, Any]:
        """The instance, once it has one of these statuses; without any, once it has ended."""
        wanted = statuses or FINAL

        def found() -> dict[str, Any] | None:
            instance = self.get(id)
            return instance if instance["status"] in wanted else None

        return wait_until(found, timeout, f"{id} was not {' or '.join(wanted)}")

    def due(self, id: str) -> None:
        """Let the time come at which a delayed instance is to begin."""
        with closing(sqlite3.connect(self.data / "ledger.db", timeout=60)) as db, db:
            db.execute("UPDATE instances SET start_at = 1, due_at = 1 WHERE id = ?", (id,))

    def mailbox(self, id: str) -> list[tuple[str, str]]:
        """The name and state of each event and wait."""
        return [(it["name"], it["state"]) for it in self.http.get(f"/v1/instances/{id}/events").json()["events"]]

    def waits(self, id: str, name: str) -> None:
        """Return when the instance waits for this event."""
        wait_until(lambda: (name, "waiting") in self.mailbox(id), what=f"{id} did not wait for {name}")

    def steps(self, id: str) -> list[tuple[str, str]]:
        """The name and status of each step."""
        reply = self.http.get(f"/v1/instances/{id}/steps")
        assert reply.status_code == 200, reply.text
        return [(it["name"], it["status"]) for it in reply.json()["steps"]]

    def attempts(self, id: str) -> list[tuple[int, str]]:
        """The number and status of each attempt."""
        found = self.http.get(f"/v1/instances/{id}/attempts").json()["attempts"]
        return [(it["number"], it["status"]) for it in found]


@contextmanager
def workshop(folder: Path, more: str = "", variables: Mapping[str, str] | None = None) -> Iterator[Api]:
    """The server, in ``folder``; ``more`` is added to hooks.toml."""
    hooks = write_workshop(folder / "deployment", more)
    with serving(folder / "data", {**VARIABLES, **(variables or {})}, "--hooks", str(hooks)) as server:
        api = Api(server.url, folder / "data", run_key(folder / "data"))
        with api.http:
            yield api
