"""The machines of infra/workflows do what they say."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.interpreter_machines import WORKER, InterpreterRig, Worker, call, client_of, shipped
from tests.boto_clients import translated
from tests.contracts.engine import Rig, a_name
from tests.unit.bare import bare_services
from verihook.adapters.engines.stepfunctions import StepFunctionsEngine
from verihook.adapters.payloads.files import FilePayloads
from verihook.errors import ConfigurationError
from verihook.instances import payload
from verihook.instances.tasks import answer
from verihook.local.runner import ARN_PREFIX, Integrations, Interpreter, refusals_of
from verihook.model.instance import Progress

Run = Callable[[Any], Any]


@pytest.fixture(scope="module")
def ended() -> list[dict[str, Any]]:
    """The details of the executions that ended."""
    return []


@pytest.fixture(scope="module")
def worker() -> Worker:
    return Worker()


@pytest.fixture(scope="module")
def payloads(tmp_path_factory: pytest.TempPathFactory) -> FilePayloads:
    return FilePayloads(tmp_path_factory.mktemp("payloads"))


@pytest.fixture(scope="module")
def calls() -> list[dict[str, Any]]:
    """What process-order called instead of AWS."""
    return []


@pytest.fixture(scope="module")
def interpreter(
    tmp_path_factory: pytest.TempPathFactory,
    ended: list[dict[str, Any]],
    worker: Worker,
    payloads: FilePayloads,
    calls: list[dict[str, Any]],
) -> Iterator[Interpreter]:
    reader = bare_services(payloads=payloads)

    def work(event: dict[str, Any]) -> object:
        return answer(event, reader) if "read" in event else worker.functions()[WORKER](event)

    def invoice(request: dict[str, Any]) -> object:
        calls.append(request)
        if request["RequestBody"]["customerId"] == "unknown":
            raise ValueError("there is no such customer")
        return {"ResponseBody": {"id": "inv_1", "number": 17}}

    def mail(request: dict[str, Any]) -> object:
        calls.append(request)
        if "bounce" in request["Destination"]["ToAddresses"][0]:
            raise ValueError("MessageRejected")
        return {}

    with Interpreter(
        tmp_path_factory.mktemp("machines") / "journal.db",
        on_end=ended.append,
        integrations=Integrations(worker.functions() | {WORKER: work, "invoice": invoice, "mail": mail}),
    ) as running:
        running.deploy({name: shipped(name) for name in ("order-created", "order-review")})
        running.deploy({"process-order": here(shipped("process-order"))})
        yield running


@pytest.fixture(scope="module")
def rig(interpreter: Interpreter, worker: Worker) -> Rig:
    engine = StepFunctionsEngine(translated(client_of(interpreter.endpoint_url)), ARN_PREFIX)
    worker.open = lambda token: assert_answered(engine, token)
    return InterpreterRig(engine, worker)


def assert_answered(engine: StepFunctionsEngine, token: str) -> None:
    assert engine.answer(token, "{}")


def here(asl: str) -> str:
    """process-order with functions of this process in the place of what is in AWS alone."""
    machine = json.loads(asl)
    for name, function in (("Create invoice", "invoice"), ("Send confirmation", "mail")):
        state = machine["States"][name]
        result = call(function, state["Arguments"])
        state.update(Resource=result["Resource"], Arguments=result["Arguments"])
        state["Retry"] = [{"ErrorEquals": ["ValueError"], "IntervalSeconds": 1, "MaxAttempts": 1}]
    text = json.dumps(machine)
    return text.replace("$states.result.ResponseBody", "$states.result.Payload.ResponseBody")


class TestOrderCreated:
    """What a webhook of the seed starts."""

    @pytest.fixture
    def run(self, rig: Rig) -> Run:
        def run(document: Any) -> Any:
            name = a_name()
            rig.start("order-created", name, json.dumps(document))
            progress = rig.end_of("order-created", name)
            assert (progress.status, progress.cause) == ("completed", None)
            return json.loads(progress.output or "")

        return run

    def test_an_order(self, run: Run) -> None:
        items = [{"productId": "a", "quantity": 2, "price": 10}, {"productId": "b", "quantity": 1, "price": 10}]
        order = {"id": "evt_1", "type": "order.created", "orderId": "A1", "items": items}
        assert run(order) == {"orderId": "A1", "total": 30, "tax": 2.4}
        assert run({"orderId": "A1", "items": items}) == {"orderId": "A1", "total": 30, "tax": 2.4}

    def test_one_item(self, run: Run) -> None:
        assert run({"orderId": "A1", "items": [{"quantity": 3, "price": 7}]}) == {
            "orderId": "A1",
            "total": 21,
            "tax": 1.68,
        }

    @pytest.mark.parametrize("items", [{}, {"items": None}, {"items": []}])
    def test_no_items(self, run: Run, items: dict[str, Any]) -> None:
        assert run({"orderId": "A1"} | items) == {"orderId": "A1", "total": 0, "tax": 0}

    def test_decimals(self, run: Run) -> None:
        items = [{"quantity": 2.5, "price": 19.98}, {"quantity": 1, "price": 0.1}, {"quantity": 1, "price": 0.2}]
        assert run({"orderId": "A1", "items": items}) == {"orderId": "A1", "total": 50.25, "tax": 4.02}

    def test_many_items(self, run: Run) -> None:
        items = [{"productId": str(n), "quantity": 1, "price": 0.1} for n in range(300)]
        assert run({"orderId": "A1", "items": items}) == {"orderId": "A1", "total": 30, "tax": 2.4}

    def test_the_largest_order(self, run: Run) -> None:
        items = [{"productId": "a", "quantity": 1, "price": 1}] * 4600
        assert len(json.dumps({"items": items})) in range(200_000, 262_144)
        assert run({"items": items}) == {"orderId": None, "total": 4600, "tax": 368}

    def test_more_fields_and_odd_strings(self, run: Run) -> None:
        order = {"orderId": 'A"1\\%} $states', "customer": {"name": '"; $error("x")'}, "note": "é \u2028 \ud83d\udca5"}
        assert run(order) == {"orderId": 'A"1\\%} $states', "total": 0, "tax": 0}

    @pytest.mark.parametrize(
        "document",
        [None, 1, "x", [], [1], {}, {"items": "x"}, {"items": {"quantity": 1}}, {"items": [None, 1, "x", {}, [[]]]}],
    )
    def test_documents_of_other_senders(self, run: Run, document: Any) -> None:
        assert run(document) == {"orderId": None, "total": 0, "tax": 0}

    def test_what_is_not_a_number_counts_as_nothing(self, run: Run) -> None:
        items = [{"quantity": "2", "price": 5}, {"quantity": 2, "price": None}, {"quantity": 2, "price": 5}]
        assert run({"orderId": "A1", "items": items})["total"] == 10

    def test_a_large_order_waits_a_second(self, run: Run) -> None:
        before = time.monotonic()
        large = {"orderId": "A1", "items": [{"quantity": 1, "price": 100000.01}]}
        assert run(large) == {"orderId": "A1", "total": 100000.01, "tax": 8000.0008}
        assert time.monotonic() - before >= 1

    @pytest.mark.parametrize(("price", "waits"), [(1, False), (1.0001, True)])
    def test_an_order_at_the_limit_does_not_wait(self, rig: Rig, price: float, waits: bool) -> None:
        rig.start("order-created", name := a_name(), json.dumps({"items": [{"quantity": 100000, "price": price}]}))
        assert json.loads(rig.end_of("order-created", name).output or "")["total"] == 100000 * price
        assert waits == ("Pause" in [step.name for step in rig.engine.steps("order-created", name)])

    def test_a_suspended_large_order_waits_at_the_gate(self, rig: Rig, worker: Worker) -> None:
        name = a_name()
        worker.held.add(name)
        rig.start("order-created", name, json.dumps({"orderId": "A1", "items": [{"quantity": 2, "price": 100000}]}))
        token = rig.until(lambda: worker.tokens.get((name, "gate")), "the gate")
        assert rig.engine.describe("order-created", name) == Progress("running")
        assert rig.engine.steps("order-created", name)[-1].name == "Gate"
        assert rig.engine.answer(token, "{}") is True
        progress = rig.end_of("order-created", name)
        assert json.loads(progress.output or "") == {"orderId": "A1", "total": 200000, "tax": 16000}


class TestLargeInput:
    """order-created, whose input is a reference to a payload."""

    ITEMS: list[dict[str, Any]] = [{"quantity": 2, "price": 10}]  # noqa: RUF012  # never changed

    def test_the_payload_is_priced(self, rig: Rig, payloads: FilePayloads) -> None:
        progress = run_large(rig, {"orderId": 'é "1"', "items": self.ITEMS, "note": "x" * 262_144}, payloads)
        assert json.loads(progress.output or "") == {"orderId": 'é "1"', "total": 20, "tax": 1.6}

    def test_so_is_what_pricing_does_not_need(self, rig: Rig, payloads: FilePayloads) -> None:
        item = {"quantity": 1, "price": 0.5, "productId": "p" * 3000}
        progress = run_large(rig, {"orderId": 7, "items": [item] * 100}, payloads)
        assert json.loads(progress.output or "") == {"orderId": 7, "total": 50, "tax": 4}

    def test_what_is_too_large_even_then_is_refused_in_words(self, rig: Rig, payloads: FilePayloads) -> None:
        progress = run_large(rig, {"orderId": "A1", "items": self.ITEMS * 13_000}, payloads)
        assert (progress.status, progress.error) == ("failed", "BodyTooLarge")
        assert "262144 bytes" in (progress.cause or "")

    def test_a_payload_that_is_gone(self, rig: Rig, tmp_path: Path) -> None:
        progress = run_large(rig, {"orderId": "gone", "note": "x" * 262_144}, FilePayloads(tmp_path))
        assert (progress.status, progress.error) == ("failed", "PayloadGone")


def run_large(rig: Rig, content: object, payloads: FilePayloads) -> Progress:
    """How order-created ends with a reference to this."""
    name = a_name()
    rig.start("order-created", name, payload.store_if_large(json.dumps(content), content, name, 262_144, payloads))
    return rig.end_of("order-created", name)


class TestOrderReview:
    """Waits for an event."""

    @pytest.mark.parametrize(
        ("payload", "decision"),
        [({"approved": True, "by": "ann"}, "approved"), ({"approved": False}, "rejected"), ({}, "rejected")],
    )
    def test_a_decision(self, rig: Rig, payload: dict[str, Any], decision: str) -> None:
        name = a_name()
        rig.start("order-review", name, '{"orderId": "A1"}')
        assert rig.engine.answer(rig.token_of(name), json.dumps(payload)) is True
        progress = rig.end_of("order-review", name)
        assert json.loads(progress.output or "") == {"orderId": "A1", "decision": decision, "by": payload}

    def test_nobody_decides(self, rig: Rig, interpreter: Interpreter) -> None:
        machine = json.loads(shipped("order-review"))
        machine["States"]["Wait for approval"]["TimeoutSeconds"] = 1
        interpreter.deploy({"order-review-soon": json.dumps(machine)})
        progress = rig.run_to_end("order-review-soon", '{"orderId": "A1"}')
        assert json.loads(progress.output or "") == {"orderId": "A1", "decision": "expired", "by": None}


class TestProcessOrder:
    """The seed's "Process Customer Order"; what it calls in AWS is a function here."""

    ORDER: dict[str, Any] = {"customerId": "c1", "customerEmail": "ann@example.com"}  # noqa: RUF012  # never changed

    def test_without_values_and_a_connection_it_runs_in_aws_alone(self, interpreter: Interpreter) -> None:
        assert "${InvoiceConnectionArn} is a substitution" in "".join(map(str, refusals_of(shipped("process-order"))))
        with pytest.raises(ConfigurationError, match=r"States\.Create invoice\."):
            interpreter.deploy({"process-order-whole": shipped("process-order")})

    def test_an_order(self, rig: Rig, calls: list[dict[str, Any]]) -> None:
        calls.clear()
        name = a_name()
        items = [{"productId": "a", "quantity": 2, "price": 10.5}, {"productId": "b", "quantity": 1, "price": 4}]
        rig.start("process-order", name, json.dumps(self.ORDER | {"items": items}))
        progress = rig.end_of("process-order", name)
        assert json.loads(progress.output or "") == {
            "total": 27,
            "tax": 2,
            "invoiceId": "inv_1",
            "confirmation": "sent",
        }
        invoice, mail = calls
        assert invoice["Headers"]["Idempotency-Key"] == name
        assert invoice["RequestBody"] == {"customerId": "c1", "amount": 27, "metadata": {"source": "api-order"}}
        assert mail["Destination"] == {"ToAddresses": ["ann@example.com"]}
        assert mail["Content"]["Simple"]["Subject"]["Data"] == "Order Confirmed - Invoice #17"
        assert "Total: $27.00" in mail["Content"]["Simple"]["Body"]["Html"]["Data"]

    @pytest.mark.parametrize(
        ("order", "confirmation"),
        [
            (ORDER | {"customerEmail": "bounce@example.com"}, "failed"),
            ({"customerId": "c1"}, "no-address"),
            ({"customerId": "c1", "customerEmail": 7, "items": None}, "no-address"),
        ],
    )
    def test_the_invoice_stands_without_a_mail(self, rig: Rig, order: dict[str, Any], confirmation: str) -> None:
        progress = rig.run_to_end("process-order", json.dumps(order))
        assert json.loads(progress.output or "") == {
            "total": 0,
            "tax": 0,
            "invoiceId": "inv_1",
            "confirmation": confirmation,
        }

    def test_an_invoice_that_fails_is_redriven_with_the_same_key(self, rig: Rig, calls: list[dict[str, Any]]) -> None:
        calls.clear()
        name = a_name()
        rig.start("process-order", name, json.dumps({"customerId": "unknown"}))
        assert rig.end_of("process-order", name).error == "ValueError"
        failed = rig.engine.steps("process-order", name)[-1]
        assert (failed.name, failed.status, failed.error) == ("Create invoice", "failed", "ValueError")
        assert rig.engine.redrive("process-order", name) is True
        assert rig.end_of("process-order", name).status == "failed"
        assert {request["Headers"]["Idempotency-Key"] for request in calls} == {name}
        assert len(calls) == 4
