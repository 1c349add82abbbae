"""The durable functions as built, to their end by the official local runner, which is killed in between."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.deployed.calls import Request
from tests.deployed.emulator import CONNECTION_SECRET, Deployment, deployed
from tests.deployed.events import ITEMS
from tests.deployed.gateway import Answer, Handler
from tests.deployed.rights import check
from tests.deployed.rows import accepted, asked, eventually, started
from tests.deployed.runner import Runner


class Services:
    """What the connections lead to. ``called``: path and credential of each call."""

    def __init__(self) -> None:
        self.called: list[tuple[str, str]] = []
        services = self

        class Answering(Handler):
            def serve(self, request: Request) -> Answer:
                services.called.append((request.path, request.headers.get("authorization", "")))
                return Answer(200, {"content-type": "application/json"}, b'{"number": "7"}')

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
        self.server.daemon_threads = True

    def connection(self, name: str) -> str:
        """Its part of hooks.toml."""
        url = f"http://127.0.0.1:{self.server.server_address[1]}/{name}"
        return f'\n[connections.{name}]\nurl = "{url}"\nsecret = "secretsmanager:{CONNECTION_SECRET}"\n'


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    running = Services()
    threading.Thread(target=running.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield running
    running.server.shutdown()
    running.server.server_close()


@pytest.fixture(scope="module")
def aws(services: Services, dynamodb_local: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    more = (Path(__file__).parent / "operated.toml").read_text("utf-8")
    more += services.connection("billing") + services.connection("mail")
    with deployed(dynamodb_local, tmp_path_factory.mktemp("durable"), more) as deployment:
        deployment.cloud.secrets.call("CreateSecret", Name=CONNECTION_SECRET, SecretString="credential")
        yield deployment


@pytest.fixture(scope="module")
def runner(aws: Deployment) -> Iterator[Runner]:
    with Runner(aws, "Receiver", "Api", "OrderApproval", "ProcessOrderFunction") as running:
        yield running


def ended(runner: Runner, instance_id: str) -> dict[str, Any]:
    return eventually(lambda: (found := runner.execution(instance_id))["Status"] != "RUNNING" and found)


@pytest.mark.parametrize("face", ["Receiver", "Api"])
def test_an_order_is_charged_approved_and_shipped_across_a_crash(
    face: str, aws: Deployment, authorization: dict[str, str], runner: Runner
) -> None:
    instance_id = accepted(aws, f"evt_{face}", "approved", face=face, amount=5)
    where = f"/v1/instances/{instance_id}/events"
    eventually(lambda: asked(aws, "GET", where, authorization)[1]["events"])

    runner.kill()
    runner.start()
    # Another environment of the function goes on with it.
    del aws.urls["OrderApproval"]

    status, answer = asked(aws, "POST", f"{where}/approved", authorization, {"approved": True, "by": "me"})
    assert 2 == status // 100, answer
    found = ended(runner, instance_id)
    assert "SUCCEEDED" == found["Status"], (found, aws.log("OrderApproval"))
    output = json.loads(found["Result"])
    assert ("shipped", "me") == (output["outcome"], output["by"])
    assert f"charge-{instance_id}-1-charge" == output["charge"]


def test_an_event_that_was_raised_before_is_taken_at_once(
    aws: Deployment, authorization: dict[str, str], runner: Runner
) -> None:
    runner.kill()
    runner.start()
    instance_id = started(
        aws, "order-approval", authorization, {"orderId": "ord_3", "amount": 5, "notes": "x" * 300_000}
    )
    where = f"/v1/instances/{instance_id}/events"
    assert 2 == asked(aws, "POST", f"{where}/approved", authorization, {"approved": False})[0] // 100
    found = ended(runner, instance_id)
    assert "cancelled" == json.loads(found["Result"])["outcome"], found


def test_an_invoice_is_made_and_a_confirmation_sent_with_their_credentials(
    aws: Deployment, authorization: dict[str, str], runner: Runner, services: Services
) -> None:
    order = {"customerId": "c1", "items": ITEMS, "customerEmail": "c1@example.com", "notes": "x" * 300_000}
    found = ended(runner, started(aws, "process-order", authorization, order))
    assert "SUCCEEDED" == found["Status"], (found, aws.log("ProcessOrderFunction"))
    assert (21.6, "7") == ((output := json.loads(found["Result"]))["total"], output["invoice"]["number"])
    assert [("/billing", "Bearer credential"), ("/mail", "Bearer credential")] == services.called


@pytest.mark.parametrize("function", ["OrderApproval", "ProcessOrderFunction"])
def test_every_right_is_used_or_listed(function: str, aws: Deployment, request: pytest.FixtureRequest) -> None:
    check(function, aws, request)
