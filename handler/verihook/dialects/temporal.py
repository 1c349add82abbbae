"""The guide "trigger Temporal workflows via HTTP API": sync, async, status, result, at ``/workflows``."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from fastapi import Request, Response

from verihook import instances
from verihook.api.access import Identity
from verihook.api.routes import Caller, Guarded, Routes
from verihook.api.waiting import wait_for_end
from verihook.dialects import calling
from verihook.dialects.grammar import answer, headers_of, place_of
from verihook.dialects.statuses import Words
from verihook.errors import (
    Conflict,
    EventMalformed,
    InputInvalid,
    InstanceNotFound,
    MethodNotAllowed,
    PathNotFound,
    VerihookError,
)
from verihook.instances import StartRequest
from verihook.model.instance import Instance
from verihook.model.ports import Services

ROUTES: Routes = {
    "POST /workflows/{name}": "workflows:execute",
    "POST /workflows/{name}/async": "workflows:execute",
    "GET /workflows/{workflow_id}/status": "instances:read",
    "GET /workflows/{workflow_id}/result": "instances:read",
}

#: Our statuses -> Temporal's words for them.
WORDS: Words = {
    "queued": "RUNNING",
    "running": "RUNNING",
    "suspended": "PAUSED",
    "completed": "COMPLETED",
    "failed": "FAILED",
    "timed_out": "TIMED_OUT",
    "terminated": "TERMINATED",
}

#: What FastAPI says of these, and so the guide.
_SAID: Mapping[type[VerihookError], str] = {
    Conflict: "Workflow already running",
    InstanceNotFound: "Workflow not found",
    MethodNotAllowed: "Method Not Allowed",
    PathNotFound: "Not Found",
}

_NO_JSON = re.compile(r"(.*) at character ([0-9]+)\.", re.DOTALL)


def add_routes(routes: Guarded, services: Services, longest_wait_s: float) -> None:
    """The routes. After ``longest_wait_s`` an answer is a 202, and the result is to be asked for again."""

    async def started(name: str, request: Request, caller: Identity) -> Instance:
        content = calling.parse_body(await calling.read_text(request))
        asked = StartRequest(name, content, id=fresh_id(name))
        return (await calling.start(asked, request, caller, services)).submitted.instance

    async def at_its_end(instance: Instance, request: Request) -> Instance:
        return await wait_for_end(instance, longest_wait_s, request, services, services.changes)

    @routes.post("/workflows/{name}")
    async def sync(name: str, request: Request, caller: Caller) -> Response:
        instance = await started(name, request, caller)
        # One that is deleted while this waits was started all the same.
        with suppress(InstanceNotFound):
            instance = await at_its_end(instance, request)
        return await _result(instance, services)

    @routes.post("/workflows/{name}/async")
    async def asynchronous(name: str, request: Request, caller: Caller) -> Response:
        instance = await started(name, request, caller)
        return answer({"workflow_id": instance.id, "status": "started", "result": None})

    @routes.get("/workflows/{workflow_id}/status")
    async def status(workflow_id: str, caller: Caller) -> Response:
        instance = await calling.find_instance(workflow_id, "instances:read", caller, services)
        return answer(_status(instance))

    @routes.get("/workflows/{workflow_id}/result")
    async def result(workflow_id: str, request: Request, caller: Caller) -> Response:
        instance = await calling.find_instance(workflow_id, "instances:read", caller, services)
        return await _result(await at_its_end(instance, request), services)


def fresh_id(name: str) -> str:
    """``NAME-workflow-SUFFIX``, which no other start has; a long name is cut to leave room for 24 random digits."""
    return f"{name[:30]}-workflow-{uuid.uuid4().hex[:24]}"


def render(_request: Request, error: VerihookError, _services: Services) -> Response:
    """``{"detail"}``, as FastAPI has it; what is wrong with an input is a list."""
    if isinstance(error, InputInvalid):
        return answer({"detail": [_problem(violation) for violation in error.violations]}, 422)
    if isinstance(error, EventMalformed):
        said = _NO_JSON.fullmatch(str(error))
        words, place = (said[1], [int(said[2])]) if said else (str(error), [])
        problem = {"type": "json_invalid", "loc": ["body", *place], "msg": "JSON decode error", "ctx": {"error": words}}
        return answer({"detail": [problem]}, 422)
    return answer({"detail": _SAID.get(type(error), str(error))}, error.status, headers_of(error))


def _problem(violation: Mapping[str, object]) -> dict[str, object]:
    path, missing = place_of(violation)
    if missing is not None:
        return {"type": "missing", "loc": ["body", *path], "msg": "Field required"}
    return {"type": "value_error", "loc": ["body", *path], "msg": violation["message"]}


async def _result(instance: Instance, services: Services) -> Response:
    """The result; the words of the failure; or 202 if it still runs, to be asked for again."""
    if instance.status == "completed":
        output = await calling.in_thread(instances.output_of, instance, services.payloads)
        return answer({"workflow_id": instance.id, "status": "completed", "result": output})
    if instance.final:
        return answer({"detail": f"Workflow failed: {_failure(instance)}"}, 500)
    content = {"workflow_id": instance.id, "status": WORDS[instance.status].lower(), "result": None}
    return answer(content, 202, {"location": f"/workflows/{instance.id}/result", "retry-after": "1"})


def _failure(instance: Instance) -> str:
    words = [part for part in (instance.error, instance.cause) if part]
    return ": ".join(words) or WORDS[instance.status]


def _status(instance: Instance) -> dict[str, Any]:
    return {
        "workflow_id": instance.id,
        "status": WORDS[instance.status],
        "start_time": _naive(instance.created_at),
        "close_time": _naive(instance.updated_at) if instance.final else None,
    }


def _naive(milliseconds: int) -> str:
    """ISO 8601 to the second, UTC, without a zone, as the guide shows it."""
    return datetime.fromtimestamp(milliseconds // 1000, UTC).replace(tzinfo=None).isoformat()
