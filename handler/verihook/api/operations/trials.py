"""Try a source: the server sends it a delivery as its sender would, and says what became of it."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import admission, rendering
from verihook.api.asgi import request_id
from verihook.api.body import json_body
from verihook.api.openapi_problems import problems
from verihook.api.openapi_sources import TrialResult
from verihook.api.operation import Api, operation
from verihook.api.operations.captures import SourceName
from verihook.api.parameters import NewTrial, takes_model, validated
from verihook.api.routes import Caller
from verihook.errors import RequestInvalid, SourceNotFound
from verihook.model.source import Source
from verihook.request import Reply
from verihook.webhooks import deliveries
from verihook.webhooks.reasons import meaning_of
from verihook.webhooks.trials import Trial, Tried

#: The most of a body that an answer has, in bytes.
MOST_TOLD = 65_536


@operation(
    "sources",
    "Try it",
    {200: {"model": TrialResult}, **problems(404, 413, 415, 429, 501, missing=SourceNotFound)},
    openapi_extra=takes_model(NewTrial, required=False),
)
async def test_source(api: Api, source: SourceName, request: Request, caller: Caller) -> Response:
    """The server signs a delivery as this source's sender would, or badly on purpose, and sends it its own way.

    `signed` and `duplicate` start a real instance. `expected` is what is to become of it, `got` what did; the record
    of the delivery says that it is a test. No signature and no secret is in any answer. In AWS `confirm` names the
    workflow. Counts as a start.
    """
    wanted = validated(NewTrial, await json_body(request, empty={}))
    found = api.services.sources.get(source)
    if found is None or not caller.covers_source(source, api.services.sources):
        raise SourceNotFound("No source of this name is configured.")
    if not api.local and wanted.confirm != found.workflow:
        raise RequestInvalid(f"confirm: must be {found.workflow!r}, the workflow that this source really starts.")
    body = None if wanted.body is None else wanted.body.encode("utf-8", "surrogatepass")
    trial = Trial(found, wanted.kind, request_id(), body, wanted.type, wanted.content_type)
    tried = await run_in_threadpool(admission.try_source, trial, caller, api.services)
    return rendering.json_response(200, _shown(tried, found))


def _shown(tried: Tried, source: Source) -> dict[str, Any]:
    trace, expected = tried.trace, tried.expected
    return {
        "asExpected": tried.as_expected,
        "expected": {"outcome": expected.outcome, "reasons": list(expected.reasons)},
        "got": {
            "outcome": trace.outcome,
            "reason": trace.reason,
            "meaning": meaning_of(trace.reason),
            "detail": trace.detail,
            "status": tried.reply.status,
            "answer": _text(tried.reply),
            "verifiedBy": trace.verified_by,
            "eventId": trace.event_id,
            "eventType": trace.event_type,
            "instanceId": trace.instance_id if trace.outcome in ("accepted", "duplicate") else None,
            "deliveryId": _delivery_id(tried, source),
            "requestId": trace.request_id,
            "ms": trace.duration_ms,
        },
        "sent": {
            "path": f"/hooks/{source.name}",
            "contentType": tried.content_type,
            "body": tried.body[:MOST_TOLD].decode("utf-8", "replace"),
        },
    }


def _text(reply: Reply) -> str:
    return reply.body[:MOST_TOLD].decode("utf-8", "replace")


def _delivery_id(tried: Tried, source: Source) -> str:
    """Return the id under which the delivery is found: of its instance, or of what it is counted with."""
    trace = tried.trace
    if trace.outcome == "accepted" and trace.instance_id is not None:
        return trace.instance_id
    kind = "rejected" if trace.reason is not None else trace.outcome
    return deliveries.id_of_seen(kind, source.name, trace.reason or "", trace.received_at + trace.duration_ms)
