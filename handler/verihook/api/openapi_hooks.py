"""Deliveries and reads of a status, as OpenAPI tells of them.

``verihook.webhooks.receive`` answers, and no framework.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel

from verihook.api.openapi_models import Answer, Failure
from verihook.api.openapi_problems import Responses, headers, problem_of
from verihook.errors import (
    BodyTooLarge,
    Duplicate,
    EventMalformed,
    HandshakeRefused,
    InputInvalid,
    InstanceNotFound,
    LedgerUnavailable,
    MethodNotAllowed,
    RateLimited,
    SignatureError,
    SourceNotFound,
    UnsupportedMediaType,
)
from verihook.model.instance import Status


class DeliveredTo(Answer):
    """What one of several workflows of the source has made of a delivery."""

    workflow: str
    instance_id: str
    status: Status
    duplicate: bool


class Delivered(Answer):
    """An accepted delivery. ``duplicate``: the event was delivered before.

    ``instances``: all that it started, if the source starts several workflows; the other members are of the first.
    """

    instance_id: str
    status: Status
    duplicate: bool
    instances: list[DeliveredTo] | None = None


class Ignored(Answer):
    """An event of a type that the source does not want."""

    ignored: str


class Standing(Answer):
    """How an instance stands, for anyone who knows its id. ``output`` and ``error`` only if the workflow says so."""

    instance_id: str
    workflow: str
    status: Status
    created_at: str
    updated_at: str
    output: Any = None
    error: Failure | None = None


class Service(BaseModel):
    """That the service runs."""

    service: str
    status: Literal["running"]


#: What a delivery and a handshake can both be answered.
_REFUSED: Responses = {
    400: problem_of(400, "A genuine delivery, or a handshake, that cannot be understood", EventMalformed),
    401: problem_of(401, "It could not be verified; the log and GET /v1/rejections tell why", SignatureError),
    403: problem_of(403, "A handshake that this source does not answer", HandshakeRefused),
    405: problem_of(405, "A source takes POST, and GET with instanceId", MethodNotAllowed),
    503: problem_of(503, "Secrets or ledger cannot be reached: deliver again", LedgerUnavailable),
}

_DELIVERED: Responses = {
    200: {
        "description": "Durably accepted, now or before (`duplicate`); or an event that the source does not want; or a "
        "handshake's answer. `status` is that of the instance at this moment: `queued` if its engine has not confirmed "
        "the start. A sender whose `[reply]` says so gets another status, or no body",
        "headers": headers(Location="where the status is, if the event was accepted"),
        "content": {
            "application/json": {
                "schema": {
                    "anyOf": [
                        {"$ref": "#/components/schemas/Delivered"},
                        {"$ref": "#/components/schemas/Ignored"},
                        {"type": "object"},
                    ]
                },
                "examples": {
                    "accepted": {
                        "value": {"instanceId": "whk_3f1c7d20b2a94e58", "status": "running", "duplicate": False}
                    },
                    "ignored": {"value": {"ignored": "order.viewed"}},
                    "handshake": {"value": {"challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"}},
                },
            },
            "text/plain": {"schema": {"type": "string"}, "examples": {"handshake": {"value": "1158201444"}}},
        },
    },
    202: {
        "model": Delivered,
        "description": "The same as 200, if the source's `[reply]` asks for it",
        "headers": headers(Location="where the status is"),
    },
    204: {"description": "The same without a body, for senders that want this"},
    404: problem_of(404, "No source is configured at this path", SourceNotFound),
    409: problem_of(409, "A redelivery, if the source's `duplicates` or `changed` says to reject it", Duplicate),
    413: problem_of(413, "The body is larger than the source's `max_body`", BodyTooLarge),
    415: problem_of(415, "A verified body in a form that cannot be read", UnsupportedMediaType),
    422: problem_of(422, "The event does not satisfy the workflow's schema; every violation", InputInvalid),
    429: problem_of(429, "More starts than `starts_per_minute` of the source", RateLimited),
    **_REFUSED,
}

_STATUS: Responses = {
    304: {"description": "Nothing changed since If-None-Match", "headers": headers(ETag="of the status")},
    404: problem_of(404, "There is no such source, or no instance with this id", InstanceNotFound, SourceNotFound),
    **_REFUSED,
}

_STANDING = {
    "description": "How the instance stands; output and error only if the workflow has `public_output`",
    "headers": headers(ETag="of the status", Retry_After="in seconds; while it has not ended"),
}

_SOURCE = {
    "name": "source",
    "in": "path",
    "required": True,
    "description": "a source of hooks.toml",
    "schema": {"type": "string", "examples": ["orders"]},
}

_BODY = {
    "required": True,
    "description": "as the sender signed it, byte for byte; the signature is where the sender puts it",
    "content": {"*/*": {"schema": {"type": "string"}, "examples": {"order": {"value": '{"orderId": "1042"}'}}}},
}


def _query(required: bool) -> list[dict[str, Any]]:
    schema = {"type": "string", "examples": ["order-1042"]}
    return [
        {"name": "instanceId", "in": "query", "required": required, "description": "whose status", "schema": schema},
        {
            "name": "If-None-Match",
            "in": "header",
            "description": "the ETag of the answer before",
            "schema": {"type": "string", "examples": ['"1-running-1772366400000"']},
        },
    ]


#: Options of routes: what goes to a named source, and to the default one at ``/``.
HOOKS: list[dict[str, Any]] = [
    {
        "path": "/hooks/{source}",
        "methods": ["POST"],
        "operation_id": "deliverWebhook",
        "summary": "Deliver a webhook",
        "description": "The sender's signature is what lets it in: there is no API key. A redelivery gives the same "
        "instance.",
        "responses": _DELIVERED,
        "openapi_extra": {"parameters": [_SOURCE], "requestBody": _BODY},
    },
    {
        "path": "/hooks/{source}",
        "methods": ["GET"],
        "operation_id": "getStatusAtSource",
        "summary": "Status of an instance that the source began",
        "description": "Anyone who knows an id may ask: ids cannot be guessed. Senders that prove a URL by GET are "
        "answered here, too, without `instanceId`.",
        "responses": {200: {"model": Standing, **_STANDING}, **_STATUS},
        "openapi_extra": {"parameters": [_SOURCE, *_query(required=True)]},
    },
    {
        "path": "/",
        "methods": ["POST"],
        "operation_id": "deliverToDefaultSource",
        "summary": "Deliver a webhook to the default source",
        "description": "As at `/hooks/{source}`, to `default_source` of hooks.toml.",
        "responses": _DELIVERED,
        "openapi_extra": {"requestBody": _BODY},
    },
    {
        "path": "/",
        "methods": ["GET"],
        "operation_id": "getStatus",
        "summary": "Status of an instance, or of the service",
        "description": "With `instanceId` how that instance stands; without, that the service runs.",
        "responses": {200: {"model": Standing | Service, **_STANDING}, **_STATUS},
        "openapi_extra": {"parameters": _query(required=False)},
    },
]

#: Schemas that are referred to by name alone.
BESIDES = (Ignored,)
