"""Webhooks that go to what waits for them: the page's commands, addresses of one wait, and a server that is killed."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.flows.deployment import ROOT, VARIABLES
from tests.flows.faces import Answer, HttpFace, Server, run_key
from tests.flows.pages import bash, script
from tests.flows.signing import x_signature
from tests.flows.waiting import wait_until
from tests.flows.workshop import Api, write_workshop

#: How many orders are paid while the server is killed, and how often it is.
ORDERS, KILLS = 24, 2

REVIEWS = """
[sources.reviews-paid]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
resume = { workflow = "order-review", event = "approved", match = { "metadata.order" = "data.order" }, else = "hold" }

[sources.several-paid]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
event = { each = "events", id = { json = "id" } }
resume = { workflow = "order-review", event = "approved", match = { "metadata.order" = "order" }, else = "hold" }

[workflows.asking]
engine = "durable"
definition = "asking"
"""

#: Gives out the address by a file, as a service that delivers would get it.
ASKING = """
from pathlib import Path

from aws_durable_execution_sdk_python import durable_execution
from verihook.authoring import EventTimeout, wait_for_webhook


@durable_execution
def handler(event, context):
    try:
        return wait_for_webhook(context, "payments", Path(event["path"]).write_text, event["timeout"])
    except EventTimeout as error:
        return str(error)
"""


def toml_of_the_page() -> str:
    text = (ROOT / "docs" / "waiting.md").read_text("utf-8")
    return "\n".join(re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)[:1])


class Run:
    """The server of a folder, which can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.hooks = write_workshop(folder / "deployment", toml_of_the_page() + REVIEWS)
        (self.hooks.parent / "workflows" / "asking.py").write_text(ASKING)
        self.start()

    def start(self) -> None:
        self.server = Server(self.data, VARIABLES, "--hooks", str(self.hooks))
        self.server.ready()
        self.reconnect()

    def reconnect(self) -> None:
        self.api = Api(self.server.url, self.data, run_key(self.data))

    def kill(self) -> None:
        self.server.kill()
        self.api.http.close()

    def pay(self, order: str, source: str = "payments", id: str | None = None, query: str = "") -> Answer:
        content = {"id": id or f"evt_{order}", "type": "payment.succeeded", "data": {"order": order}}
        body = json.dumps(content).encode()
        return HttpFace(self.server.url).send("POST", f"/hooks/{source}{query}", x_signature(body), body)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    made = Run(tmp_path_factory.mktemp("waiting"))
    yield made
    made.kill()


def test_the_commands_of_the_page(run: Run, tmp_path: Path) -> None:
    (tmp_path / ".verihook").symlink_to(run.data)
    (tmp_path / "handler").mkdir()
    (tmp_path / "handler" / "hooks.toml").symlink_to(run.hooks)
    commands = re.sub(r"^verihook send", f"verihook send --hooks {run.hooks}", script("waiting.md"), flags=re.MULTILINE)
    done = bash(f"set -e\n{commands}", tmp_path)
    assert 0 == done.returncode, done.stdout + done.stderr
    assert '"resumed":["order-7"]' in done.stdout
    assert "instance order-7 completed" in done.stdout
    assert '"status":"suspended","duplicate":false,"resumed":[]' in done.stdout
    assert "shipped" == run.api.until("order-8")["output"]["outcome"]


def asked(run: Run, path: Path, timeout: int = 600) -> tuple[str, str]:
    """An instance that waits at an address, and the query of the address."""
    id = run.api.start("asking", {"path": str(path), "timeout": timeout})
    address = wait_until(lambda: path.exists() and path.read_text())
    source, mark, token = str(address).partition("?wait=")
    assert ("/hooks/payments", f"{id}.1.") == (source, token[: len(id) + 3])
    assert 32 == len(token.rpartition(".")[2])
    return id, mark + token


