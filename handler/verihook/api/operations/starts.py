"""Start instances: ``POST …/instances``, and ``PUT …/instances/{id}`` with the input as the body."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool

from verihook import instances
from verihook.api import admission, rendering
from verihook.api.access import Identity
from verihook.api.admission import Started
from verihook.api.body import json_body
from verihook.api.openapi_models import Accepted, Result
from verihook.api.openapi_problems import LIMITED, Responses, headers, problems
from verihook.api.operation import Api, operation
from verihook.api.parameters import KEY, PREFER, InstanceId, Start, WorkflowName, takes_json, takes_model, validated
from verihook.api.routes import Caller
from verihook.api.start_body import idempotency_key, start_request, trace_of
from verihook.api.waiting import preferred_wait, wait_for_end
from verihook.errors import Conflict, InstanceNotFound, WorkflowNotFound
from verihook.instances import StartRequest, limits, payload
from verihook.model.instance import Instance
from verihook.model.ports import Services
from verihook.records import replace
from verihook.request import json_text

_HEADERS = LIMITED | headers(
    Location="where the instance is",
    Idempotent_Replayed="true if the idempotency key was used before",
    Instance_Status="of a replay: the status of the instance now; the body has the one at its acceptance",
    Preference_Applied="the preferences of Prefer that were heeded",
)

_STARTED: Responses = {
    200: {"model": Result, "description": "The instance ended within the wait", "headers": _HEADERS},
    202: {
        "model": Accepted,
        "description": "Durably accepted",
        "headers": _HEADERS | headers(Retry_After="in seconds, when to look again"),
    },
    **problems(404, 409, 413, 415, 429, 501, missing=WorkflowNotFound),
}


@operation(
    "starts",
    "Start an instance",
    _STARTED,
    status_code=202,
    openapi_extra=takes_model(Start, PREFER, KEY, required=False),
)
async def start_instance(api: Api, workflow: WorkflowName, request: Request, caller: Caller) -> Response:
    """A second start with the same idempotency key starts nothing. If the caller hangs up, the instance goes on.

    `onConflict` `restart` needs the scope `instances:manage`, too. A caller without `instances:read` does not wait for
    an instance that another start began: the answer is 202 at once.
    """
    caller.require("workflows:execute", workflow)
    body = validated(Start, await json_body(request, empty={}))
    wanted = start_request(workflow, body, idempotency_key(request), api.services, trace_of(request))
    started = await run_in_threadpool(admission.start, wanted, caller, api.services)
    return await _answer(started, request, caller, api)


@operation(
    "starts",
    "Start an instance under an id",
    _STARTED,
    status_code=202,
    openapi_extra=takes_json("the input", {"orderId": "1042"}, PREFER),
)
async def put_instance(
    api: Api,
    workflow: WorkflowName,
    request: Request,
    caller: Caller,
    instance_id: InstanceId,
    on_conflict: Annotated[Literal["fail", "return", "restart"], Query(alias="onConflict")] = "return",
) -> Response:
    """The body is the input. A repetition changes nothing; another input for the same id is a conflict."""
    caller.require("workflows:execute", workflow)
    content = await json_body(request)
    wanted = StartRequest(workflow, content, id=instance_id, on_conflict=on_conflict, trace=trace_of(request))
    started = await run_in_threadpool(_put, wanted, caller, api.services)
    return await _answer(started, request, caller, api)


def _put(wanted: StartRequest, caller: Identity, services: Services) -> Started:
    started = admission.start(wanted, caller, services)
    instance = started.submitted.instance
    if started.submitted.created or wanted.on_conflict != "return":
        return started
    text = json_text(services.workflows[wanted.workflow].accept(wanted.content))
    if not payload.same_json(instance.input, text, services.payloads):
        raise Conflict(f"The id {instance.id!r} is taken: its instance has another input.", instance_id=instance.id)
    return replace(started, submitted=replace(started.submitted, replayed=True))


async def _answer(started: Started, request: Request, caller: Identity, api: Api) -> Response:
    submitted, services = started.submitted, api.services
    instance = submitted.instance
    wait_s, headers = preferred_wait(request, api.longest_wait_s)
    readable = started.own or caller.may("instances:read", instance.workflow)
    if not readable:
        wait_s, headers = 0, {}
    # A browser shows the page, a program reads the instance.
    shown = "console" if api.console and "text/html" in request.headers.get("accept", "") else "v1"
    headers["location"] = f"/{shown}/instances/{instance.id}"
    if started.quota is not None:
        headers.update(limits.headers(started.quota))
    if submitted.replayed:
        headers |= {"idempotent-replayed": "true"} | ({"instance-status": instance.status} if readable else {})
    end = await _end(instance, wait_s, request, services) if wait_s > 0 else None
    if end is not None:
        return rendering.json_response(200, await run_in_threadpool(rendering.result, end, services), headers)
    headers["retry-after"] = rendering.retry_after(submitted.accepted, services)
    return rendering.json_response(202, rendering.accepted(submitted.accepted), headers)


async def _end(instance: Instance, wait_s: int, request: Request, services: Services) -> Instance | None:
    """Return the instance if it ended within the wait, else None."""
    try:
        instance = await wait_for_end(instance, wait_s, request, services, services.changes)
        # Read once more: the output of an express execution is in the row alone.
        return await run_in_threadpool(instances.get, instance.id, services) if instance.final else None
    except InstanceNotFound:
        # Deleted during the wait; the start was accepted.
        return None
