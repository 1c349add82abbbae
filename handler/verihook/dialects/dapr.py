"""Dapr's Workflow API, both grammars, at ``/v1.0``, ``/v1.0-beta1`` and ``/v1.0-alpha1``.

The first draft (2022) has ``/workflows/{workflowType}/{instanceId}``, what was built since
``/workflows/{component}/{name or instance id}``. Which one a request speaks is seen in the first segment: the name of a
workflow component is no workflow's.
https://docs.dapr.io/reference/api/workflow_api/
"""

from __future__ import annotations

import uuid
from collections.abc import Awaitable, Callable
from typing import Any

from fastapi import Request, Response

from verihook import __version__, instances
from verihook.api.access import Identity, Scope
from verihook.api.routes import Caller, Guarded, Routes
from verihook.dialects import calling
from verihook.dialects.dapr_requests import content_of, draft_event, is_draft, metadata_of
from verihook.dialects.grammar import answer
from verihook.dialects.statuses import Words
from verihook.errors import Conflict, InstanceNotFound, RequestInvalid
from verihook.instances import StartRequest
from verihook.model.instance import Instance, iso
from verihook.model.ports import Services
from verihook.request import json_text

PREFIXES = ("/v1.0", "/v1.0-beta1", "/v1.0-alpha1")

#: Our statuses -> Dapr's words for them.
WORDS: Words = {
    "queued": "PENDING",
    "running": "RUNNING",
    "suspended": "SUSPENDED",
    "completed": "COMPLETED",
    "failed": "FAILED",
    "timed_out": "FAILED",
    "terminated": "TERMINATED",
}

_PLACE = "/workflows/{kind}/{subject}"

#: What is done at a place, as (method, what follows it): the scope that it needs.
_OPERATIONS: Routes = {
    "POST /start": "workflows:execute",
    "GET ": "instances:read",
    "POST /raiseEvent": "events:send",
    "POST /raiseEvent/{event}": "events:send",
    "POST /pause": "instances:manage",
    "POST /suspend": "instances:manage",
    "POST /resume": "instances:manage",
    "POST /terminate": "instances:manage",
    "POST /purge": "instances:manage",
    "DELETE ": "instances:manage",
}

#: What a client of Dapr asks at its start; the answers say nothing of this deployment.
_OPEN = ("/metadata", "/healthz", "/healthz/outbound")

ROUTES: Routes = {
    **{
        operation.replace(" ", f" {prefix}{_PLACE}", 1): scope
        for prefix in PREFIXES
        for operation, scope in _OPERATIONS.items()
    },
    **{f"GET {prefix}{path}": None for prefix in PREFIXES for path in _OPEN},
}

_Operation = Callable[..., Awaitable[Response]]


def add_routes(routes: Guarded, services: Services, _: float) -> None:
    """The routes of both grammars at the three places."""
    operations = _operations(services)
    for prefix in PREFIXES:
        for operation in _OPERATIONS:
            method, rest = operation.split(" ")
            routes.add_api_route(f"{prefix}{_PLACE}{rest}", operations[operation], methods=[method])
        routes.add_api_route(f"{prefix}/metadata", _metadata(services), methods=["GET"])
        for path in _OPEN[1:]:
            routes.add_api_route(f"{prefix}{path}", _healthy, methods=["GET"])


def _operations(services: Services) -> dict[str, _Operation]:
    async def read(kind: str, subject: str, request: Request, caller: Caller) -> Response:
        instance = await _find(kind, subject, request, caller, services)
        return answer(await calling.in_thread(_state, instance, is_draft(request, services), services))

    async def purge(kind: str, subject: str, request: Request, caller: Caller) -> Response:
        await _find(kind, subject, request, caller, services)
        await calling.in_thread(instances.purge, subject, services)
        return _accepted()

    def change(operation: Callable[[str, Services], Instance]) -> _Operation:
        async def changed(kind: str, subject: str, request: Request, caller: Caller) -> Response:
            instance = await _find(kind, subject, request, caller, services)
            await _unless_ended(operation, instance, services)
            return _accepted()

        return changed

    suspend = change(instances.suspend)
    return {
        "POST /start": _starting(services),
        "GET ": read,
        **_raising(services),
        "POST /pause": suspend,
        "POST /suspend": suspend,
        "POST /resume": change(instances.resume),
        "POST /terminate": _terminating(services),
        "POST /purge": purge,
        "DELETE ": purge,
    }


def _starting(services: Services) -> _Operation:
    async def start(kind: str, subject: str, request: Request, caller: Caller) -> Response:
        content = content_of(request, await calling.read_text(request))
        metadata = metadata_of(request)
        if is_draft(request, services):
            asked = StartRequest(kind, content, id=subject, metadata=metadata)
            submitted = (await calling.start(asked, request, caller, services)).submitted
            # The request's own path, without the verb: the client knows it under this prefix.
            location = request.url.path.removesuffix("/start")
            return answer({"instanceID": submitted.instance.id}, 202, {"location": location})
        id = request.query_params.get("instanceID") or str(uuid.uuid4())
        asked = StartRequest(subject, content, id=id, metadata=metadata, on_conflict="replace")
        try:
            await calling.start(asked, request, caller, services)
        except Conflict as conflict:
            raise await _in_daprs_words(conflict, asked, services) from None
        return answer({"instanceID": id}, 202)

    return start


