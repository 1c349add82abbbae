"""The reconciler as built: what no event has told, what was never started, who waits to be called back."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from tests.deployed.emulator import Deployment
from tests.deployed.events import ITEMS, TICK, now_ms
from tests.deployed.rights import check
from tests.deployed.rows import accepted, approval, asked, callback, eventually, ledger, row, started, succeeds
from verihook.adapters.ledgers.dynamodb import DynamoDbDocuments
from verihook.instances import mailboxes
from verihook.model.instance import Instance, execution_name

ORDER = {"orderId": "ord_2", "items": ITEMS}
APPROVAL = {"orderId": "ord_3", "amount": 5}
LARGE = "x" * 300_000


def due(aws: Deployment, instance_id: str, **changes: Any) -> Instance:
    """Make it due, look once, and give what became of it."""
    assert ledger(aws).amend(replace(row(aws, instance_id), due_at=now_ms() - 1, **changes))
    answer = aws.invoke("Reconciler", TICK)
    assert {"repairs", "callbacks", "jobs"} == answer.keys()
    return row(aws, instance_id)


def test_an_end_that_no_event_has_told_is_found(aws: Deployment) -> None:
    instance_id = accepted(aws, "evt_missed")
    succeeds(aws, "OrderCreated", instance_id)
    assert "completed" == due(aws, instance_id).status


@pytest.mark.parametrize("source", ["reviewed", "approved"])
@pytest.mark.parametrize("notes", ["", LARGE], ids=["small", "large"])
def test_what_was_never_started_is(source: str, notes: str, aws: Deployment) -> None:
    instance_id = accepted(aws, f"evt_never_{source}_{len(notes)}", source, amount=5, notes=notes)
    # Another attempt, of which no engine knows.
    assert "running" == due(aws, instance_id, attempt=7).status


@pytest.mark.parametrize(("workflow", "content"), [("order-review", ORDER), ("order-approval", APPROVAL)])
def test_what_is_held_and_runs_is_held_again(
    workflow: str, content: Any, aws: Deployment, authorization: dict[str, str]
) -> None:
    instance_id = started(aws, workflow, authorization, content)
    assert "suspended" == due(aws, instance_id, held=True).status


def test_a_large_output_is_found_told_of_and_missed(
    aws: Deployment, authorization: dict[str, str], lambdas: Any
) -> None:
    # The callback leads nowhere: it is tried all the same.
    more = {"callbackUrl": "https://example.invalid/done", "tags": ["red"]}
    instance_id, arn = approval(aws, authorization, lambdas, **more)
    token = eventually(lambda: callback(lambdas, arn))
    answer = json.dumps({"text": "x" * 200_000}).encode()
    lambdas.send_durable_execution_callback_success(CallbackId=token, Result=answer)
    eventually(lambda: lambdas.get_durable_execution(DurableExecutionArn=arn)["Status"] == "SUCCEEDED")
    assert "completed" == due(aws, instance_id).status
    assert any(instance_id in path for path in aws.cloud.bucket.objects)
    aws.cloud.bucket.objects.clear()
    due(aws, instance_id)


@pytest.mark.parametrize("workflow", ["order-review", "order-approval"])
def test_an_event_that_was_left_on_its_way_is_handed_over(
    workflow: str, aws: Deployment, authorization: dict[str, str], lambdas: Any
) -> None:
    if workflow == "order-approval":
        instance_id, arn = approval(aws, authorization, lambdas)
        token = str(eventually(lambda: callback(lambdas, arn)))
    else:
        instance_id, token = started(aws, workflow, authorization, ORDER), "x" * 64

    def left(box: mailboxes.Mailbox) -> None:
        over = mailboxes.Handover(mailboxes.Wait("approved", token, 1), mailboxes.Event("", "approved", "{}", 1), 1)
        box.handovers.append(over)

    documents = DynamoDbDocuments(aws.cloud.dynamodb, aws.cloud.table)
    mailboxes.edit_mailbox(execution_name(instance_id, 1), documents, now_ms(), left)
    due(aws, instance_id)
    assert not mailboxes.read_mailbox(execution_name(instance_id, 1), documents, now_ms()).handovers


def acted(aws: Deployment, authorization: dict[str, str], action: str, **wanted: str) -> None:
    """Begin a job on the one instance that matches, look once, and see that the job is done."""
    status, begun = asked(aws, "POST", "/v1/jobs", authorization, {"action": action, "filter": wanted})
    assert (202, 1) == (status, begun["count"]["matched"]), begun
    assert 1 == aws.invoke("Reconciler", TICK)["jobs"]["acted"]
    _, job = asked(aws, "GET", f"/v1/jobs/{begun['job']['id']}", authorization)
    assert ("completed", 1, 0) == (job["status"], job["done"], job["failed"]), (job, aws.log("Reconciler"))


def test_a_job_redrives(aws: Deployment, authorization: dict[str, str]) -> None:
    instance_id = started(aws, "order-review", authorization, ORDER, tags=["stopped"])
    assert 2 == asked(aws, "POST", f"/v1/instances/{instance_id}/terminate", authorization)[0] // 100
    acted(aws, authorization, "redrive", tag="stopped", status="terminated")
    assert "running" == row(aws, instance_id).status


def test_a_job_restarts_and_one_deletes_all_that_is_kept(aws: Deployment, authorization: dict[str, str]) -> None:
    instance_id = started(
        aws, "order-approval", authorization, {"orderId": "ord_4", "amount": 5, "notes": LARGE}, tags=["forgotten"]
    )
    acted(aws, authorization, "restart", tag="forgotten")
    assert 2 == row(aws, instance_id).attempt
    assert 2 == asked(aws, "POST", f"/v1/instances/{instance_id}/terminate", authorization)[0] // 100
    acted(aws, authorization, "delete", tag="forgotten")
    assert 404 == asked(aws, "GET", f"/v1/instances/{instance_id}", authorization)[0]
    assert not any(instance_id in path for path in aws.cloud.bucket.objects)


def test_every_right_is_used_or_listed(aws: Deployment, request: pytest.FixtureRequest) -> None:
    check("Reconciler", aws, request)
