"""What the table of a deployment holds, and instances to work with."""

from __future__ import annotations

import json
import time
from contextlib import closing
from typing import Any

import boto3
import pytest

from tests.deployed.emulator import DEADLINE, FEEDS, Deployment
from tests.deployed.events import delivery, http_event, now_ms, sqs
from tests.flows.deployment import SECRET
from verihook.adapters.ledgers.dynamodb import DynamoDbLedger
from verihook.model.instance import Instance
from verihook.model.listing import Query


def ledger(aws: Deployment) -> DynamoDbLedger:
    """The deployment's ledger."""
    return DynamoDbLedger(aws.cloud.dynamodb, aws.cloud.table)


def row(aws: Deployment, instance_id: str) -> Instance:
    """The instance as the ledger has it."""
    found = ledger(aws).get(instance_id, now_ms())
    assert found is not None
    return found


def item(aws: Deployment, instance_id: str) -> dict[str, Any]:
    """The same as the table has it."""
    key: dict[str, Any] = {"pk": {"S": f"instance#{instance_id}"}, "sk": {"S": "instance"}}
    return dict(aws.cloud.dynamodb.get_item(TableName=aws.cloud.table, Key=key, ConsistentRead=True)["Item"])


def rows(aws: Deployment) -> int:
    """How many items the table has, without the marks of open waits, which go when a wait is answered."""
    marks: dict[str, Any] = {":w": {"S": "document#instance#waits#"}}
    found = aws.cloud.dynamodb.scan(
        TableName=aws.cloud.table,
        Select="COUNT",
        FilterExpression="not begins_with(pk, :w)",
        ExpressionAttributeValues=marks,
    )
    return int(found["Count"])


def accepted(
    aws: Deployment, event_id: str, source: str = "orders", secret: str = SECRET, face: str = "Receiver", **members: Any
) -> str:
    """The id of an instance that the receiver, or the API, has taken."""
    answer = aws.invoke(face, delivery(event_id, secret, source, **members))
    assert 200 == answer["statusCode"], answer
    return str(json.loads(answer["body"])["instanceId"])


def asked(aws: Deployment, method: str, target: str, authorization: dict[str, str], content: Any = None) -> Any:
    """(status, content) of the API's answer."""
    body = "" if content is None else json.dumps(content)
    answer = aws.invoke("Api", http_event(method, target, body, authorization))
    return answer["statusCode"], json.loads(answer["body"]) if answer.get("body") else None


def started(aws: Deployment, workflow: str, authorization: dict[str, str], content: Any, **more: Any) -> str:
    """The id of an instance that the API has started."""
    status, answer = asked(
        aws, "POST", f"/v1/workflows/{workflow}/instances", authorization, {"input": content, **more}
    )
    assert 202 == status, answer
    return str(answer["instanceId"])


def approval(aws: Deployment, authorization: dict[str, str], lambdas: Any, **more: Any) -> tuple[str, str]:
    """The id and the ARN of a durable execution that waits for an answer."""
    instance_id = started(aws, "order-approval", authorization, {"orderId": "ord_3", "amount": 5}, **more)
    return instance_id, execution_arn(aws, lambdas, instance_id)


def labelled(aws: Deployment, lambdas: Any, order: str, workflow: str) -> str:
    """The id of an instance that waits for the event ``approved``, and has the label of its order."""
    event_id = f"labelled_{order}"
    # A token that the engine does not know: it is asked all the same.
    token = "x" * 64
    if workflow == "order-review":
        instance_id = accepted(aws, event_id, "labelled-review", orderId=order)
    else:
        body = {"id": event_id, "orderId": order, "amount": 5}
        assert {"batchItemFailures": []} == aws.invoke(FEEDS, sqs("labelled", ("m1", body)))
        (found,) = ledger(aws).page(Query(label=("metadata.order", order)), 10, None, now_ms())
        instance_id = found.id
        arn = execution_arn(aws, lambdas, instance_id)
        token = str(eventually(lambda: callback(lambdas, arn)))
    wait = {"execution": instance_id, "name": "approved", "token": token}
    assert aws.invoke(FEEDS, {"await": wait}) is None
    return instance_id


def execution_arn(aws: Deployment, lambdas: Any, instance_id: str) -> str:
    """The ARN of the durable execution of an instance of ``order-approval``."""
    name = aws.stack.name("OrderApproval")
    answer = lambdas.list_durable_executions_by_function(FunctionName=name, DurableExecutionName=instance_id)
    (found,) = answer["DurableExecutions"]
    return str(found["DurableExecutionArn"])


def callback(lambdas: Any, arn: str) -> str | None:
    """The id of the callback that a durable execution waits for; None before it does."""
    events = lambdas.get_durable_execution_history(DurableExecutionArn=arn, IncludeExecutionData=True)["Events"]
    found = [each["CallbackStartedDetails"]["CallbackId"] for each in events if "CallbackStartedDetails" in each]
    return found[0] if found else None


def succeeds(aws: Deployment, machine: str, instance_id: str) -> None:
    """Wait for the end of an execution of this state machine, which has to be a good one."""
    access: Any = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": "us-east-1"}
    execution = f"{aws.stack.arn(machine).replace(':stateMachine:', ':execution:')}:{instance_id}"
    with closing(boto3.client("stepfunctions", endpoint_url=aws.cloud.interpreter.endpoint_url, **access)) as states:
        ended = eventually(
            lambda: (done := states.describe_execution(executionArn=execution))["status"] != "RUNNING" and done
        )
    assert "SUCCEEDED" == ended["status"], ended


def eventually(look: Any) -> Any:
    """What ``look`` gives as soon as it is true."""
    deadline = time.monotonic() + DEADLINE
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() > deadline:
            pytest.fail(f"it did not become true within {DEADLINE:.0f} s: {found}")
        time.sleep(0.05)
