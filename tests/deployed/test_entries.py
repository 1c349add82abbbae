"""The function of entries as built: the receiver asks it, it decides, and its role lets it do nothing but log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from tests.deployed.emulator import Deployment, deployed
from tests.deployed.events import delivery
from tests.flows.waiting import wait_until
from tests.forwarding import Answer, Handler, Listener, Request, forward

MORE = """
[sources.decided]
sender = "generic"
secrets = ["env:ORDERS_WEBHOOK_SECRET"]
workflow = "order-log"
entry = "decided_entry:decide"
"""

ENTRY = """
import os

from verihook.authoring import Ignore, Reply


def decide(request):
    return globals()[request.event.content["do"]](request)


def start(request):
    return {"orderId": request.event.id}


def ignore(request):
    return Ignore("only a test")


def told(request):
    try:
        import boto3

        key = {"pk": {"S": "a"}, "sk": {"S": "b"}}
        boto3.client("dynamodb").get_item(TableName=os.environ["VERIHOOK_TABLE"], Key=key)
        seen = "a row"
    except Exception as error:
        seen = str(error)
    return Reply(200, {"variables": dict(os.environ), "headers": dict(request.headers), "seen": seen})


def fail(request):
    raise ValueError("the secret plan")


def leave(request):
    os._exit(1)
"""


class Relay(Listener):
    """The service Lambda: it invokes the function of entries; the rest is of what stands for durable functions."""

    def __init__(self, aws: Deployment) -> None:
        path = f"/functions/{aws.stack.name('Entries')}/invocations"
        behind = aws.cloud.behind["lambda"]

        class Lambda(Handler):
            def serve(self, request: Request) -> Answer:
                if not request.path.endswith(path):
                    return forward(behind, request)
                answer = aws.outcome("Entries", json.loads(request.body))
                raised = isinstance(answer, dict) and "errorMessage" in answer
                return Answer(200, {"x-amz-function-error": "Unhandled"} if raised else {}, json.dumps(answer).encode())

        super().__init__(Lambda)


@pytest.fixture(scope="module")
def aws(dynamodb_local: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    folder = tmp_path_factory.mktemp("entries")
    with (
        deployed(
            dynamodb_local, folder, MORE, files={"workflows/decided_entry.py": ENTRY}, parameters={"WithEntries": "yes"}
        ) as deployment,
        ExitStack() as parts,
    ):
        deployment.cloud.behind["lambda"] = parts.enter_context(Relay(deployment)).url
        # Each is warm, as a cold one may take longer than a sender waits.
        deployment.outcome("Entries", {})
        yield deployment


def deliver(aws: Deployment, do: str, event_id: str) -> tuple[int, Any]:
    """Status and body of the answer; if the entry was not in time, the sender delivers again."""

    def answered() -> tuple[int, Any] | None:
        aws.gateway("Receiver").made.clear()
        answer = aws.outcome("Receiver", delivery(event_id, source="decided", do=do))
        body = json.loads(answer["body"])
        return None if body.get("code") == "entry-timeout" else (answer["statusCode"], body)

    return wait_until(answered, what="the entry was never in time")


def test_the_receiver_asks_and_does_what_is_decided(aws: Deployment) -> None:
    status, content = deliver(aws, "start", "evt_decided")
    assert (200, False) == (status, content["duplicate"]), aws.log("Receiver")
    key = {"pk": {"S": f"instance#{content['instanceId']}"}, "sk": {"S": "instance"}}
    row = aws.cloud.dynamodb.get_item(TableName=aws.cloud.table, Key=key)["Item"]
    assert {"orderId": "evt_decided"} == json.loads(row["input"]["S"])
    assert (200, True) == ((again := deliver(aws, "start", "evt_decided"))[0], again[1]["duplicate"])
    assert (200, {"ignored": "order.created"}) == deliver(aws, "ignore", "evt_ignored")


def test_it_costs_one_call_more_and_a_forged_delivery_none(aws: Deployment) -> None:
    made = aws.gateway("Receiver").made
    # The ledger runs the workflow itself: its start is no call.
    for expected in (["Invoke", "PutItem"], ["Invoke", "PutItem"]):
        assert 200 == deliver(aws, "start", "evt_counted")[0]
        assert expected == [each.operation for each in made]
    made.clear()
    forged = aws.outcome("Receiver", delivery("evt_forged", "guess", "decided", do="start"))
    assert (401, []) == (forged["statusCode"], made)


def test_it_has_no_key_no_secret_and_no_right(aws: Deployment) -> None:
    status, content = deliver(aws, "told", "evt_told")
    assert 200 == status, aws.log("Receiver")
    assert not {"VERIHOOK_INSTANCE_KEY_ARN", "VERIHOOK_SECRETS"} & content["variables"].keys()
    assert "x-signature" not in content["headers"]
    assert "not authorized to perform: dynamodb:GetItem" in content["seen"]
    gateway = aws.gateway("Entries")
    # One a delivery: the sender may have had to send again.
    assert {"the role does not allow dynamodb:GetItem"} == {each.partition(" on ")[0] for each in gateway.refused}
    gateway.refused.clear()
    assert [] == gateway.made
    actions = {action for statement in aws.stack.statements("Entries") for action in statement["Action"]}
    assert {"logs:CreateLogStream", "logs:PutLogEvents"} == actions


def test_a_failure_is_503_and_its_log_has_the_stack(aws: Deployment) -> None:
    status, content = deliver(aws, "fail", "evt_fail")
    assert (503, "entry-failed") == (status, content["code"])
    assert "secret plan" not in json.dumps(content)
    assert "ValueError: the secret plan (decided_entry.py, line" in aws.log("Receiver")
    assert 'raise ValueError("the secret plan")' in aws.log("Entries")
