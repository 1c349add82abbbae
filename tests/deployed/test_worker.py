"""What runs workflows and takes feeds, as built: stream, SQS, SNS, EventBridge, waits; every AWS call by its role."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.deployed.emulator import FEEDS, Deployment
from tests.deployed.events import ITEMS, eventbridge, now_ms, sns, sqs, streamed
from tests.deployed.rights import check
from tests.deployed.rows import accepted, asked, item, labelled, ledger, row, rows, started, succeeds
from verihook.model.listing import Query

LARGE = "x" * 300_000


def order(event_id: str, **more: Any) -> dict[str, Any]:
    return {"id": event_id, "orderId": "ord_3", "items": ITEMS, **more}


def taken(aws: Deployment, event: Any) -> int:
    """How many rows it makes."""
    before = rows(aws)
    assert {"batchItemFailures": []} == aws.invoke(FEEDS, event)
    return rows(aws) - before


@pytest.mark.parametrize("notes", ["", LARGE], ids=["small", "large"])
def test_the_stream_brings_what_is_to_run(notes: str, aws: Deployment, authorization: dict[str, str]) -> None:
    instance_id = started(aws, "order-log", authorization, order("e1", notes=notes), tags=["red"])
    assert "queued" == row(aws, instance_id).status
    assert {"batchItemFailures": []} == aws.invoke("Worker", {"Records": [streamed(item(aws, instance_id))]})
    done = row(aws, instance_id)
    assert "completed" == done.status, done
    assert {"orderId": "ord_3", "lines": 1, "units": 2.0, "total": 20.0} == json.loads(done.output or "")


def test_a_large_output_is_kept_apart_and_an_input_that_is_gone_fails(
    aws: Deployment, authorization: dict[str, str]
) -> None:
    instance_id = started(aws, "order-log", authorization, order("e5", orderId=LARGE))
    assert {"batchItemFailures": []} == aws.invoke("Worker", {"Records": [streamed(item(aws, instance_id))]})
    assert "completed" == row(aws, instance_id).status
    assert 2 <= sum(instance_id in path for path in aws.cloud.bucket.objects)

    instance_id = started(aws, "order-log", authorization, order("e6", orderId=LARGE))
    for path in [path for path in aws.cloud.bucket.objects if instance_id in path]:
        del aws.cloud.bucket.objects[path]
    assert {"batchItemFailures": []} == aws.invoke("Worker", {"Records": [streamed(item(aws, instance_id))]})
    assert ("failed", "InputUnreadable") == (row(aws, instance_id).status, row(aws, instance_id).error)


def test_a_queue_feeds_a_source_and_what_is_no_event_comes_again(aws: Deployment) -> None:
    assert 1 == taken(aws, sqs("orders", ("m1", order("q1")), ("m2", order("q1"))))
    event = sqs("orders", ("m3", order("q2")), ("m4", "text"))
    event["Records"][1]["body"] = "{"
    assert {"batchItemFailures": [{"itemIdentifier": "m4"}]} == aws.invoke(FEEDS, event)


def test_a_topic_feeds_a_source(aws: Deployment) -> None:
    assert 1 == taken(aws, sns("orders", "n1", order("t1")))


def test_a_rule_feeds_a_source(aws: Deployment) -> None:
    event = eventbridge("shop", "order.created", order("r1"), [])
    feed = "arn:aws:events:us-east-1:123456789012:rule/orders"
    assert 1 == taken(aws, {"feed": feed, "event": event})


def test_a_large_message_is_kept_apart(aws: Deployment) -> None:
    assert 1 == taken(aws, sqs("orders", ("m5", order("q3", notes=LARGE))))


@pytest.mark.parametrize("workflow", ["order-review", "order-approval"])
def test_a_message_goes_to_the_instance_that_waits(workflow: str, aws: Deployment, lambdas: Any) -> None:
    waiting = labelled(aws, lambdas, f"fed-{workflow}", workflow)
    queue = f"{workflow.removeprefix('order-')}s-paid"
    assert 1 == taken(aws, sqs(queue, ("m1", order("paid", orderId=f"fed-{workflow}"))))
    (paid,) = ledger(aws).page(Query(source=workflow.replace("order", "pays")), 1, None, now_ms())
    assert ("completed", (waiting,)) == (paid.status, paid.resumption.targets if paid.resumption else ())


@pytest.mark.parametrize("queue", ["reviews", "approvals"])
def test_a_queue_starts_every_engine_and_anew(queue: str, aws: Deployment) -> None:
    assert taken(aws, sqs(queue, ("m6", order("q4", amount=5))))
    assert {"batchItemFailures": []} == aws.invoke(FEEDS, sqs(queue, ("m7", order("q4", amount=5))))


def test_who_waits_is_answered_at_once_if_the_event_was_raised_before(
    aws: Deployment, authorization: dict[str, str]
) -> None:
    instance_id = started(aws, "order-review", authorization, order("e2"))
    where = f"/v1/instances/{instance_id}/events"
    status, answer = asked(aws, "POST", f"{where}/later", authorization, {"by": "me"})
    assert 2 == status // 100, answer
    # A token that the engine does not know: it is asked all the same.
    wait = {"execution": instance_id, "name": "later", "token": "x" * 64}
    before = len(aws.gateway(FEEDS).made)
    assert aws.invoke(FEEDS, {"await": wait}) is None
    assert "SendTaskSuccess" in [made.operation for made in aws.gateway(FEEDS).made[before:]]


def test_a_gate_lets_pass(aws: Deployment, authorization: dict[str, str]) -> None:
    instance_id = started(aws, "order-review", authorization, order("e4"))
    assert aws.invoke(FEEDS, {"gate": {"execution": instance_id, "token": "x" * 64}}) is None


def test_a_state_machine_reads_of_a_large_input_what_it_asks_for(
    aws: Deployment, authorization: dict[str, str]
) -> None:
    instance_id = started(aws, "order-created", authorization, order("e3", notes=LARGE))
    succeeds(aws, "OrderCreated", instance_id)


def test_a_state_machine_is_told_that_an_input_is_gone(aws: Deployment, authorization: dict[str, str]) -> None:
    instance_id = started(aws, "order-review", authorization, order("e7", notes=LARGE))
    asked_for = {"execution": instance_id, "input": json.loads(row(aws, instance_id).input), "paths": ["orderId"]}
    read = {"read": asked_for}
    assert {"orderId": "ord_3"} == aws.invoke(FEEDS, read)
    aws.cloud.bucket.objects.clear()
    assert "PayloadGone" == aws.outcome(FEEDS, read)["errorType"]


@pytest.mark.parametrize("notes", ["", LARGE], ids=["small", "large"])
def test_a_delivery_of_several_events_is_split(notes: str, aws: Deployment) -> None:
    events = [order(f"b1-{len(notes)}", notes=notes), order(f"b2-{len(notes)}")]
    delivery_id = accepted(aws, f"batch-{len(notes)}", "batches", events=events)
    assert "queued" == row(aws, delivery_id).status
    assert {"batchItemFailures": []} == aws.invoke(FEEDS, {"Records": [streamed(item(aws, delivery_id))]})
    ended = row(aws, delivery_id)
    assert "completed" == ended.status, ended
    started, other = json.loads(ended.output or "")["results"]
    assert ["started", "started"] == [each["status"] for each in (started, other)]
    assert ["order-log", "order-review"] == [row(aws, each).workflow for each in started["instances"]]


@pytest.mark.parametrize("function", ["Worker", FEEDS])
def test_every_right_is_used_or_listed(function: str, aws: Deployment, request: pytest.FixtureRequest) -> None:
    check(function, aws, request)
