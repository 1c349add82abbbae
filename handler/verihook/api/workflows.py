"""Workflows: what can be started."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response

from verihook.api import rendering
from verihook.api.access import Access
from verihook.api.openapi_models import Workflows, WorkflowView
from verihook.api.openapi_problems import problems
from verihook.api.routes import NATIVE, Caller, Guarded
from verihook.errors import WorkflowNotFound
from verihook.model.ports import Services
from verihook.model.workflow import Workflow


def workflows(services: Services, access: Access) -> Guarded:
    """The routes."""
    router = Guarded(access, NATIVE, prefix="/v1/workflows", tags=["workflows"])

    @router.get(
        "",
        operation_id="listWorkflows",
        summary="List workflows",
        responses={200: {"model": Workflows}, **problems()},
    )
    async def listed(request: Request, caller: Caller) -> Response:
        """Those that the API key may have to do with."""
        rendering.only(request)
        shown = [services.workflows[name] for name in sorted(services.workflows) if caller.covers(name)]
        return rendering.told(200, {"workflows": [_told(each) for each in shown]})

    @router.get(
        "/{workflow}",
        operation_id="getWorkflow",
        summary="A workflow",
        responses={200: {"model": WorkflowView}, **problems(404, missing=WorkflowNotFound)},
    )
    async def one(workflow: rendering.WorkflowName, request: Request, caller: Caller) -> Response:
        """Its status, version, engine and input schema."""
        rendering.only(request)
        caller.require("workflows:read", workflow)
        found = services.workflows.get(workflow)
        if found is None:
            raise WorkflowNotFound(f"There is no workflow {workflow[:63]!r}.")
        return rendering.told(200, _told(found))

    return router


def _told(workflow: Workflow) -> dict[str, Any]:
    return {
        "name": workflow.name,
        "version": workflow.version,
        "status": workflow.status,
        "engine": workflow.engine,
        "inputSchema": workflow.input_schema,
        "publicOutput": workflow.public_output,
        "retentionDays": workflow.retention_days,
        "connections": list(workflow.connections),
    }
