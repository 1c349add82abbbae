"""Change an instance: terminate, suspend, resume, restart, redrive, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool

from verihook import instances
from verihook.api import admission, rendering
from verihook.api.access import Identity
from verihook.api.body import json_body
from verihook.api.openapi_models import Listed
from verihook.api.openapi_problems import Responses, problems
from verihook.api.operation import Api, operation
from verihook.api.parameters import InstanceId, Suspend, Terminate, takes_model, validated
from verihook.api.routes import Caller
from verihook.errors import RequestInvalid
from verihook.model.instance import Instance

_CHANGED: Responses = {200: {"model": Listed}, **problems(404, 409, 413, 415, 501)}
_STARTED_AGAIN: Responses = {200: {"model": Listed}, **problems(404, 409, 413, 415, 429, 501)}


@operation("instances", "End it", _CHANGED, openapi_extra=takes_model(Terminate, required=False))
async def terminate_instance(api: Api, instance_id: InstanceId, request: Request, caller: Caller) -> Response:
    """`output` becomes the output of the instance. A conflict if the instance has ended."""
    body = validated(Terminate, await json_body(request, empty={}))
    options = {"output": body.output} if "output" in body.model_fields_set else {}
    return await _changed(instances.terminate, instance_id, caller, api, reason=body.reason, **options)


@operation("instances", "Start no new step", _CHANGED, openapi_extra=takes_model(Suspend, required=False))
async def suspend_instance(api: Api, instance_id: InstanceId, request: Request, caller: Caller) -> Response:
    """An instance that is suspended stays suspended."""
    body = validated(Suspend, await json_body(request, empty={}))
    return await _changed(instances.suspend, instance_id, caller, api, reason=body.reason)


@operation("instances", "Go on with it", _CHANGED)
async def resume_instance(api: Api, instance_id: InstanceId, request: Request, caller: Caller) -> Response:
    """An instance that is not suspended is left as it is."""
    await _check_no_body(request)
    return await _changed(instances.resume, instance_id, caller, api)


@operation("instances", "Run it again, with the same input", _STARTED_AGAIN)
async def restart_instance(api: Api, instance_id: InstanceId, request: Request, caller: Caller) -> Response:
    """A new attempt under the same id; a running one is stopped first. Counts as a start."""
    await _check_no_body(request)
    instance, _ = await run_in_threadpool(admission.restart, instance_id, caller, api.services)
    return rendering.json_response(200, rendering.listed(instance))


@operation("instances", "Go on where it failed", _STARTED_AGAIN)
async def redrive_instance(api: Api, instance_id: InstanceId, request: Request, caller: Caller) -> Response:
    """If the engine cannot do this, a new attempt begins. Counts as a start."""
    await _check_no_body(request)
    instance, _ = await run_in_threadpool(admission.redrive, instance_id, caller, api.services)
    return rendering.json_response(200, rendering.listed(instance))


@operation(
    "instances",
    "Delete what is kept of it",
    {204: {"description": "Deleted"}, **problems(404, 409)},
    status_code=204,
)
async def delete_instance(
    api: Api,
    instance_id: InstanceId,
    caller: Caller,
    force: Annotated[bool, Query(description="terminate it first if it runs")] = False,
) -> Response:
    """A conflict while the instance runs, unless `force` is true. Its id stays taken until its retention ends."""

    def purge() -> None:
        admission.visible(instance_id, caller, api.services)
        instances.purge(instance_id, api.services, force)

    await run_in_threadpool(purge)
    return Response(status_code=204)


async def _changed(
    operation: Callable[..., Instance], instance_id: str, caller: Identity, api: Api, **options: Any
) -> Response:
    def change() -> Instance:
        admission.visible(instance_id, caller, api.services)
        return operation(instance_id, api.services, **options)

    return rendering.json_response(200, rendering.listed(await run_in_threadpool(change)))


async def _check_no_body(request: Request) -> None:
    """Raise RequestInvalid for a body with content, which would be ignored."""
    if await json_body(request, empty={}) not in ({}, None):
        raise RequestInvalid("This operation takes no body.")
