"""The durable functions as built, to their end by the official local runner, which is killed in between."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from tests.deployed.emulator import CONNECTION_SECRET, Deployment, deployed
from tests.deployed.events import ITEMS
from tests.deployed.rights import check
from tests.deployed.rows import accepted, asked, eventually, started
from tests.deployed.runner import Runner
from tests.forwarding import Answer, Handler, Request


class Services:
    """What the connections lead to. ``called``: path, credential and idempotency key of each call.

    ``busy``: paths that are answered 503.
    """

    def __init__(self) -> None:
        self.called: list[tuple[str, str, str]] = []
        self.busy: set[str] = set()
        services = self

        class Answering(Handler):
            def serve(self, request: Request) -> Answer:
                headers = request.headers
                services.called.append((request.path, headers["authorization"], headers["idempotency-key"]))
                status = 503 if request.path in services.busy else 200
                return Answer(status, {"content-type": "application/json"}, b'{"number": "7"}')

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


def steps(aws: Deployment, function: str, instance_id: str) -> Counter[tuple[str, str]]:
    """(name, action) of what the function has told of its steps -> how often."""
    return Counter(
        (update["Name"], update["Action"])
        for asked in aws.gateway(function).made
        if asked.operation == "CheckpointDurableExecution" and instance_id in asked.parameters["DurableExecutionArn"]
        for update in asked.parameters.get("Updates", [])
        if update["Type"] == "STEP"
    )


def rests(aws: Deployment, function: str, instance_id: str, name: str, action: str) -> None:
    """Wait until the step has been told of, and the invocation is over: nothing is on its way to the runner."""
    eventually(lambda: steps(aws, function, instance_id)[name, action] and not aws.turns[function].locked())


def ended(runner: Runner, instance_id: str) -> dict[str, Any]:
    return eventually(lambda: (found := runner.execution(instance_id))["Status"] != "RUNNING" and found)


@pytest.mark.parametrize("face", ["Receiver", "Api"])
def test_an_order_is_charged_approved_and_shipped_across_a_crash(
    face: str, aws: Deployment, authorization: dict[str, str], runner: Runner
) -> None:
    instance_id = accepted(aws, f"evt_{face}", "approved", face=face, amount=5)
    where = f"/v1/instances/{instance_id}/events"
    rests(aws, "OrderApproval", instance_id, "Wait for approved", "SUCCEED")
    assert asked(aws, "GET", where, authorization)[1]["events"]

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
    # It ran again from its top, and no step a second time.
    names = ("Charge", "Wait for approved", "Ship")
    once = Counter((name, action) for name in names for action in ("START", "SUCCEED"))
    assert once == steps(aws, "OrderApproval", instance_id)


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


def test_an_invoice_is_made_once_and_its_confirmation_sent_across_a_crash(
    aws: Deployment, authorization: dict[str, str], runner: Runner, services: Services
) -> None:
    order = {"customerId": "c1", "items": ITEMS, "customerEmail": "c1@example.com", "notes": "x" * 300_000}
    services.busy.add("/mail")
    instance_id = started(aws, "process-order", authorization, order)
    rests(aws, "ProcessOrderFunction", instance_id, "Send Confirmation", "RETRY")

    runner.kill()
    services.busy.clear()
    del aws.urls["ProcessOrderFunction"]
    runner.start()

    found = ended(runner, instance_id)
    assert "SUCCEEDED" == found["Status"], (found, aws.log("ProcessOrderFunction"))
    assert (21.6, "7") == ((output := json.loads(found["Result"]))["total"], output["invoice"]["number"])

    key = f"{instance_id}-1"
    tries = len(services.called) - 1
    mails = [("/mail", "Bearer credential", f"{key}-mail")] * tries
    assert [("/billing", "Bearer credential", f"{key}-invoice"), *mails] == services.called
    told = steps(aws, "ProcessOrderFunction", instance_id)
    assert (1, 1) == (told["Create Invoice", "START"], told["Create Invoice", "SUCCEED"])
    assert (tries, tries - 1, 1) == tuple(told["Send Confirmation", each] for each in ("START", "RETRY", "SUCCEED"))
    assert tries >= 2


@pytest.mark.parametrize("function", ["OrderApproval", "ProcessOrderFunction"])
def test_every_right_is_used_or_listed(function: str, aws: Deployment, request: pytest.FixtureRequest) -> None:
    check(function, aws, request)
