"""A dialect that no product has."""

from __future__ import annotations

from fastapi import Request, Response

from verihook.api.routes import Caller, Guarded, Routes
from verihook.dialects import calling
from verihook.dialects.grammar import answer, headers_of
from verihook.dialects.statuses import Words
from verihook.errors import VerihookError
from verihook.instances import StartRequest
from verihook.model.ports import Services

ROUTES: Routes = {
    "POST /acme/{workflow}/run": "workflows:execute",
    "GET /acme/{run_id}": "instances:read",
}

WORDS: Words = {
    "queued": "soon",
    "running": "now",
    "suspended": "later",
    "completed": "done",
    "failed": "broken",
    "timed_out": "late",
    "terminated": "stopped",
}


def add_routes(routes: Guarded, services: Services, _: float) -> None:
    """The routes."""

    @routes.post("/acme/{workflow}/run")
    async def run(workflow: str, request: Request, caller: Caller) -> Response:
        asked = StartRequest(workflow, calling.parse_body(await calling.read_text(request)))
        instance = (await calling.start(asked, request, caller, services)).submitted.instance
        return answer({"run": instance.id}, 201)

    @routes.get("/acme/{run_id}")
    async def one(run_id: str, caller: Caller) -> Response:
        instance = await calling.find_instance(run_id, "instances:read", caller, services)
        return answer({"run": instance.id, "is": WORDS[instance.status]})


def render(_request: Request, error: VerihookError, _services: Services) -> Response:
    """``{"sorry"}``."""
    return answer({"sorry": str(error)}, error.status, headers_of(error))
