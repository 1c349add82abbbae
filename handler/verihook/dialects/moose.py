"""Moose (moosestack): trigger, terminate, history, at ``/workflows`` and ``/admin/workflows``.

The older path is open if the deployment is, the newer one always asks for a key, as the product does.
https://docs.fiveonefour.com/moosestack/workflows/trigger-workflow
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Annotated, Any

from fastapi import Query as Parameter
from fastapi import Request, Response
from fastapi.responses import PlainTextResponse

from verihook import instances
from verihook.api.access import Identity
from verihook.api.routes import Caller, Guarded, Routes
from verihook.dialects import calling
from verihook.dialects.grammar import answer, headers_of, in_one
from verihook.dialects.statuses import Words, meant
from verihook.errors import (
    BodyTooLarge,
    Conflict,
    EventMalformed,
    Forbidden,
    InputInvalid,
    InstanceNotFound,
    MethodNotAllowed,
    NotSupported,
    PathNotFound,
    RateLimited,
    Unauthenticated,
    Unavailable,
    VerihookError,
)
from verihook.instances import StartRequest
from verihook.model.instance import INSTANCE_ID, Instance, iso
from verihook.model.listing import Query
from verihook.model.loopback import LOOPBACK_NAMES
from verihook.model.ports import Services
from verihook.request import json_text

ROUTES: Routes = {
    "POST /workflows/{name}/trigger": "workflows:execute",
    "POST /workflows/{workflow_id}/terminate": "instances:manage",
    "GET /workflows/history": "instances:read",
    "POST /admin/workflows/{name}/trigger": "workflows:execute",
    "POST /admin/workflows/{workflow_id}/terminate": "instances:manage",
    "GET /admin/workflows/history": "instances:read",
}

#: Our statuses -> Moose's words for them, without their long prefix.
WORDS: Words = {
    "queued": "RUNNING",
    "running": "RUNNING",
    "suspended": "RUNNING",
    "completed": "COMPLETED",
    "failed": "FAILED",
    "timed_out": "TIMED_OUT",
    "terminated": "TERMINATED",
}

UNAUTHORIZED = "Unauthorized: Invalid or missing token"

#: Where an instance is shown: whether there is a console -> the path.
SHOWN = {True: "console/instances/{id}", False: "v1/instances/{id}"}

_HEADLINES = {"trigger": "Failed to start workflow", "terminate": "Failed to terminate workflow"}

#: These keep their own status; everything else that is refused is a 400 in Moose.
_OWN_STATUS = (BodyTooLarge, Forbidden, MethodNotAllowed, NotSupported, RateLimited, PathNotFound, Unavailable)

_RUN = uuid.UUID("6b1ab1f4-5c0c-5b0e-9f0a-6d6f6f736521")


def add_routes(routes: Guarded, services: Services, _: float) -> None:
    """The routes at both places."""

    async def trigger(name: str, request: Request, caller: Caller) -> Response:
        _check_token(request, caller)
        text = await calling.read_text(request)
        content = calling.parse_body(text)
        id = workflow_id(name, json_text(content) if text.strip() else None)
        asked = StartRequest(name, content, id=id, on_conflict="replace")
        submitted = (await calling.start(asked, request, caller, services)).submitted
        return answer(_triggered(submitted.instance, request, SHOWN[services.policy.console]))

    async def terminate(workflow_id: str, request: Request, caller: Caller) -> Response:
        _check_token(request, caller)
        await calling.find_instance(workflow_id, "instances:manage", caller, services)
        await calling.in_thread(instances.terminate, workflow_id, services)
        return answer({"status": "terminated", "message": f"'{workflow_id}' terminated successfully\n"})

    async def history(
        request: Request,
        caller: Caller,
        status: str = "",
        limit: Annotated[int, Parameter(ge=1)] = 10,
    ) -> Response:
        _check_token(request, caller)
        # Another word than these three is as good as none.
        wanted = meant(WORDS, status.upper()) if status.lower() in ("running", "completed", "failed") else ()
        queries = [Query(status=each) for each in wanted] or [Query()]
        page = await calling.list_page(queries, min(limit, 1000), None, caller, services)
        return answer([_row(instance, services.clock.now_ms()) for instance in page.instances])

    for prefix in ("", "/admin"):
        routes.add_api_route(f"{prefix}/workflows/history", history, methods=["GET"])
        routes.add_api_route(f"{prefix}/workflows/{{name}}/trigger", trigger, methods=["POST"])
        routes.add_api_route(f"{prefix}/workflows/{{workflow_id}}/terminate", terminate, methods=["POST"])


def workflow_id(name: str, text: str | None) -> str:
    """The id of a start of ``name`` with this input, compact JSON: the same input has the same id.

    ``name`` alone without an input, else ``name-`` and 16 hex digits of the input's SHA-256. A name that leaves no
    room in an instance id is cut, and then goes into the digest.
    """
    id = name if text is None else f"{name}-{_digest(text)}"
    return id if INSTANCE_ID.fullmatch(id) else f"{name[:47]}-{_digest(f'{name} {text or str()}')}"


def run_id(instance: Instance) -> str:
    """One for each attempt, always the same."""
    return str(uuid.uuid5(_RUN, f"{instance.id}.{instance.attempt}"))


def render(request: Request, error: VerihookError, _: Services) -> Response:
    """``{"error", "details"}``; 401 is plain text."""
    if isinstance(error, Unauthenticated):
        return PlainTextResponse(UNAUTHORIZED, 401, headers_of(error))
    subject, verb = request.url.path.split("/")[-2:]
    headline, details = _HEADLINES.get(verb, "Failed to retrieve workflow list"), str(error)
    if isinstance(error, EventMalformed) and verb == "trigger":
        headline = "Invalid JSON body"
    elif isinstance(error, Conflict | InstanceNotFound) and verb == "terminate":
        details = f"Workflow '{subject}' has already completed\n"
    elif isinstance(error, InputInvalid):
        details = in_one(error)
    status = error.status if isinstance(error, _OWN_STATUS) or error.status >= 500 else 400
    return answer({"error": headline, "details": details}, status, headers_of(error))


def _check_token(request: Request, caller: Identity) -> None:
    """Raise Unauthenticated for a caller without a key below /admin, even on an open machine."""
    if request.url.path.startswith("/admin/") and caller.key is None:
        raise Unauthenticated("Send an API key: Authorization: Bearer vhk_...")


def _triggered(instance: Instance, request: Request, shown: str) -> dict[str, Any]:
    content = {"workflowId": instance.id, "runId": run_id(instance)}
    if request.url.hostname in LOOPBACK_NAMES and "aws.event" not in request.scope:
        content["dashboardUrl"] = str(request.base_url) + shown.format(id=instance.id)
    return content


def _row(instance: Instance, now_ms: int) -> dict[str, Any]:
    ended = instance.updated_at if instance.final else now_ms
    return {
        "name": instance.id,
        "run_id": run_id(instance),
        "status": f"WORKFLOW_EXECUTION_STATUS_{WORDS[instance.status]}",
        "started_at": iso(instance.created_at),
        "duration": f"{max(ended - instance.created_at, 0) / 1000:.3f}s",
    }


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
