"""What Lambda gets of queues, topics and buses, as AWS writes it."""

from __future__ import annotations

import json
from typing import Any

QUEUE = "arn:aws:sqs:eu-central-1:123456789012:orders"
TOPIC = "arn:aws:sns:eu-central-1:123456789012:orders"

CLOUD = {"specversion": "1.0", "id": "c1", "source": "/shop", "type": "order.placed", "data": {"n": 7}}


def queued(*bodies: object, arn: str = QUEUE, group: str = "", first: int = 1) -> dict[str, Any]:
    """A batch of SQS as Lambda gets it; a body that is no text is made JSON."""
    return {
        "Records": [
            {
                "messageId": f"m{number}",
                "receiptHandle": "handle",
                "body": body if isinstance(body, str) else json.dumps(body),
                "attributes": {"ApproximateReceiveCount": "1"} | ({"MessageGroupId": group} if group else {}),
                "messageAttributes": {},
                "eventSource": "aws:sqs",
                "eventSourceARN": arn,
                "awsRegion": "eu-central-1",
            }
            for number, body in enumerate(bodies, first)
        ]
    }


def notified(message: str, topic: str = TOPIC, **more: Any) -> dict[str, Any]:
    """A notification of SNS as Lambda gets it."""
    sns = {"Type": "Notification", "MessageId": "s1", "TopicArn": topic, "Subject": None, "Message": message, **more}
    return {"Records": [{"EventSource": "aws:sns", "EventVersion": "1.0", "Sns": sns}]}


def event_of_a_bus(detail: object) -> dict[str, Any]:
    return {
        "version": "0",
        "id": "b1",
        "detail-type": "order.placed",
        "source": "shop",
        "account": "123456789012",
        "time": "2026-11-21T12:00:00Z",
        "region": "eu-central-1",
        "resources": [],
        "detail": detail,
    }