def test_an_address_is_used_once_and_by_what_is_genuine(run: Run, tmp_path: Path) -> None:
    id, query = asked(run, tmp_path / "address")
    other, other_query = asked(run, tmp_path / "other")
    forged = HttpFace(run.server.url).send("POST", f"/hooks/payments{query}", [("X-Signature", "00" * 32)], b"{}")
    assert 401 == forged.status
    # Of another source, with another token, of another attempt, and of an instance that does not exist.
    for wrong in (query[:-1] + ("0" if query[-1] != "0" else "1"), query.replace(".1.", ".2."), "?wait=no.1.x"):
        assert 409 == run.pay("9", id="evt_wrong", query=wrong).status
    assert 200 == run.pay("9", id="evt_first", query=query).status
    ended = run.api.until(id)
    assert ("completed", "evt_first") == (ended["status"], ended["output"]["id"])
    assert 409 == run.pay("9", id="evt_second", query=query).status
    again = run.pay("9", id="evt_first", query=query)
    assert (True, [id]) == (again.json["duplicate"], again.json["resumed"])
    assert run.api.get(other)["status"] in ("queued", "running")
    token = query.rpartition(".")[2]
    shown = [run.api.http.get(f"/v1/instances/{id}{path}").text for path in ("", "/steps", "/events")]
    shown += [run.api.http.get(f"/v1/deliveries/{again.json['instanceId']}").text, run.server.output.read_text()]
    assert [] == [text for text in shown if token in text]
    assert 200 == run.pay("9", id="evt_third", query=other_query).status


def test_an_address_ends_with_its_wait(run: Run, tmp_path: Path) -> None:
    id, query = asked(run, tmp_path / "address", timeout=1)
    assert "did not come within 1 seconds" in run.api.until(id)["output"]
    assert 409 == run.pay("9", id="evt_late", query=query).status


def test_each_event_of_a_delivery_goes_to_its_own_order(run: Run) -> None:
    orders = [run.api.start("order-review", {"orderId": "x"}, metadata={"order": f"several-{n}"}) for n in range(3)]
    events = [{"id": f"evt_several_{n}", "order": f"several-{n}", "approved": True} for n in range(3)]
    body = json.dumps({"events": events}).encode()
    for _ in range(2):
        assert 200 == HttpFace(run.server.url).send("POST", "/hooks/several-paid", x_signature(body), body).status
    assert ["approved"] * 3 == [run.api.until(order)["output"]["decision"] for order in orders]
    assert [] == [box for order in orders if (box := run.api.mailbox(order))]


def test_every_order_is_paid_once_however_often_the_server_is_killed(run: Run) -> None:
    """Half of the payments come before their order, half of them twice, while the process dies again and again."""
    kinds = ["approval", "review"]  # a durable function and a state machine
    orders = [(f"{kinds[n // 2 % 2]}-{n}", kinds[n // 2 % 2]) for n in range(ORDERS)]

    def begin(order: str, workflow: str) -> None:
        body = {"input": {"orderId": order, "amount": 20}, "id": order, "metadata": {"order": order}}
        path = f"/v1/workflows/order-{workflow}/instances"
        answer = run.api.http.post(path, json=body, headers={"Idempotency-Key": order})
        assert 202 == answer.status_code, answer.text

    def pay(order: str, workflow: str) -> None:
        answer = run.pay(order, "payments" if workflow == "approval" else "reviews-paid")
        assert 200 == answer.status, answer.body

    def one(number: int) -> None:
        first, then = (begin, pay) if number % 2 else (pay, begin)
        for act in (first, then, pay) if number % 3 else (first, then):
            act(*orders[number])

    def attempt(number: int) -> bool:
        """Whether nothing was cut off."""
        try:
            one(number)
        except (OSError, HTTPException, httpx.HTTPError, AssertionError):
            # Killed in between; who sends does it again.
            return False
        return True

    left = list(range(len(orders)))
    for kill in range(KILLS + 1):
        with ThreadPoolExecutor(4) as threads:
            share = left[: len(left) // 2] if kill < KILLS else left
            jobs = [(number, threads.submit(attempt, number)) for number in share]
            if kill < KILLS:
                wait_until(lambda jobs=jobs: sum(job.done() for _, job in jobs) > 3)  # type: ignore[misc]
                run.server.kill()
        run.api.http.close()
        done = {number for number, job in jobs if job.result()}
        left = [number for number in left if number not in done]
        run.reconnect() if kill == KILLS else run.start()
    assert [] == left
    ends = {order: run.api.until(order, timeout=120) for order, _ in orders}
    assert {"completed"} == {end["status"] for end in ends.values()}
    assert [] == [box for order, _ in orders if (box := run.api.mailbox(order))]
    with closing(sqlite3.connect(run.data / "ledger.db", timeout=60)) as db:
        rows: dict[Any, Any] = dict(
            db.execute("SELECT event_id, count(*) FROM instances WHERE event_id LIKE 'evt_%-%' GROUP BY event_id")
        )
    assert {f"evt_{order}": 1 for order, _ in orders} == rows
