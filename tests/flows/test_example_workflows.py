"""The shipped durable workflows, on the runner of one machine: boto3, HTTP, real waits, a loopback receiver."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from tests.adapters.test_durable_engine import DurableRig
from tests.contracts.engine import a_name
from tests.flows.receiver import Receiver, receiving
from verihook import authoring, instances
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.adapters.secrets.environment import EnvironmentSecrets
from verihook.cli.bill import counts
from verihook.local.durable import DurableRunner
from verihook.model.connection import Connection
from verihook.model.instance import Instance, Progress
from verihook.model.ports import Services
from verihook.model.workflow import Workflow

WORKFLOWS = Path(__file__).parents[2] / "handler/workflows"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[DurableRig]:
    with DurableRunner(tmp_path / "store.db", WORKFLOWS) as runner:
        runner.deploy(["order-approval", "process-order"])
        yield DurableRig(runner.endpoint_url)


@pytest.fixture
def services(tmp_path: Path, rig: DurableRig, receiver: Receiver) -> Iterator[Services]:
    file = SqliteFile(tmp_path / "ledger.db")
    parts = SimpleNamespace(
        ledger=SqliteLedger(file),
        documents=SqliteDocuments(file),
        engines={"durable": rig.engine},
        workflows={name: Workflow(name, "durable", name) for name in ("order-approval", "process-order")},
        clock=SimpleNamespace(now_ms=lambda: 1_700_000_000_000),
        connections={
            "billing": Connection("billing", f"{receiver.url}/invoices", "env:BILLING_KEY"),
            "billing-sandbox": Connection("billing-sandbox", f"{receiver.url}/sandbox"),
            "mail": Connection("mail", f"{receiver.url}/mails", "env:MAIL_KEY", "x-api-key", ""),
        },
        secrets=EnvironmentSecrets({"BILLING_KEY": "sk_test_1", "MAIL_KEY": "mk_2"}, tmp_path),
    )
    services = cast(Services, parts)
    authoring.use(services)
    yield services
    authoring._services = None
    file.close()


def start(rig: DurableRig, services: Services, workflow: str, content: Any) -> str:
    """The instance id."""
    id, text = a_name(), json.dumps(content)
    now = services.clock.now_ms()
    assert services.ledger.claim(Instance(id, workflow, text, now, now, engine="durable")) is None
    rig.start(workflow, id, text)
    return id


def output(progress: Progress) -> Any:
    assert progress.status == "completed", progress
    return json.loads(progress.output or "")


class TestOrderApproval:
    """handler/workflows/order_approval.py"""

    def test_an_approved_order_is_shipped(self, rig: DurableRig, services: Services) -> None:
        id = start(rig, services, "order-approval", {"orderId": "A1", "amount": 20})
        rig.until(lambda: instances.mailbox(id, services) or None, "it waits")
        instances.raise_event(id, "approved", {"by": "kim"}, services)
        assert output(rig.end_of("order-approval", id)) == {
            "orderId": "A1",
            "amount": 20,
            "charge": f"charge-{id}-1-charge",
            "by": "kim",
            "outcome": "shipped",
            "shipment": f"shipment-{id}-1-ship-of-A1",
        }
        names = [step.name for step in rig.engine.steps("order-approval", id)]
        assert names == ["Charge", "approved", "Wait for approved", "Ship"]
        # And the execution itself: https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
        assert 1 + len(names) == counts()["engines"]["durable"]["operations"]
        wanted = counts()["engines"]["durable"]["invocations"]["durable"]

        def invocations() -> int | None:
            arn = rig.arn("order-approval", id)
            events = rig.client.get_durable_execution_history(DurableExecutionArn=arn)["Events"]
            found = sum(event["EventType"] == "InvocationCompleted" for event in events)
            return found if found >= wanted else None

        assert wanted == rig.until(invocations, "the last invocation is over")

    def test_an_approval_may_come_before_it_is_waited_for(self, rig: DurableRig, services: Services) -> None:
        id, text = a_name(), json.dumps({"orderId": "A1", "amount": 20})
        now = services.clock.now_ms()
        services.ledger.claim(Instance(id, "order-approval", text, now, now, engine="durable"))
        instances.raise_event(id, "approved", {"approved": False}, services)
        rig.start("order-approval", id, text)
        result = output(rig.end_of("order-approval", id))
        assert (result["outcome"], result["reason"]) == ("cancelled", "it was not approved")

    def test_nobody_approves(self, rig: DurableRig, services: Services) -> None:
        id = start(rig, services, "order-approval", {"orderId": "A1", "amount": 20, "timeoutSeconds": 1})
        result = output(rig.end_of("order-approval", id))
        assert (result["outcome"], result["reason"]) == ("cancelled", "no approval came in time")
        assert result["refund"] == f"refund-{id}-1-refund-of-{result['charge']}"


class TestProcessOrder:
    """handler/workflows/process_order.py"""

    ORDER = {  # noqa: RUF012  # never changed
        "customerId": "c1",
        "customerEmail": "kim@example.com",
        "items": [{"productId": "a", "quantity": 3, "price": 19.99}, {"productId": "b", "quantity": 1, "price": 0.05}],
    }

    def test_an_order(self, rig: DurableRig, services: Services, receiver: Receiver) -> None:
        receiver.at("/invoices", (503, {}))
        id = start(rig, services, "process-order", self.ORDER)
        result = output(rig.end_of("process-order", id))
        assert result == {
            "subtotal": 60.02,
            "tax": 4.8,
            "total": 64.82,
            "invoice": {"number": "INV-2"},
            "confirmation": {"number": "INV-3"},
        }
        first, again, mail = receiver.calls
        assert [call.path for call in receiver.calls] == ["/invoices", "/invoices", "/mails"]
        assert first.headers["authorization"] == "Bearer sk_test_1"
        assert first.headers["idempotency-key"] == again.headers["idempotency-key"] == f"{id}-1-invoice"
        assert first.json == {"customerId": "c1", "amount": 64.82, "metadata": {"source": "api-order"}}
        assert mail.headers["x-api-key"] == "mk_2"
        assert mail.json["subject"] == "Order Confirmed - Invoice #INV-2"
        history = rig.client.get_durable_execution_history(
            DurableExecutionArn=rig.arn("process-order", id), IncludeExecutionData=True
        )
        assert "sk_test_1" not in str(history)

    def test_the_invoice_is_made_where_the_start_chose(
        self, rig: DurableRig, services: Services, receiver: Receiver
    ) -> None:
        text = json.dumps({**self.ORDER, "customerEmail": ""})
        rig.start("process-order", id := a_name(), text, "billing-sandbox")
        assert output(rig.end_of("process-order", id))["total"] == 64.82
        (call,) = receiver.calls
        assert ("/sandbox", None) == (call.path, call.headers.get("authorization"))

    def test_a_refusal_is_not_repeated(self, rig: DurableRig, services: Services, receiver: Receiver) -> None:
        receiver.at("/invoices", (402, {}))
        id = start(rig, services, "process-order", self.ORDER)
        progress = rig.end_of("process-order", id)
        assert (progress.status, progress.cause) == ("failed", "billing answered 402")
        assert len(receiver.calls) == 1

    def test_without_an_address_no_mail(self, rig: DurableRig, services: Services, receiver: Receiver) -> None:
        id = start(rig, services, "process-order", {"customerId": "c1", "items": []})
        assert output(rig.end_of("process-order", id))["confirmation"] is None
        assert len(receiver.calls) == 1
