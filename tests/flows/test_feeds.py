"""From a queue to a function's end: feed, ledger, stream, worker, as the Lambda functions run them."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.unit.bare import a_request
from tests.unit.working import Working, working
from verihook.adapters.ledgers.item import to_item
from verihook.config import definitions
from verihook.instances.reconcile import reconcile
from verihook.model.instance import Instance, derive_id
from verihook.model.source import Source
from verihook.senders import load_sender
from verihook.webhooks.captures import Capture, Window, captured, open_window
from verihook.webhooks.feeds import handle
from verihook.webhooks.keeping import body_of
from verihook.webhooks.observe import Observer
from verihook.worker.functions import Functions
from verihook.worker.work import run_batch

WORKFLOWS = Path(__file__).parents[2] / "handler" / "workflows"
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"
ORDER = {"id": "e1", "orderId": "o-7", "items": [{"quantity": 3, "price": 0.1}, {"quantity": 2, "price": 19.99}, "?"]}


def message(number: int, body: object) -> dict[str, Any]:
    return {
        "messageId": f"m{number}",
        "body": json.dumps(body),
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": QUEUE,
    }


def streamed(row: Instance, name: str) -> dict[str, Any]:
    image = to_item(row)
    change = {"Keys": {"pk": image["pk"], "sk": image["sk"]}, "NewImage": image, "SequenceNumber": str(row.revision)}
    return {"eventSource": "aws:dynamodb", "eventName": name, "dynamodb": change}


def row_of(w: Working, event_id: str = "e1") -> Instance:
    return w.row(derive_id(w.services.instance_key, "orders", f"id {event_id}"))


def test_a_refused_message_is_kept_while_a_window_is_open(tmp_path: Path) -> None:
    source = Source("orders", load_sender("generic"), (), "order-log", feed=QUEUE)
    with working(tmp_path, {}, sources={"orders": source}) as w:
        documents, now = w.services.documents, w.services.clock.now_ms()
        open_window(Window("orders", now, now + 60_000, 20), documents, now)
        observer = Observer(w.services.ledger, w.services.telemetry, Capture(documents, w.services.sources))
        services = replace(w.services, observer=observer)
        broken = {**message(1, ORDER), "body": "{broken"}
        for _ in range(2):
            handle({"Records": [broken]}, services)
            observer.flush()
        (kept,) = captured("orders", documents, now)
        assert ("event-malformed", QUEUE, b"{broken") == (kept.reason, kept.path, body_of(kept.raw or ""))


def test_an_order_comes_by_queue_twice_and_is_summed_up_once(tmp_path: Path) -> None:
    runs = {"order-log": definitions.load(WORKFLOWS, "order-log", "run")}
    source = Source("orders", load_sender("generic"), (), "order-log", feed=QUEUE)
    with working(tmp_path, runs, sources={"orders": source}) as w:
        answer = handle({"Records": [message(1, ORDER), message(2, ORDER)]}, w.services)
        assert {"batchItemFailures": []} == answer
        assert ["accepted", "duplicate"] == [trace.outcome for trace in w.told.deliveries]
        assert "queued" == row_of(w).status
        for _ in range(2):
            record = streamed(row_of(w), "INSERT")
            assert {"batchItemFailures": []} == run_batch({"Records": [record]}, w.functions, w.services)
        row = row_of(w)
        assert ("completed", 1) == (row.status, row.tries)
        assert {"orderId": "o-7", "lines": 2, "units": 5.0, "total": 40.28} == json.loads(row.output or "")


def test_a_worker_that_dies_is_replaced_by_way_of_reconcile_and_the_stream(tmp_path: Path) -> None:
    """What AWS does when Lambda ends a process in the middle: the lease runs out, reconcile touches the row."""

    class Dying(Functions):
        def call(self, *arguments: Any) -> Any:
            raise KeyboardInterrupt

    runs = {"w": lambda event, context: context.tries}
    source = Source("orders", load_sender("generic"), (), "w", feed=QUEUE)
    with working(tmp_path, runs, sources={"orders": source}, timeout_s=30) as w:
        handle({"Records": [message(1, ORDER)]}, w.services)
        first = streamed(row_of(w), "INSERT")
        with suppress(KeyboardInterrupt):
            run_batch({"Records": [first]}, Dying(runs), w.services)
        # Lambda brings the batch again at once: the row is leased, so the shard goes on.
        assert {"batchItemFailures": []} == run_batch({"Records": [first]}, w.functions, w.services)
        assert "running" == row_of(w).status
        w.clock.at += 40_000
        assert 1 == reconcile(w.services).started
        touched = row_of(w)
        assert "queued" == touched.status
        run_batch({"Records": [streamed(touched, "MODIFY")]}, w.functions, w.services)
        assert ("completed", "2") == (row_of(w).status, row_of(w).output)


def test_the_same_event_by_http_and_by_queue_is_one_instance(tmp_path: Path) -> None:
    from verihook.model.ports import Trace
    from verihook.webhooks.intake import ProvenEvent, start_for_event

    source = Source("orders", load_sender("generic"), (), "w", feed=QUEUE)
    with working(tmp_path, {"w": lambda event, context: 1}, sources={"orders": source}) as w:
        taken = start_for_event(
            source,
            ProvenEvent(ORDER, json.dumps(ORDER), "e1", None, a_request()),
            w.services,
            Trace("r", w.clock.at, "orders"),
        )
        handle({"Records": [message(1, ORDER)]}, w.services)
        assert ["duplicate"] == [trace.outcome for trace in w.told.deliveries]
        assert (row_of(w).id, 1) == (taken.instance_id, row_of(w).revision)
