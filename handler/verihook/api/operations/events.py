"""Raise an event for an instance; list its events and waits."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from verihook import instances
from verihook.api import rendering
from verihook.api.admission import visible
from verihook.api.body import json_body
from verihook.api.openapi_models import Entries, Listed
from verihook.api.openapi_problems import problems
from verihook.api.operation import Api, operation
from verihook.api.parameters import InstanceId, takes_json
from verihook.api.routes import Caller
from verihook.errors import RequestInvalid
from verihook.model.instance import Instance, iso


@operation("events", "Events and waits", {200: {"model": Entries}, **problems(404)})
async def list_events(api: Api, instance_id: InstanceId, caller: Caller) -> Response:
    """Events that no wait has taken yet, and waits that no event came for.

    `sent`: who sent the last 50 events of the attempt through the API, and when; so it is known who answered a wait.
    """

    def entries() -> dict[str, object]:
        visible(instance_id, caller, api.services)
        found = instances.mailbox(instance_id, api.services)
        sent = instances.senders_of(instance_id, api.services)
        return {
            "events": [
                {"name": each.name, "id": each.id or None, "state": each.state, "at": iso(each.at)} for each in found
            ],
            "sent": [{"name": each.name, "id": each.id or None, "at": iso(each.at), "by": each.by} for each in sent],
        }

    return rendering.json_response(200, await run_in_threadpool(entries))


@operation(
    "events",
    "Raise an event",
    {202: {"model": Listed}, **problems(404, 409, 413, 415, 501)},
    status_code=202,
    openapi_extra=takes_json("what the workflow's wait gets", {"approved": True}),
)
async def raise_event(
    api: Api,
    instance_id: InstanceId,
    name: Annotated[str, Path(description="what the workflow waits for", examples=["approved"])],
    request: Request,
    caller: Caller,
    event_id: Annotated[
        str | None, Header(alias="Event-Id", description="a second event with this id changes nothing")
    ] = None,
    query_id: Annotated[str | None, Query(alias="eventId", description="the same as the header")] = None,
) -> Response:
    """It goes to the oldest wait for its name, or is kept until one comes."""
    if event_id is not None and query_id not in (None, event_id):
        raise RequestInvalid("eventId: the header Event-Id has another value; give one of the two.")
    content = await json_body(request)

    def raised() -> Instance:
        visible(instance_id, caller, api.services)
        identity = caller.noted
        return instances.raise_event(instance_id, name, content, api.services, event_id or query_id, by=identity)

    return rendering.json_response(202, rendering.listed(await run_in_threadpool(raised)))
