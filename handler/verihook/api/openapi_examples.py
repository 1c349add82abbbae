"""An example of everything that the API tells, by the name of its schema; ``/v1/openapi.json`` shows them."""

from __future__ import annotations

from typing import Any

from verihook.api.openapi_source_examples import SOURCES

_ID = "order-1042"
_AT = "2026-03-01T12:00:00.000Z"
_ENDED_AT = "2026-03-01T12:00:04.210Z"

_ACCEPTED = {
    "instanceId": _ID,
    "workflow": "order-created",
    "version": 1,
    "status": "queued",
    "createdAt": _AT,
    "startAt": None,
}

_LISTED = {
    **_ACCEPTED,
    "engine": "stepfunctions",
    "status": "completed",
    "held": False,
    "attempt": 1,
    "updatedAt": _ENDED_AT,
    "source": "orders",
    "eventId": "evt-7",
    "eventType": "order.created",
    "tags": ["vip"],
    "metadata": {"customer": "42"},
    "connection": None,
    "callbackUrl": None,
    "error": None,
}

_WAIT = {
    "instanceId": _ID,
    "workflow": "order-approval",
    "name": "approved",
    "since": _AT,
    "until": "2026-03-08T12:00:00.000Z",
    "shows": {"orderId": "1042", "amount": 20},
    "status": "running",
    "held": False,
    "source": "orders",
    "tags": ["vip"],
    "metadata": {"customer": "42"},
}

_WORKFLOW = {
    "name": "order-created",
    "version": 1,
    "status": "active",
    "refusal": None,
    "engine": "stepfunctions",
    "inputSchema": {"type": "object", "properties": {"orderId": {"type": "string"}}, "required": ["orderId"]},
    "publicOutput": False,
    "retentionDays": 30,
    "connections": ["billing-live", "billing-sandbox"],
}

_BY = {"entry": "key", "keyId": "0f2a9c41b7d35e68", "name": "kim"}

_KEY = {
    "id": "0f2a9c41b7d35e68",
    "name": "ci",
    "status": "active",
    "scopes": ["workflows:execute"],
    "workflows": ["order-*"],
    "createdAt": _AT,
    "expiresAt": "2026-05-30T12:00:00.000Z",
    "lastUsedAt": None,
    "revokedAt": None,
    "replaces": None,
}

_REFUSED = {
    "type": "urn:verihook:error:id-taken",
    "title": "Id taken",
    "status": 409,
    "detail": "The id 'order-1042' is taken.",
    "code": "id-taken",
    "requestId": "5b2f6f3e-4f0c-4f57-9a43-2f6a3a9b8a10",
    "instanceId": _ID,
}

_REJECTION = {
    "source": "orders",
    "reason": "signature-mismatch",
    "count": 3,
    "firstAt": _AT,
    "lastAt": _ENDED_AT,
    "requestId": "5b2f6f3e-4f0c-4f57-9a43-2f6a3a9b8a10",
}

_DELIVERY = {
    "id": "3f1c9a0e5b7d2486f1c9a0e5b7d24863f1c9a0e5",
    "at": _AT,
    "source": "orders",
    "outcome": "accepted",
    "reason": None,
    "detail": None,
    "count": 1,
    "firstAt": _AT,
    "requestId": "5b2f6f3e-4f0c-4f57-9a43-2f6a3a9b8a10",
    "eventId": "evt-7",
    "eventType": "order.created",
    "instanceId": "3f1c9a0e5b7d2486f1c9a0e5b7d24863f1c9a0e5",
    "status": "completed",
    "held": False,
    "startAt": None,
    "error": None,
    "workflow": "order-created",
    "resumed": None,
    "carrier": None,
    "test": False,
}

_COUNT = {"matched": 2, "looked": 2, "complete": True, "lookedTo": _AT, "examples": [_ID, "order-1043"]}

_JOB = {
    "id": "0e5b2c8d4f13a9c2e77",
    "action": "redrive",
    "filter": {
        "workflow": "order-created",
        "status": "failed",
        "source": None,
        "tag": None,
        "metadata": {},
        "since": _AT,
        "until": _ENDED_AT,
    },
    "asNew": False,
    "rate": 20,
    "status": "completed",
    "createdAt": _ENDED_AT,
    "updatedAt": _ENDED_AT,
    "endedAt": _ENDED_AT,
    "count": _COUNT,
    "looked": 2,
    "done": 1,
    "skipped": 0,
    "failed": 1,
    "failures": [{"instanceId": _ID, "code": "not-active", "detail": "Workflow must be active to run."}],
}

_DATA = {"input": {"orderId": "1042"}, "output": {"total": 42}}

