"""Events as AWS sends them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from tests.deployed.stack import ACCOUNT, REGION
from tests.flows.deployment import SECRET

ITEMS = [{"productId": "a", "quantity": 2, "price": 10}]

#: EventBridge's schedule. https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-run-lambda-schedule.html
TICK = {"version": "0", "source": "aws.events", "detail-type": "Scheduled Event", "detail": {}}


def now_ms() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def http_event(method: str, target: str, body: str = "", headers: dict[str, str] | None = None) -> dict[str, Any]:
    """A request as a function URL hands it over. https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html"""
    path, _, query = target.partition("?")
    http = {"method": method, "path": path, "protocol": "HTTP/1.1", "sourceIp": "192.0.2.1", "userAgent": "test"}
    return {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": path,
        "rawQueryString": query,
        "headers": {"host": "verihook.example", "content-type": "application/json", **(headers or {})},
        "requestContext": {"requestId": "00000000-0000-4000-8000-000000000000", "stage": "$default", "http": http},
        "body": body,
        "isBase64Encoded": False,
    }


def delivery(event_id: str, secret: str = SECRET, source: str = "orders", **members: Any) -> dict[str, Any]:
    """An order, signed as ``sender = "generic"`` has it."""
    order = {"id": event_id, "type": "order.created", "orderId": "ord_1", "items": ITEMS, **members}
    body = json.dumps(order)
    signature = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
    return http_event("POST", f"/hooks/{source}", body, {"x-signature": f"sha256={signature}"})


def eventbridge(source: str, kind: str, detail: dict[str, Any], resources: list[str]) -> dict[str, Any]:
    """https://docs.aws.amazon.com/eventbridge/latest/ref/overview-event-structure.html"""
    return {
        "version": "0",
        "id": "315c1398-40ff-a850-213b-158f73e60175",
        "detail-type": kind,
        "source": source,
        "account": ACCOUNT,
        "time": "2026-11-29T06:00:00Z",
        "region": REGION,
        "resources": resources,
        "detail": detail,
    }


def execution_event(machine: str, name: str, status: str, **more: Any) -> dict[str, Any]:
    """Of an execution ``name`` of the machine with this ARN.

    https://docs.aws.amazon.com/step-functions/latest/dg/eventbridge-integration.html
    """
    execution = f"{machine.replace(':stateMachine:', ':execution:')}:{name}"
    detail = {
        "executionArn": execution,
        "stateMachineArn": machine,
        "name": name,
        "status": status,
        "startDate": now_ms(),
        "stopDate": None if status == "RUNNING" else now_ms(),
        "input": "{}",
        "inputDetails": {"included": True},
        "output": None,
        "outputDetails": None,
        "error": None,
        "cause": None,
        **more,
    }
    return eventbridge("aws.states", "Step Functions Execution Status Change", detail, [execution])


def streamed(row: dict[str, Any], name: str = "INSERT") -> dict[str, Any]:
    """A record of the table's stream. https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html"""
    keys = {"pk": row["pk"], "sk": row["sk"]}
    # What is binary comes as base64.
    image = {
        member: {kind: base64.b64encode(value).decode() if kind == "B" else value for kind, value in typed.items()}
        for member, typed in row.items()
    }
    change = {"Keys": keys, "NewImage": image, "SequenceNumber": "111", "StreamViewType": "NEW_IMAGE"}
    return {"eventID": "1", "eventName": name, "eventSource": "aws:dynamodb", "dynamodb": change}


def sqs(queue: str, *messages: tuple[str, Any]) -> dict[str, Any]:
    """Messages by their ids. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    records = [
        {
            "messageId": id,
            "receiptHandle": "MessageReceiptHandle",
            "body": json.dumps(content),
            "attributes": {"ApproximateReceiveCount": "1", "SentTimestamp": str(now_ms())},
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
            "awsRegion": REGION,
        }
        for id, content in messages
    ]
    return {"Records": records}


def sns(topic: str, id: str, content: Any) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html"""
    arn = f"arn:aws:sns:{REGION}:{ACCOUNT}:{topic}"
    told: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": id,
        "TopicArn": arn,
        "Subject": None,
        "Message": json.dumps(content),
        "Timestamp": "2026-11-29T06:00:00.000Z",
        "MessageAttributes": {},
    }
    record = {"EventVersion": "1.0", "EventSource": "aws:sns", "EventSubscriptionArn": f"{arn}:1", "Sns": told}
    return {"Records": [record]}


def durable_event(function: str, arn: str, name: str, status: str) -> dict[str, Any]:
    """https://docs.aws.amazon.com/lambda/latest/dg/durable-monitoring.html"""
    detail = {
        "durableExecutionArn": arn,
        "durableExecutionName": name,
        "functionArn": f"{function}:1",
        "status": status,
        "startTimestamp": "2026-11-29T06:00:00.000Z",
        **({} if status == "RUNNING" else {"endTimestamp": "2026-11-29T06:00:01.000Z"}),
    }
    return eventbridge("aws.lambda", "Durable Execution Status Change", detail, [arn])
