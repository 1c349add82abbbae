"""Deliveries: the list, one, the very bytes of its body, a replay; and what is looked up by an id or a label."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import Path, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from verihook.api import admission, rendering
from verihook.api.access import Identity
from verihook.api.asgi import request_id
from verihook.api.body import json_body
from verihook.api.delivery_rendering import detail, shown, signed
from verihook.api.openapi_deliveries import Deliveries, DeliveryDetail, Lookup, Outcome
from verihook.api.openapi_models import Listed
from verihook.api.openapi_problems import problems
from verihook.api.operation import Api, operation
from verihook.api.parameters import Replay, takes_model, validated
from verihook.api.routes import Caller
from verihook.api.times import time_ms
from verihook.errors import DeliveryNotFound
from verihook.model.instance import Instance, iso
from verihook.model.ports import Trace
from verihook.webhooks import deliveries, lookup
from verihook.webhooks.deliveries import Entry, Filters, View

DeliveryId = Annotated[
    str,
    Path(alias="deliveryId", description="as the list has it", examples=["3f1c9a0e5b7d2486f1c9a0e5b7d24863f1c9a0e5"]),
]


_BODY = {"type": "string", "contentEncoding": "binary", "examples": ['{"orderId": "1042"}']}


class Wanted(BaseModel):
    """The query of a list."""

    source: Annotated[str | None, Field(min_length=1, max_length=63, examples=["orders"])] = None
    outcome: Outcome | None = None
    reason: Annotated[str | None, Field(max_length=100, examples=["signature-mismatch"])] = None
    type: Annotated[
        str | None,
        Field(max_length=256, description="of the event, also with a * at the end", examples=["order.*"]),
    ] = None
    since: Annotated[
        str | None, Field(alias="from", description="came then or later", examples=["2026-03-01T00:00:00Z"])
    ] = None
    until: Annotated[str | None, Field(alias="to", description="came before", examples=["2026-04-01T00:00:00Z"])] = None
    cursor: Annotated[str | None, Field(max_length=400, description="of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 50


@operation("deliveries", "List deliveries", {200: {"model": Deliveries}, **problems()})
async def list_deliveries(api: Api, caller: Caller, wanted: Annotated[Wanted, Query()]) -> Response:
    """The newest first: each that was accepted, and those that were not, by outcome, source, reason and hour.

    `reason` and `type` are filters over what a page looks at, so a page may have less than `limit`, and go on.
    """
    filters = Filters(
        wanted.source,
        wanted.outcome,
        wanted.reason,
        wanted.type,
        None if wanted.since is None else time_ms(wanted.since, "from"),
        None if wanted.until is None else time_ms(wanted.until, "to"),
    )

    def look() -> dict[str, Any]:
        found = deliveries.page(filters, wanted.limit, wanted.cursor, _view(caller, api), api.services)
        now = api.services.clock.now_ms()
        rows = [shown(each, now, with_error=_reads(caller, each.instance)) for each in found.entries]
        return {"deliveries": rows, "cursor": found.cursor}

    return rendering.json_response(200, await run_in_threadpool(look))


@operation("deliveries", "A delivery", {200: {"model": DeliveryDetail}, **problems(404)})
async def get_delivery(api: Api, delivery_id: DeliveryId, caller: Caller) -> Response:
    """With what is kept of it: headers by name, the digest of its body, which secret verified it.

    If it carries several events, `events` says what became of each. `error` says why its instance waits or has failed;
    in the words of a workflow, it takes `instances:read`.
    """

    def look() -> dict[str, Any]:
        entry = _find(api, delivery_id, caller)
        whole = detail(entry, api.services.clock.now_ms(), with_error=_reads(caller, entry.instance))
        source = api.services.sources.get(entry.source)
        # What a feed brings is trusted, and has no signature.
        scheme = None if source is None or whole["verifiedBy"] == "feed" else source.sender.scheme
        return whole | {
            "signed": signed(scheme, whole["body"]),
            "events": deliveries.events(entry, api.services.payloads),
        }

    return rendering.json_response(200, await run_in_threadpool(look))


@operation(
    "deliveries",
    "Its body",
    {200: {"content": {"application/octet-stream": {"schema": _BODY}}}, **problems(404)},
    response_class=Response,
)
async def get_delivery_body(api: Api, delivery_id: DeliveryId, caller: Caller) -> Response:
    """The very bytes that came, to be saved: `x-content-type` has the type that they came with.

    Each reading is a line of the log, with the API key that read.
    """

    def look() -> tuple[bytes, str]:
        entry = _find(api, delivery_id, caller)
        content = deliveries.body(entry, api.services.clock.now_ms(), api.services.payloads)
        _note(api, caller, entry, "its body was read")
        return content, deliveries.content_type(entry) or "application/octet-stream"

    content, kind = await run_in_threadpool(look)
    return Response(
        content,
        200,
        {
            # What a stranger sent must not run in a browser that is logged in here.
            "content-type": "application/octet-stream",
            "x-content-type": kind,
            "x-content-type-options": "nosniff",
            "content-disposition": 'attachment; filename="body"',
            "content-security-policy": "default-src 'none'; sandbox",
            "cache-control": "no-store",
        },
    )


@operation(
    "deliveries",
    "Replay it",
    {202: {"model": Listed}, **problems(404, 409, 413, 415, 429)},
    openapi_extra=takes_model(Replay, required=False),
    status_code=202,
)
async def replay_delivery(api: Api, delivery_id: DeliveryId, request: Request, caller: Caller) -> Response:
    """The same input, byte for byte, without a look at signature and time: it was proven when it came.

    A running instance is stopped first, unless it is replayed as a new one. To begin that instance again takes
    `instances:manage`, too. Counts as a start.
    """
    wanted = validated(Replay, await json_body(request, empty={}))

    def again() -> dict[str, Any]:
        entry = _find(api, delivery_id, caller)
        row, _ = admission.replay(entry.id, wanted.as_new, caller, api.services)
        _note(api, caller, entry, f"it was replayed as {row.id}")
        return rendering.listed(row)

    return rendering.json_response(202, await run_in_threadpool(again))


@operation("deliveries", "Look something up", {200: {"model": Lookup}, **problems()})
async def lookup_anything(
    api: Api,
    caller: Caller,
    q: Annotated[str, Query(min_length=1, max_length=300, description="what you have", examples=["evt-7"])],
) -> Response:
    """By the id of an event, an instance or a request, a tag, `KEY=VALUE` of the metadata, or an idempotency key.

    Requests are looked for among the newest deliveries of each source. An event that was only counted is found by its
    id if it was the last of its hour, one that was deleted by `deletedAt`. A key without `instances:read` finds
    deliveries alone.
    """

    def look() -> dict[str, Any]:
        hits = lookup.lookup(q, _view(caller, api), api.services)
        now, reads = api.services.clock.now_ms(), caller.may_anywhere("instances:read")
        found = [_hit(each, now, with_instance=reads) for each in hits]
        return {"found": [each for each in found if each["instance"] or each["delivery"] or each["deletedAt"]]}

    return rendering.json_response(200, await run_in_threadpool(look))


def _reads(caller: Identity, row: Instance | None) -> bool:
    return row is not None and caller.may("instances:read", row.workflow)


def _hit(hit: lookup.Hit, now_ms: int, *, with_instance: bool) -> dict[str, Any]:
    """What was found. ``with_instance``: the caller may read instances, of which some came by no delivery."""
    row, entry = hit.instance, hit.entry
    if entry is None and row is not None and row.source is not None:
        entry = deliveries.accepted(row)
    return {
        "by": hit.by,
        "instance": rendering.listed(row) if row is not None and with_instance else None,
        "delivery": None if entry is None else shown(entry, now_ms, with_error=with_instance),
        "deletedAt": None if hit.deleted is None else iso(hit.deleted.updated_at),
    }


def _find(api: Api, delivery_id: str, caller: Identity) -> Entry:
    """Raise DeliveryNotFound, also for one that the caller may not see."""
    entry = deliveries.find(delivery_id, api.services)
    if not _sees(caller, api, entry):
        raise DeliveryNotFound("There is no delivery with this id.")
    return entry


def _view(caller: Identity, api: Api) -> View:
    """What the caller may see: nothing of a source that starts no workflow of its key, how many came neither."""
    known = api.services.sources
    covered = [name for name in known if any(map(caller.covers, known[name].reached))] if caller.bound else None
    return View(covered, partial(_sees, caller, api))


def _sees(caller: Identity, api: Api, entry: Entry) -> bool:
    """A key that is bound to workflows sees what came for these alone."""
    if (row := entry.instance) is not None:
        if row.purged and not caller.covers_source(row.source or "", api.services.sources):
            # It is not known any more whose its event was.
            return False
        # Those of other workflows that it resumes or starts are named, too.
        return caller.covers_row(row, api.services.sources)
    return caller.covers_source(entry.source, api.services.sources)


def _note(api: Api, caller: Identity, entry: Entry, what: str) -> None:
    """A line of the log: who has looked at what a sender has sent."""
    by = f"key {caller.key.id}" if caller.key else caller.entry
    row = entry.instance
    trace = Trace(request_id(), api.services.clock.now_ms(), entry.source or None, "opened", status=200)
    if row is not None:
        trace.event_id, trace.event_type, trace.instance_id = row.event_id, row.event_type, row.id
    trace.detail = f"{what} by {by}: {entry.id}"
    api.services.telemetry.delivery(trace)
