"""The receiver as built, with real events: deliveries, statuses, handshakes; every AWS call by its role."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

import pytest

from tests.deployed.emulator import Deployment
from tests.deployed.events import delivery, execution_event, http_event, now_ms
from tests.deployed.rights import check
from tests.deployed.rows import accepted, eventually, labelled, ledger, row, rows
from tests.flows.deployment import VARIABLES
from tests.flows.signing import github, slack
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments

LARGE = "x" * 300_000


def answered(aws: Deployment, event: dict[str, Any]) -> tuple[int, Any]:
    answer = aws.invoke("Receiver", event)
    return answer["statusCode"], json.loads(answer["body"] or "null")


def test_a_delivery_is_taken_once_and_a_forged_one_never(aws: Deployment) -> None:
    before = rows(aws)
    assert 401 == answered(aws, delivery("evt_1", "guess"))[0]
    assert before == rows(aws)

    instance_id = accepted(aws, "evt_1")
    assert before + 1 == rows(aws)
    status, again = answered(aws, delivery("evt_1"))
    assert (200, True, instance_id) == (status, again["duplicate"], again["instanceId"])
    assert before + 1 == rows(aws)

    status, told = answered(aws, http_event("GET", f"/hooks/orders?instanceId={instance_id}"))
    assert (200, instance_id) == (status, told["instanceId"])


def test_a_captured_delivery_under_another_id_is_seen(aws: Deployment) -> None:
    body = json.dumps({"ref": "refs/heads/main", "at": now_ms()})
    ids = []
    for event in ("one", "other"):
        headers = {name.lower(): value for name, value in github(body.encode(), event)}
        status, answer = answered(aws, http_event("POST", "/hooks/github", body, headers))
        assert 200 == status, answer
        ids.append(answer["instanceId"])
    first, second = (row(aws, instance_id) for instance_id in ids)
    assert first.signed == second.signed == sha256(body.encode()).hexdigest()
    documents = DynamoDbDocuments(aws.cloud.dynamodb, aws.cloud.table)
    found = documents.read(f"signed#github#{first.signed}", "instance", now_ms())
    assert found is not None
    assert first.id == found.text


def test_a_handshake_is_answered_without_a_call(aws: Deployment) -> None:
    made = len(aws.gateway("Receiver").made)
    body = json.dumps({"type": "url_verification", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"})
    headers = dict(slack(body.encode()))
    answer = aws.invoke("Receiver", http_event("POST", "/hooks/slack", body, headers))
    assert 200 == answer["statusCode"], answer
    assert "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P" in answer["body"]
    assert made == len(aws.gateway("Receiver").made)


@pytest.mark.parametrize("source", ["logged", "approved"])
def test_other_engines_are_started_too(source: str, aws: Deployment) -> None:
    instance_id = accepted(aws, f"evt_{source}", source, amount=5)
    assert row(aws, instance_id).status in ("queued", "running")


@pytest.mark.parametrize("source", ["reviewed", "approved"])
def test_a_redelivery_may_start_it_anew(source: str, aws: Deployment) -> None:
    first = accepted(aws, f"evt_again_{source}", source, amount=5)
    assert first == accepted(aws, f"evt_again_{source}", source, amount=5)
    assert 2 == row(aws, first).attempt


def test_a_large_delivery_is_kept_apart_of_its_row(aws: Deployment) -> None:
    instance_id = accepted(aws, "evt_large", "logged", notes=LARGE)
    assert any(instance_id in path for path in aws.cloud.bucket.objects)


def test_a_large_output_is_read_and_one_that_is_gone_is_told(aws: Deployment) -> None:
    instance_id = accepted(aws, "evt_large_output")
    details = {"output": json.dumps({"text": LARGE}), "outputDetails": {"included": True}}
    aws.invoke("Recorder", execution_event(aws.stack.arn("OrderCreated"), instance_id, "SUCCEEDED", **details))
    target = http_event("GET", f"/hooks/orders?instanceId={instance_id}")
    status, told = answered(aws, target)
    assert (200, LARGE) == (status, told["output"]["text"])
    aws.cloud.bucket.objects.clear()
    assert 410 == answered(aws, target)[0]


@pytest.mark.parametrize("workflow", ["order-review", "order-approval"])
def test_an_event_goes_to_the_instance_that_waits(workflow: str, aws: Deployment, lambdas: Any) -> None:
    waiting = labelled(aws, lambdas, f"received-{workflow}", workflow)
    source = workflow.replace("order", "pays")
    paid = delivery(f"evt_paid_{workflow}", source=source, orderId=f"received-{workflow}")
    status, told = answered(aws, paid)
    assert (200, [waiting]) == (status, told["resumed"])
    # The calls of the hand-over may not fit into a second here; a redelivery goes on with it.
    eventually(lambda: answered(aws, paid)[1]["status"] == "completed")
    status, told = answered(aws, delivery("evt_early", source=source, orderId="none yet"))
    assert (200, "suspended", []) == (status, told["status"], told["resumed"])


def test_what_an_engine_refuses_fails_at_once(aws: Deployment) -> None:
    instance_id = accepted(aws, "evt_gone", "gone")
    assert "queued" == row(aws, instance_id).status


def test_an_old_secret_is_noted(aws: Deployment) -> None:
    accepted(aws, "evt_old", "rotated", secret=VARIABLES["GITHUB_WEBHOOK_SECRET"])
    (seen,) = ledger(aws).observations("previous-secret", "rotated", 10)
    assert 1 == seen.count


def test_every_right_is_used_or_listed(aws: Deployment, request: pytest.FixtureRequest) -> None:
    check("Receiver", aws, request)
