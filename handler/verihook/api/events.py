"""Events: those raised for an instance, and what is in its mailbox."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Path, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from verihook import instances
from verihook.api import rendering
from verihook.api.access import Access
from verihook.api.admission import visible
from verihook.api.body import json_body
from verihook.api.openapi_models import Entries, Listed
from verihook.api.openapi_problems import problems
from verihook.api.parameters import takes_json
from verihook.api.routes import NATIVE, Caller, Guarded
from verihook.errors import RequestInvalid
from verihook.model.instance import Instance, iso
from verihook.model.ports import Services


def events(services: Services, access: Access) -> Guarded:
    """The routes."""
    router = Guarded(access, NATIVE, prefix="/v1/instances/{instanceId}/events", tags=["events"])
    _raising(router, services)

    @router.get(
        "",
        operation_id="listEvents",
        summary="Events and waits",
        responses={200: {"model": Entries}, **problems(404)},
    )
    async def mailbox(instance_id: rendering.InstanceId, request: Request, caller: Caller) -> Response:
        """Events that nobody took yet, and waits that no event came for."""
        rendering.only(request)

        def entries() -> list[dict[str, object]]:
            visible(instance_id, caller, services)
            found = instances.mailbox(instance_id, services)
            return [{"name": it.name, "id": it.id or None, "state": it.state, "at": iso(it.at)} for it in found]

        return rendering.told(200, {"events": await run_in_threadpool(entries)})

    return router


def _raising(router: Guarded, services: Services) -> None:
    @router.post(
        "/{name}",
        operation_id="raiseEvent",
        status_code=202,
        summary="Raise an event",
        responses={202: {"model": Listed}, **problems(404, 409, 413, 415, 501)},
        openapi_extra=takes_json("what the workflow's wait gets", {"approved": True}),
    )
    async def raise_event(
        instance_id: rendering.InstanceId,
        name: Annotated[str, Path(description="what the workflow waits for", examples=["approved"])],
        request: Request,
        caller: Caller,
        event_id: Annotated[str | None, Header(alias="Event-Id", description="the same again changes nothing")] = None,
        query_id: Annotated[str | None, Query(alias="eventId", description="the same as the header")] = None,
    ) -> Response:
        """It goes to the oldest wait for its name, or is kept until one comes."""
        rendering.only(request, "eventId")
        if event_id is not None and query_id not in (None, event_id):
            raise RequestInvalid("eventId: the header Event-Id has another; give one of them.")
        content = await json_body(request)

        def raised() -> Instance:
            visible(instance_id, caller, services)
            return instances.raise_event(instance_id, name, content, services, event_id or query_id)

        return rendering.told(202, rendering.listed(await run_in_threadpool(raised)))
