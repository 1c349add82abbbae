"""What an operation can answer besides what it is for, as OpenAPI tells it: problems, and the headers with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verihook.errors import (
    BodyTooLarge,
    Conflict,
    DeliveryNotFound,
    Duplicate,
    EventMalformed,
    Forbidden,
    HandshakeRefused,
    IdempotencyMismatch,
    IdTaken,
    InputInvalid,
    InstanceNotFound,
    JobNotFound,
    KeyNotFound,
    LedgerUnavailable,
    MethodNotAllowed,
    NotSupported,
    RateLimited,
    RequestInvalid,
    SignatureError,
    SourceNotFound,
    Unauthenticated,
    UnsupportedMediaType,
    VerihookError,
    WorkflowNotFound,
)
from verihook.request import problem
from verihook.strict_json import parse_json

Responses = dict[int | str, dict[str, Any]]

_REQUEST = "5b2f6f3e-4f0c-4f57-9a43-2f6a3a9b8a10"

_VIOLATION: dict[str, object] = {
    "path": ["quantity"],
    "pointer": "/quantity",
    "message": "'x' is not of type 'integer'",
}

#: One of each that can come, with words that it comes with.
_EXAMPLES: tuple[VerihookError, ...] = (
    RequestInvalid("delay: write seconds, or such as 90s, 15m, 2h, 7d."),
    EventMalformed("The body is not JSON."),
    Unauthenticated("Send an API key: Authorization: Bearer vhk_..., x-api-key or dapr-api-token."),
    SignatureError("signature-mismatch"),
    Forbidden("The API key lacks the scope instances:manage."),
    HandshakeRefused("This source is not pairing."),
    InstanceNotFound("There is no instance with this id."),
    DeliveryNotFound("There is no delivery with this id."),
    WorkflowNotFound("There is no workflow 'order-create'."),
    KeyNotFound("There is no API key with this id."),
    JobNotFound("There is no job with this id."),
    SourceNotFound("No source is configured at this path."),
    MethodNotAllowed("This path does not take the method.", allow="GET, HEAD, POST"),
    Conflict("The instance is completed already.", instance_id="order-1042"),
    IdTaken("order-1042"),
    Duplicate("This event was delivered before."),
    BodyTooLarge("The body is larger than 6291456 bytes."),
    UnsupportedMediaType("Content-Type 'text/plain': send application/json."),
    InputInvalid("The input is not valid.", violations=[_VIOLATION]),
    IdempotencyMismatch("This idempotency key was used before, for another request: give a new one."),
    RateLimited("More than 500 starts a minute: try again in 1 s.", limit=500, retry_after=1),
    NotSupported("The engine of this workflow cannot do this."),
    LedgerUnavailable("The ledger did not answer."),
)

#: What each status of the API means, and the errors that have it.
_MEANINGS: dict[int, tuple[str, tuple[type[VerihookError], ...]]] = {
    400: ("The request cannot be understood, or this engine or workflow will not start it", (RequestInvalid,)),
    401: ("No API key, or one that is not valid", (Unauthenticated,)),
    403: ("The API key may not do this, or not with this workflow", (Forbidden,)),
    404: ("There is no such thing, or it is none that the API key may see", (InstanceNotFound,)),
    405: ("This path does not take the method", (MethodNotAllowed,)),
    409: ("The id is taken, or the status does not allow it", (Conflict, IdTaken)),
    413: ("The body is too large", (BodyTooLarge,)),
    415: ("The body is not JSON", (UnsupportedMediaType,)),
    422: (
        "The content is not valid, with every violation; or the idempotency key was used for another request",
        (InputInvalid, IdempotencyMismatch),
    ),
    429: ("Too many starts; Retry-After says when to come again", (RateLimited,)),
    501: ("The engine of this workflow cannot do this, or this machine cannot run the workflow", (NotSupported,)),
    503: ("Ledger, engine or store cannot be reached; try again", (LedgerUnavailable,)),
}


def headers(**described: str) -> dict[str, Any]:
    """Headers of a response, by name with ``_`` for ``-``: what each says."""
    return {
        name.replace("_", "-"): {"description": text, "schema": {"type": "string"}} for name, text in described.items()
    }


#: How a caller stands who has a limit.
LIMITED = headers(
    RateLimit_Policy='how many starts a minute the caller has: `"starts";q=500;w=60`',
    RateLimit='how many remain, and in how many seconds there are more: `"starts";r=0;t=7`; if that is known',
)

_HEADERS = {
    401: headers(WWW_Authenticate="Bearer, and what is wrong with the key"),
    403: headers(WWW_Authenticate="Bearer, and that the scope is lacking"),
    405: headers(Allow="the methods that it takes"),
    429: headers(Retry_After="in seconds") | LIMITED,
    503: headers(Retry_After="in seconds"),
}

_TEXTS = {"type": {"type": "string"}, "title": {"type": "string"}, "detail": {"type": "string"}}

_A_VIOLATION = {
    "type": "object",
    "required": ["path", "pointer", "message"],
    "properties": {
        "path": {"type": "array", "items": {"type": ["string", "integer"]}},
        "pointer": {"type": "string", "description": "a JSON Pointer, RFC 6901"},
        "message": {"type": "string"},
    },
}

#: The schema of a problem; ``components.schemas.Problem`` of the OpenAPI document.
PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "required": ["type", "title", "status", "detail", "code", "requestId"],
    "properties": {
        **_TEXTS,
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "what programs go by"},
        "requestId": {"type": "string"},
        "violations": {"type": "array", "items": _A_VIOLATION},
        "instanceId": {"type": "string", "description": "of a conflict: whose"},
    },
}

#: What any guarded route can answer.
_ALWAYS = (400, 401, 403, 405, 422, 503)


def problems(*statuses: int, missing: type[VerihookError] = InstanceNotFound) -> Responses:
    """The ``responses`` of a guarded route that can also answer these. ``missing``: what a 404 says is not there."""
    described = {status: _MEANINGS[status] for status in sorted({*_ALWAYS, *statuses})}
    return {
        status: problem_of(status, meaning, *((missing,) if status == 404 else kinds))
        for status, (meaning, kinds) in described.items()
    }


def problem_of(status: int, meaning: str, *kinds: type[VerihookError]) -> dict[str, Any]:
    """One response that is a problem of any of these kinds."""
    examples = {kind.code: {"value": _example(kind)} for kind in kinds}
    content = {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}
    described: dict[str, Any] = {"description": meaning, "content": {"application/problem+json": content}}
    return {**described, "headers": _HEADERS[status]} if status in _HEADERS else described


def _example(kind: type[VerihookError]) -> Mapping[str, Any]:
    error = next(each for each in _EXAMPLES if type(each) is kind)
    content: dict[str, Any] = parse_json(problem(error, _REQUEST).body.decode(), "The problem")
    owner = getattr(error, "instance_id", None)
    return content if owner is None else {**content, "instanceId": owner}
