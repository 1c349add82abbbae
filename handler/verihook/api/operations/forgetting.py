"""Delete what is kept of an event, for requests of privacy."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import rendering
from verihook.api.access import Identity
from verihook.api.asgi import request_id
from verihook.api.openapi_deliveries import Forgotten
from verihook.api.openapi_problems import problems
from verihook.api.operation import Api, operation
from verihook.api.operations.deliveries import DeliveryId
from verihook.api.routes import Caller
from verihook.errors import DeliveryNotFound, InstanceNotFound, SourceNotFound
from verihook.model.ports import Trace
from verihook.webhooks import forgetting

Force = Annotated[bool, Query(description="terminate an instance that runs first")]


@operation("deliveries", "Delete an event", {200: {"model": Forgotten}, **problems(404, 409, missing=SourceNotFound)})
async def delete_event(
    api: Api,
    caller: Caller,
    source: Annotated[str, Query(max_length=63, description="a source of hooks.toml", examples=["orders"])],
    event_id: Annotated[
        str,
        Query(alias="eventId", min_length=1, max_length=300, description="as its sender has it", examples=["evt-7"]),
    ],
    force: Force = False,
) -> Response:
    """Its instances with inputs, outputs and steps, what is kept of its deliveries, and captured requests that name it.

    The ids of the instances stay taken, so that a redelivery starts nothing. The answer says what no call can delete.
    It may be called again, also if nothing is found.
    """

    def forget() -> dict[str, Any]:
        if source not in api.services.sources or not caller.covers_source(source, api.services.sources):
            raise SourceNotFound("No source of this name is configured.")
        gone = forgetting.forget_event(api.services.sources[source], event_id, api.services, force=force)
        return _told(api, caller, source, gone)

    return rendering.json_response(200, await run_in_threadpool(forget))


@operation("deliveries", "Delete the event of a delivery", {200: {"model": Forgotten}, **problems(404, 409)})
async def delete_delivery(api: Api, delivery_id: DeliveryId, caller: Caller, force: Force = False) -> Response:
    """All that is kept of the event that an accepted delivery has brought, as if the event was named."""

    def forget() -> dict[str, Any]:
        row = api.services.ledger.get(delivery_id, api.services.clock.now_ms())
        missing = DeliveryNotFound("There is no delivery with this id that was accepted.")
        if row is None or row.source is None or not caller.covers(row.workflow):
            raise missing
        if caller.bound and not caller.covers_source(row.source, api.services.sources):
            raise missing
        try:
            return _told(api, caller, row.source, forgetting.forget_delivery(row.id, api.services, force=force))
        except InstanceNotFound as error:
            raise missing from error

    return rendering.json_response(200, await run_in_threadpool(forget))


def _told(api: Api, caller: Identity, source: str, gone: forgetting.Forgotten) -> dict[str, Any]:
    """The answer, and a line of the log without the event's id."""
    by = f"key {caller.key.id}" if caller.key else caller.entry
    trace = Trace(request_id(), api.services.clock.now_ms(), source, "deleted", status=200)
    trace.detail = f"an event was deleted by {by}: {', '.join(gone.instances) or 'it had no instance any more'}"
    api.services.telemetry.delivery(trace)
    return {
        "instances": [*gone.instances],
        "samples": gone.samples,
        "captured": gone.captured,
        "notDeleted": [*gone.left],
    }
