"""AwaitStep: trigger, runs and control at ``/api/workflows``, and its worker's fetch handler at ``/w/{workflow}``.

https://github.com/awaitstep/awaitstep/tree/main/apps/api/src/routes
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Query as Parameter
from fastapi import Request, Response

from verihook import instances
from verihook.api.routes import Caller, Guarded, Routes
from verihook.dialects import calling
from verihook.dialects.grammar import ShapeInvalid, answer, field_of, headers_of, invalid_at, place_of
from verihook.dialects.statuses import Words
from verihook.errors import (
    EventMalformed,
    Forbidden,
    InputInvalid,
    InstanceNotFound,
    NotActive,
    PathNotFound,
    RequestInvalid,
    Unauthenticated,
    VerihookError,
    WorkflowNotFound,
)
from verihook.instances import StartRequest, api_keys
from verihook.model.instance import Instance, iso
from verihook.model.listing import Query
from verihook.model.ports import Services
from verihook.request import json_text

ROUTES: Routes = {
    "POST /api/workflows/{workflow}/trigger": "workflows:execute",
    "GET /api/workflows/{workflow}/runs": "instances:read",
    "GET /api/workflows/{workflow}/runs/{run_id}": "instances:read",
    "POST /api/workflows/{workflow}/runs/{run_id}/pause": "instances:manage",
    "POST /api/workflows/{workflow}/runs/{run_id}/resume": "instances:manage",
    "POST /api/workflows/{workflow}/runs/{run_id}/terminate": "instances:manage",
    "GET /api/runs": "instances:read",
    "POST /w/{workflow}": "workflows:execute",
    "GET /w/{workflow}": "instances:read",
}

#: Our statuses -> AwaitStep's words for them.
WORDS: Words = {
    "queued": "queued",
    "running": "running",
    "suspended": "paused",
    "completed": "complete",
    "failed": "errored",
    "timed_out": "errored",
    "terminated": "terminated",
}

#: What a body and its ``params`` may have, in bytes.
MAX_BODY = 1024 * 1024
MAX_PARAMS = 100 * 1024

Limit = Annotated[int, Parameter(ge=1, le=100)]


def add_routes(routes: Guarded, services: Services, _: float) -> None:
    """The routes of the API, and those of the worker."""

    @routes.post("/api/workflows/{workflow}/trigger")
    async def trigger(workflow: str, request: Request, caller: Caller) -> Response:
        body = calling.parse_body(await calling.read_text(request, MAX_BODY))
        submitted = (await calling.start(_request(workflow, body), request, caller, services)).submitted
        return answer(_row(submitted.instance), 201, _request_id())

    async def listed(query: Query, limit: int, cursor: str | None, caller: Caller) -> Response:
        page = await calling.list_page([query], limit, cursor, caller, services)
        content = {"data": [_row(instance) for instance in page.instances], "nextCursor": page.cursor}
        return answer(content, headers=_request_id())

    @routes.get("/api/workflows/{workflow}/runs")
    async def of_workflow(workflow: str, caller: Caller, limit: Limit = 50, cursor: str | None = None) -> Response:
        if workflow not in services.workflows:
            raise WorkflowNotFound("There is no such workflow.")
        return await listed(Query(workflow=workflow), limit, cursor, caller)

    @routes.get("/api/runs")
    async def of_all(caller: Caller, limit: Limit = 50, cursor: str | None = None) -> Response:
        return await listed(Query(), limit, cursor, caller)

    @routes.get("/api/workflows/{workflow}/runs/{run_id}")
    async def one(workflow: str, run_id: str, caller: Caller) -> Response:
        instance = await calling.find_instance(run_id, "instances:read", caller, services, workflow)
        output = await calling.in_thread(instances.output_of, instance, services.payloads)
        row = {**_row(instance), "output": None if instance.output is None else json_text(output)}
        return answer(row, headers=_request_id())

    _add_control("pause", instances.suspend, routes, services)
    _add_control("resume", instances.resume, routes, services)
    _add_control("terminate", instances.terminate, routes, services)
    _add_worker(routes, services)


def _add_control(
    verb: str, operation: Callable[[str, Services], Instance], routes: Guarded, services: Services
) -> None:
    """The route that does something to a run."""

    @routes.post(f"/api/workflows/{{workflow}}/runs/{{run_id}}/{verb}")
    async def control(workflow: str, run_id: str, caller: Caller) -> Response:
        await calling.find_instance(run_id, "instances:manage", caller, services, workflow)
        await calling.in_thread(operation, run_id, services)
        return answer({"ok": True}, headers=_request_id())


def _add_worker(routes: Guarded, services: Services) -> None:
    """The fetch handler that the product generates for a workflow."""

    @routes.post("/w/{workflow}")
    async def create(workflow: str, request: Request, caller: Caller) -> Response:
        try:
            content = calling.parse_body(await calling.read_text(request, MAX_BODY))
        except EventMalformed:
            # `request.json().catch(() => undefined)` is what the product generates.
            content = None
        submitted = (await calling.start(StartRequest(workflow, content), request, caller, services)).submitted
        return answer({"instanceId": submitted.instance.id})

    @routes.get("/w/{workflow}")
    async def read(
        workflow: str, caller: Caller, instance_id: Annotated[str, Parameter(alias="instanceId")] = ""
    ) -> Response:
        if not instance_id:
            return Response(status_code=200)
        instance = await calling.find_instance(instance_id, "instances:read", caller, services, workflow)
        output = await calling.in_thread(instances.output_of, instance, services.payloads)
        return answer({"status": WORDS[instance.status], "output": output, "error": _error(instance)})


def render(request: Request, error: VerihookError, _: Services) -> Response:
    """``{"error"[, "details"]}`` of the API, ``{"message"}`` of the worker."""
    if request.url.path.startswith("/w/"):
        words = "Instance not found" if isinstance(error, InstanceNotFound) else str(error)
        return answer({"message": words}, error.status, headers_of(error))
    headers = {**headers_of(error), **_request_id()}
    if isinstance(error, InputInvalid):
        return answer({"error": "Validation failed", "details": _details(error)}, 422, headers)
    if isinstance(error, RequestInvalid) and field_of(error) == "connection":
        return answer({"error": "Connection not found"}, 404, headers)
    if isinstance(error, RequestInvalid):
        details = [{"path": field_of(error), "message": str(error)}]
        return answer({"error": "Validation failed", "details": details}, 422, headers)
    content = {"error": _words(request, error)}
    if error.status == 500:
        content["requestId"] = headers["x-request-id"]
    return answer(content, error.status, headers)


def _words(request: Request, error: VerihookError) -> str:
    if isinstance(error, Unauthenticated):
        return "Invalid API key" if str(error) in (api_keys.REFUSED, api_keys.MISTYPED) else "Unauthorized"
    if isinstance(error, Forbidden):
        return f"API key missing required scope: {'read' if request.method == 'GET' else 'deploy'}"
    if isinstance(error, InstanceNotFound):
        return "Run not found"
    if isinstance(error, WorkflowNotFound | PathNotFound):
        return "Not found"
    return "No version deployed" if isinstance(error, NotActive) else str(error)


def _details(error: InputInvalid) -> list[dict[str, object]]:
    """Each with its path from the body on, dotted."""
    found = [(place_of(violation), violation["message"]) for violation in error.violations]
    inner = [] if isinstance(error, ShapeInvalid) else ["params"]
    return [
        {"path": ".".join(str(part) for part in [*inner, *path]), "message": "Required" if missing else said}
        for (path, missing), said in found
    ]


def _request(workflow: str, body: object) -> StartRequest:
    """Raise InputInvalid for a body of another shape."""
    if not isinstance(body, dict):
        raise invalid_at([], "Expected object")
    connection = body.get("connectionId")
    if not (isinstance(connection, str) and connection):
        raise invalid_at(["connectionId"], "Required" if connection is None else "Expected a string that is not empty")
    content = body.get("params")
    if len(json_text(content).encode()) > MAX_PARAMS:
        raise invalid_at(["params"], f"At most {MAX_PARAMS} bytes")
    return StartRequest(workflow, content, connection=connection)


def _row(instance: Instance) -> dict[str, Any]:
    """Return a run, with the id of its instance. ``output`` and ``error`` are JSON texts; a list has no outputs."""
    error = _error(instance)
    return {
        "id": instance.id,
        "workflowId": instance.workflow,
        "versionId": f"{instance.workflow}-v{instance.version}",
        "connectionId": instance.connection,
        "instanceId": instance.id,
        "status": WORDS[instance.status],
        "output": None,
        "error": None if error is None else json.dumps(error),
        "createdAt": iso(instance.created_at),
        "updatedAt": iso(instance.updated_at),
    }


def _error(instance: Instance) -> dict[str, str] | None:
    if instance.status not in ("failed", "timed_out"):
        return None
    name = instance.error or instance.status.upper()
    return {"name": name, "message": instance.cause or name}


def _request_id() -> dict[str, str]:
    return {"x-request-id": str(uuid.uuid4())}
