"""What is done to an instance: terminate, suspend, resume, restart, redrive, delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool

from verihook import instances
from verihook.api import rendering
from verihook.api.access import Access, Identity
from verihook.api.admission import redrive, restart, visible
from verihook.api.body import json_body
from verihook.api.openapi_models import Listed
from verihook.api.openapi_problems import Responses, problems
from verihook.api.parameters import Suspend, Terminate, read, takes
from verihook.api.routes import NATIVE, Caller, Guarded
from verihook.errors import RequestInvalid
from verihook.instances.limits import Quota
from verihook.model.instance import Instance
from verihook.model.ports import Services

_DONE: Responses = {200: {"model": Listed}, **problems(404, 409, 413, 415, 501)}
_BEGUN: Responses = {200: {"model": Listed}, **problems(404, 409, 413, 415, 429, 501)}


def lifecycle(services: Services, access: Access) -> Guarded:
    """The routes."""
    router = Guarded(access, NATIVE, prefix="/v1/instances/{instanceId}", tags=["instances"])
    _with_words(router, services)
    _without_words(router, services)

    @router.delete(
        "",
        operation_id="deleteInstance",
        status_code=204,
        summary="Delete what is kept of it",
        responses={204: {"description": "Deleted"}, **problems(404, 409)},
    )
    async def delete(
        instance_id: rendering.InstanceId,
        request: Request,
        caller: Caller,
        force: Annotated[bool, Query(description="terminate it first where it runs")] = False,
    ) -> Response:
        """A conflict while it runs, unless forced. Its id stays taken until its retention ends."""
        rendering.only(request, "force")

        def purge() -> None:
            visible(instance_id, caller, services)
            instances.purge(instance_id, services, force)

        await run_in_threadpool(purge)
        return Response(status_code=204)

    return router


def _with_words(router: Guarded, services: Services) -> None:
    @router.post(
        "/terminate",
        operation_id="terminateInstance",
        summary="End it",
        responses=_DONE,
        openapi_extra=takes(Terminate, required=False),
    )
    async def terminate(instance_id: rendering.InstanceId, request: Request, caller: Caller) -> Response:
        """`output` becomes what the instance has for an output. One that has ended is a conflict."""
        rendering.only(request)
        body = read(Terminate, await json_body(request, empty={}))
        options = {"output": body.output} if "output" in body.model_fields_set else {}
        return await _done(instances.terminate, instance_id, caller, services, reason=body.reason, **options)

    @router.post(
        "/suspend",
        operation_id="suspendInstance",
        summary="Start no new step",
        responses=_DONE,
        openapi_extra=takes(Suspend, required=False),
    )
    async def suspend(instance_id: rendering.InstanceId, request: Request, caller: Caller) -> Response:
        """One that is suspended stays so."""
        rendering.only(request)
        body = read(Suspend, await json_body(request, empty={}))
        return await _done(instances.suspend, instance_id, caller, services, reason=body.reason)


def _without_words(router: Guarded, services: Services) -> None:
    @router.post("/resume", operation_id="resumeInstance", summary="Go on with it", responses=_DONE)
    async def resume(instance_id: rendering.InstanceId, request: Request, caller: Caller) -> Response:
        """One that is not suspended is left alone."""
        await _nothing(request)
        return await _done(instances.resume, instance_id, caller, services)

    @router.post(
        "/restart", operation_id="restartInstance", summary="Run it anew, with the same input", responses=_BEGUN
    )
    async def restart_instance(instance_id: rendering.InstanceId, request: Request, caller: Caller) -> Response:
        """A new attempt under the same id; a running one is stopped first. Counts as a start."""
        await _nothing(request)
        return await _run_again(restart, instance_id, caller, services)

    @router.post("/redrive", operation_id="redriveInstance", summary="Go on where it failed", responses=_BEGUN)
    async def redrive_instance(instance_id: rendering.InstanceId, request: Request, caller: Caller) -> Response:
        """Where the engine cannot, a new attempt begins. Counts as a start."""
        await _nothing(request)
        return await _run_again(redrive, instance_id, caller, services)


async def _done(
    operation: Callable[..., Instance], instance_id: str, caller: Caller, services: Services, **options: Any
) -> Response:
    def do() -> Instance:
        visible(instance_id, caller, services)
        return operation(instance_id, services, **options)

    return rendering.told(200, rendering.listed(await run_in_threadpool(do)))


async def _run_again(
    operation: Callable[[str, Identity, Services], tuple[Instance, Quota | None]],
    instance_id: str,
    caller: Caller,
    services: Services,
) -> Response:
    instance, _ = await run_in_threadpool(operation, instance_id, caller, services)
    return rendering.told(200, rendering.listed(instance))


async def _nothing(request: Request) -> None:
    """Raises RequestInvalid for a body that says something: nobody would read it."""
    rendering.only(request)
    if await json_body(request, empty={}) not in ({}, None):
        raise RequestInvalid("This operation takes no body.")
