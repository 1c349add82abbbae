"""Examples of what the API tells of sources, as :mod:`verihook.api.openapi_examples` has them of all else."""

from __future__ import annotations

from typing import Any

_AT = "2026-03-01T12:00:00.000Z"
_ENDED_AT = "2026-03-01T12:00:04.210Z"
_REQUEST_ID = "5b2f6f3e-4f0c-4f57-9a43-2f6a3a9b8a10"

_SOURCE = {
    "name": "orders",
    "sender": "generic",
    "path": "/hooks/orders",
    "workflow": "order-created",
    "workflows": ["order-created"],
    "types": [],
    "duplicates": "return",
    "changed": "return",
    "replays": None,
    "maxBody": 262_144,
    "startsPerMinute": None,
    "usable": True,
    "secretUntil": None,
}

SOURCES: dict[str, Any] = {
    "Sources": {"sources": [_SOURCE]},
    "SourceDetail": {
        **_SOURCE,
        "url": "https://hooks.example.com/hooks/orders",
        "scheme": "HMAC-SHA256 of {body} as hex in X-Signature",
        "secrets": [{"reference": "env:ORDERS_WEBHOOK_SECRET", "until": None, "ended": False}],
        "previousLastUsedAt": None,
        "lastAcceptedAt": _AT,
        "lastRefused": {"at": _ENDED_AT, "reason": "signature-mismatch", "requestId": _REQUEST_ID},
        "hour": {"accepted": 3, "duplicate": 1, "rejected": 1, "ignored": 0, "atLeast": False},
        "day": {"accepted": 500, "duplicate": 2, "rejected": 1, "ignored": 0, "atLeast": True},
        "behaviour": {
            "title": "Generic HMAC-SHA256",
            "documentation": None,
            "evidence": None,
            "timeoutSeconds": None,
            "retries": None,
            "refusals": None,
        },
        "handshake": None,
        "kinds": ["signed", "tampered", "wrong-secret", "duplicate", "unsigned", "malformed"],
        "confirm": "order-created",
        "example": {
            "body": '{"orderId":"text","id":"example","type":"test.event"}',
            "contentType": "application/json",
            "type": "test.event",
        },
    },
    "TrialResult": {
        "asExpected": True,
        "expected": {"outcome": "rejected", "reasons": ["signature-mismatch"]},
        "got": {
            "outcome": "rejected",
            "reason": "signature-mismatch",
            "meaning": "The signature is well-formed, but does not match these bytes and this source's secrets.",
            "detail": None,
            "status": 401,
            "answer": '{"type":"urn:verihook:error:signature","status":401}',
            "verifiedBy": None,
            "eventId": None,
            "eventType": None,
            "instanceId": None,
            "deliveryId": "rejected:492420:orders:signature-mismatch",
            "requestId": _REQUEST_ID,
            "ms": 2,
        },
        "sent": {"path": "/hooks/orders", "contentType": "application/json", "body": '{"id":"test_4f13a9c2e7"}'},
    },
}
