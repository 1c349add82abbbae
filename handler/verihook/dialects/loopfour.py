"""LoopFour ("API triggers"): run, runs, cancel, retry, at ``/api/v1``. A run is an instance, and so is its id."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Query as Parameter
from fastapi import Request, Response

from verihook import instances
from verihook.api import admission
from verihook.api.routes import Caller, Guarded, Routes
from verihook.dialects import calling
from verihook.dialects.grammar import answer, field_of, headers_of, invalid_at, place_of
from verihook.dialects.statuses import Words, meant
from verihook.errors import (
    EventMalformed,
    IdempotencyMismatch,
    InputInvalid,
    InstanceNotFound,
    RateLimited,
    RequestInvalid,
    VerihookError,
    WorkflowNotFound,
)
from verihook.instances import StartRequest, limits
from verihook.instances.limits import Quota
from verihook.model.instance import Instance, Step, iso
from verihook.model.listing import Query
from verihook.model.ports import Services

ROUTES: Routes = {
    "POST /api/v1/workflows/{workflow}/run": "workflows:execute",
    "GET /api/v1/runs": "instances:read",
    "GET /api/v1/runs/{run_id}": "instances:read",
    "POST /api/v1/runs/{run_id}/cancel": "instances:manage",
    "POST /api/v1/runs/{run_id}/retry": "instances:manage",
}

#: Our statuses -> LoopFour's words for them.
WORDS: Words = {
    "queued": "pending",
    "running": "running",
    "suspended": "running",
    "completed": "completed",
    "failed": "failed",
    "timed_out": "failed",
    "terminated": "cancelled",
}

#: The product's codes, by ours. What is in neither is a conflict or a fault.
_CODES: Mapping[str, tuple[int, str]] = {
    "unauthenticated": (401, "UNAUTHORIZED"),
    "forbidden": (403, "FORBIDDEN"),
    "not-found": (404, "NOT_FOUND"),
    "workflow-not-found": (404, "NOT_FOUND"),
    "path-not-found": (404, "NOT_FOUND"),
    "not-active": (400, "INVALID_STATUS"),
    "conflict": (409, "INVALID_STATUS"),
    "id-taken": (409, "INVALID_STATUS"),
    "rate-limited": (429, "RATE_LIMITED"),
    "input-invalid": (400, "VALIDATION_ERROR"),
    "event-malformed": (400, "VALIDATION_ERROR"),
    "request-invalid": (400, "VALIDATION_ERROR"),
    "filter-refused": (400, "VALIDATION_ERROR"),
    "idempotency-mismatch": (400, "VALIDATION_ERROR"),
    "engine-refused": (400, "VALIDATION_ERROR"),
    "body-too-large": (413, "VALIDATION_ERROR"),
    "method-not-allowed": (405, "METHOD_NOT_ALLOWED"),
    "not-supported": (501, "NOT_SUPPORTED"),
}

_FIELDS = {"connection": "connectionId"}


def add_routes(routes: Guarded, services: Services, _: float) -> None:
    """The routes."""

    @routes.post("/api/v1/workflows/{workflow}/run")
    async def run(workflow: str, request: Request, caller: Caller) -> Response:
        asked = _request(workflow, calling.parse_body(await calling.read_text(request)))
        started = await calling.start(asked, request, caller, services)
        ran = _started_run(started.submitted.instance, started.submitted.created)
        return answer(_success(ran), headers=_limits(started.quota, services))

    @routes.get("/api/v1/runs/{run_id}")
    async def one(run_id: str, caller: Caller) -> Response:
        instance = await calling.find_instance(run_id, "instances:read", caller, services)
        return answer(_success(await calling.in_thread(_run_detail, instance, services)))

    @routes.get("/api/v1/runs")
    async def several(
        caller: Caller,
        workflow: Annotated[str | None, Parameter(alias="workflowId")] = None,
        status: str | None = None,
        limit: Annotated[int, Parameter(ge=1, le=100)] = 50,
        cursor: str | None = None,
    ) -> Response:
        queries = [Query(workflow=workflow)]
        if status is not None:
            if not meant(WORDS, status):
                raise invalid_at(["status"], "Expected pending, running, completed, failed or cancelled")
            queries = [Query(workflow=workflow, status=each) for each in meant(WORDS, status)]
        page = await calling.list_page(queries, limit, cursor, caller, services)
        rows = [_run_row(instance) for instance in page.instances]
        return answer({**_success(rows), "meta": {"cursor": page.cursor, "hasMore": page.cursor is not None}})

    _add_controls(routes, services)


def _add_controls(routes: Guarded, services: Services) -> None:
    @routes.post("/api/v1/runs/{run_id}/cancel")
    async def cancel(run_id: str, caller: Caller) -> Response:
        await calling.find_instance(run_id, "instances:manage", caller, services)
        return answer(_success(_run_row(await calling.in_thread(instances.terminate, run_id, services, "cancelled"))))

    @routes.post("/api/v1/runs/{run_id}/retry")
    async def retry(run_id: str, caller: Caller) -> Response:
        await calling.find_instance(run_id, "instances:manage", caller, services)
        instance, quota = await calling.in_thread(admission.redrive, run_id, caller, services)
        return answer(_success(_started_run(instance, created=True)), headers=_limits(quota, services))


def render(_: Request, error: VerihookError, services: Services) -> Response:
    """``{"success": false, "error": {"code", "message"[, "details"]}}``."""
    status, code = _CODES.get(error.code, (error.status, "INTERNAL_ERROR" if error.status == 500 else "UNAVAILABLE"))
    said: dict[str, Any] = {"code": code, "message": _message(error)}
    details = _details(error)
    if details:
        said["details"] = details
    headers = headers_of(error)
    if isinstance(error, RateLimited):
        headers |= limits.x_headers(Quota.spent(error), services.clock.now_ms())
    return answer({"success": False, "error": said}, status, headers)


def _message(error: VerihookError) -> str:
    if isinstance(error, RateLimited):
        return f"Rate limit exceeded. Limit: {error.limit} requests per minute."
    if isinstance(error, InputInvalid):
        return "Input validation failed"
    if isinstance(error, WorkflowNotFound):
        return "Workflow not found"
    return "Run not found" if isinstance(error, InstanceNotFound) else str(error)


def _details(error: VerihookError) -> list[dict[str, object]]:
    """What is wrong, each with its path as a list."""
    if isinstance(error, InputInvalid):
        found = [(place_of(violation), violation["message"]) for violation in error.violations]
        return [{"path": path, "message": "Required" if missing else said} for (path, missing), said in found]
    if isinstance(error, IdempotencyMismatch):
        return [{"path": ["idempotencyKey"], "message": str(error)}]
    if isinstance(error, RequestInvalid):
        field = field_of(error)
        return [{"path": [_FIELDS.get(field, field)], "message": str(error)}]
    return [{"path": [], "message": str(error)}] if isinstance(error, EventMalformed) else []


def _request(workflow: str, body: object) -> StartRequest:
    """Raise InputInvalid for a body of another shape."""
    given = {} if body is None else body
    if not isinstance(given, dict):
        raise invalid_at([], "Expected object")
    content, connection, key = given.get("input", {}), given.get("connectionId"), given.get("idempotencyKey")
    if not isinstance(content, dict):
        raise invalid_at(["input"], "Expected object")
    for name, text in (("connectionId", connection), ("idempotencyKey", key)):
        if not (text is None or (isinstance(text, str) and text)):
            raise invalid_at([name], "Expected string")
    return StartRequest(workflow, content, connection=connection, idempotency_key=key)


def _success(data: object) -> dict[str, object]:
    return {"success": True, "data": data}


def _started_run(instance: Instance, created: bool) -> dict[str, object]:
    """Show a new run as ``pending``, even if it runs by now; show a run that was there before as it stands."""
    return {
        "runId": instance.id,
        "status": "pending" if created else WORDS[instance.status],
        "workflowId": instance.workflow,
        "workflowVersion": instance.version,
    }


def _run_row(instance: Instance) -> dict[str, object]:
    """Return a run without its large members, as a list shows it."""
    ended = instance.updated_at if instance.final else None
    return {
        "id": instance.id,
        "workflowId": instance.workflow,
        "status": WORDS[instance.status],
        "triggerType": "webhook" if instance.source else "api",
        "startedAt": None if instance.status == "queued" else iso(instance.created_at),
        "completedAt": None if ended is None else iso(ended),
        "durationMs": None if ended is None else max(ended - instance.created_at, 0),
        "error": _error(instance),
        "createdAt": iso(instance.created_at),
    }


def _run_detail(instance: Instance, services: Services) -> dict[str, object]:
    return {
        **_run_row(instance),
        "input": instances.input_of(instance, services.payloads),
        "output": instances.output_of(instance, services.payloads),
        "steps": [_step(step) for step in instances.steps(instance.id, services)],
    }


def _step(step: Step) -> dict[str, object]:
    # A history may cut a text short.
    output = None if step.output is None else calling.json_or_text(step.output)
    return {"id": step.name, "status": step.status, "output": output}


def _error(instance: Instance) -> dict[str, str] | None:
    if not instance.final or instance.status == "completed":
        return None
    code = instance.error or instance.status.upper()
    return {"code": code, "message": instance.cause or code}


def _limits(quota: Quota | None, services: Services) -> dict[str, str]:
    return {} if quota is None else limits.x_headers(quota, services.clock.now_ms())