async def _in_daprs_words(conflict: Conflict, asked: StartRequest, services: Services) -> Conflict:
    """What Dapr says of an id that a running instance has; of what it has not (a purged one, another's) our words."""
    try:
        instance = await calling.in_thread(instances.get, asked.id or "", services)
    except InstanceNotFound:
        return conflict
    if instance.final or instance.workflow != asked.workflow:
        return conflict
    return Conflict(f"an active workflow with ID '{instance.id}' already exists", instance_id=instance.id)


def _raising(services: Services) -> dict[str, _Operation]:
    async def raised(subject: str, name: str, content: object, request: Request, caller: Caller) -> None:
        # A CloudEvent's id makes it one event however often it comes.
        event_id = request.headers.get("ce-id")
        await calling.in_thread(
            instances.raise_event, subject, name, content, services, event_id=event_id, by=caller.noted
        )

    async def named(kind: str, subject: str, event: str, request: Request, caller: Caller) -> Response:
        await _find(kind, subject, request, caller, services, "events:send")
        await raised(subject, event, content_of(request, await calling.read_text(request)), request, caller)
        return answer({}, 202)

    async def unnamed(kind: str, subject: str, request: Request, caller: Caller) -> Response:
        await _find(kind, subject, request, caller, services, "events:send")
        name, content = draft_event(request, content_of(request, await calling.read_text(request)))
        await raised(subject, name, content, request, caller)
        return _accepted()

    return {"POST /raiseEvent": unnamed, "POST /raiseEvent/{event}": named}


def _terminating(services: Services) -> _Operation:
    async def terminate(kind: str, subject: str, request: Request, caller: Caller) -> Response:
        text = await calling.read_text(request)
        draft = is_draft(request, services)
        content = content_of(request, text) if draft else calling.parse_body(text)
        if not draft and text.strip() and not isinstance(content, dict):
            raise RequestInvalid("The body must be empty or a JSON object.")
        instance = await _find(kind, subject, request, caller, services)
        if text.strip() and (draft or services.policy.dapr_terminate_output):
            # One that has ended is a conflict: a 202 would promise to keep this.
            await calling.in_thread(instances.terminate, subject, services, output=content)
        else:
            await _unless_ended(instances.terminate, instance, services)
        return _accepted()

    return terminate


async def _unless_ended(operation: Callable[[str, Services], Instance], instance: Instance, services: Services) -> None:
    """Nothing is left to do with what has ended, be it in the meantime: Dapr says 202 then, too."""
    try:
        if not instance.final:
            await calling.in_thread(operation, instance.id, services)
    except Conflict:
        if not (await calling.in_thread(instances.get, instance.id, services)).final:
            raise


async def _find(
    kind: str, instance_id: str, request: Request, caller: Identity, services: Services, scope: Scope | None = None
) -> Instance:
    """The instance; in the draft's grammar one of the workflow that the path names."""
    needed: Scope = scope or ("instances:read" if request.method == "GET" else "instances:manage")
    workflow = kind if is_draft(request, services) else None
    if workflow is not None and workflow not in services.workflows:
        raise InstanceNotFound("There is no instance with this id.")
    return await calling.find_instance(instance_id, needed, caller, services, workflow)


def _state(instance: Instance, draft: bool, services: Services) -> dict[str, Any]:
    """What Dapr tells of an instance; inputs and outputs are JSON texts. The draft has metadata and the end too."""
    properties = {"dapr.workflow.input": json_text(instances.input_of(instance, services.payloads))}
    if instance.output is not None:
        properties["dapr.workflow.output"] = json_text(instances.output_of(instance, services.payloads))
    if instance.status in ("failed", "timed_out"):
        error = instance.error or instance.status.upper()
        properties["dapr.workflow.failure.error_type"] = error
        properties["dapr.workflow.failure.error_message"] = instance.cause or error
    state: dict[str, Any] = {
        "instanceID": instance.id,
        "workflowName": instance.workflow,
        "createdAt": iso(instance.created_at),
        "lastUpdatedAt": iso(instance.updated_at),
        "runtimeStatus": WORDS[instance.status],
        "properties": properties,
    }
    if draft:
        state["completedAt"] = iso(instance.updated_at) if instance.final else None
        state["metadata"] = dict(instance.metadata)
    return state


def _accepted() -> Response:
    return Response(status_code=202)


def _metadata(services: Services) -> _Operation:
    kind: dict[str, Any] = {"type": "workflow.dapr", "version": "v1", "capabilities": []}
    components = [{"name": name, **kind} for name in services.policy.dapr_components]
    content = {"id": "verihook", "runtimeVersion": __version__, "components": components, "extended": {}}

    async def metadata() -> Response:
        return answer(content)

    return metadata


async def _healthy() -> Response:
    return Response(status_code=204)