EXAMPLES: dict[str, Any] = {
    "JobStart": {"count": _COUNT, "job": _JOB},
    "JobView": _JOB,
    "Jobs": {"jobs": [_JOB], "cursor": None},
    "JobFailures": {
        "failures": [{"instanceId": _ID, "code": "not-active", "detail": "The workflow is not active."}],
        "cursor": None,
    },
    "Accepted": _ACCEPTED,
    "Result": {
        "instanceId": _ID,
        "workflow": "order-created",
        "status": "completed",
        "output": {"total": 42},
        "error": None,
    },
    "Listed": _LISTED,
    "Detail": {**_LISTED, "leasedUntil": None, "replayOf": None, "traceId": None, **_DATA},
    "Instances": {"instances": [_LISTED], "cursor": None, "lookedTo": None},
    "FailureGroups": {
        "failures": [
            {
                "workflow": "order-created",
                "error": "Payment",
                "count": 3,
                "firstAt": _AT,
                "lastAt": _ENDED_AT,
                "last": {**_LISTED, "status": "failed", "error": {"code": "Payment", "message": "declined"}},
                "dismissed": None,
            }
        ],
        "callbacks": [
            {"instanceId": _ID, "workflow": "order-created", "tries": 10, "at": _ENDED_AT, "dismissed": None}
        ],
        "complete": True,
    },
    "BatchResult": {
        "results": [
            {"status": 202, "replayed": False, "instanceStatus": None, "instance": _ACCEPTED, "problem": None},
            {"status": 409, "replayed": False, "instanceStatus": None, "instance": None, "problem": _REFUSED},
        ]
    },
    "Steps": {
        "steps": [
            {
                "name": "Charge",
                "status": "completed",
                "startedAt": _AT,
                "endedAt": _ENDED_AT,
                "input": {"orderId": "1042"},
                "output": {"paid": True},
                "error": None,
            }
        ]
    },
    "Attempts": {
        "attempts": [
            {
                "number": 1,
                "status": "failed",
                "startedAt": _AT,
                "endedAt": _ENDED_AT,
                "error": {"code": "Payment", "message": "The card was declined."},
            }
        ]
    },
    "Dismissed": {"dismissed": {"at": _AT, "by": _BY, "note": "sold out; refunded"}},
    "Entries": {
        "events": [{"name": "approved", "id": "evt-7", "state": "buffered", "at": _AT}],
        "sent": [{"name": "approved", "id": "evt-6", "at": _AT, "by": _BY}],
    },
    "Waits": {"waits": [_WAIT], "cursor": None},
    "WorkflowView": _WORKFLOW,
    "Workflows": {"workflows": [_WORKFLOW]},
    "Definition": {
        **{name: _WORKFLOW[name] for name in ("name", "version", "engine", "inputSchema")},
        "machine": {"StartAt": "Charge", "States": {"Charge": {"Type": "Succeed"}}},
        "why": None,
    },
    **SOURCES,
    "Senders": {
        "senders": [
            {
                "id": "github",
                "title": "GitHub",
                "documentation": "https://docs.github.com/en/webhooks",
                "evidence": "official-vector",
            }
        ]
    },
    "Rejections": {"rejections": [_REJECTION]},
    "Deliveries": {"deliveries": [_DELIVERY], "cursor": None},
    "Forgotten": {
        "instances": ["3f1c9a0e5b7d2486f1c9a0e5b7d24863f1c9a0e5"],
        "samples": 1,
        "captured": 0,
        "notDeleted": ["the log, which has the event's id for as long as its log group keeps it"],
    },
    "CaptureWindow": {"source": "orders", "until": _ENDED_AT, "samples": 20, "reasons": ["signature-mismatch"]},
    "Lookup": {"found": [{"by": "event", "instance": _LISTED, "delivery": _DELIVERY, "deletedAt": None}]},
    "DeliveryDetail": {
        **_DELIVERY,
        "signed": {"how": "HMAC-SHA256 of {body} as hex in X-Signature", "parts": [{"part": "{body}", "bytes": 28}]},
        "meaning": None,
        "path": "/hooks/orders",
        "verifiedBy": "current",
        "headers": [{"name": "content-type", "value": "application/json"}],
        "headerNames": ["content-type"],
        "contentType": "application/json",
        "agent": None,
        "body": {
            "length": 28,
            "sha256": "b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c",
            "kept": True,
        },
        "keptUntil": "2026-03-15T12:00:00.000Z",
        "replayOf": None,
        "traceId": None,
        "events": None,
    },
    "KeyView": {**_KEY, "status": "revoked", "revokedAt": _ENDED_AT},
    "KeyShown": {**_KEY, "secret": "vhk_..."},
    "Keys": {"keys": [_KEY]},
    "OwnKey": {"entry": "key", "scopes": _KEY["scopes"], "workflows": _KEY["workflows"], "key": _KEY},
    "Health": {"status": "ok", "ledger": "ok", "engines": {"stepfunctions": "ok"}},
    "Delivered": {"instanceId": "whk_3f1c7d20b2a94e58", "status": "running", "duplicate": False},
    "Ignored": {"ignored": "order.viewed"},
    "Standing": {
        "instanceId": _ID,
        "workflow": "order-created",
        "status": "running",
        "createdAt": _AT,
        "updatedAt": _AT,
    },
    "Service": {"service": "verihook", "status": "running"},
}
