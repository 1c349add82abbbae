"""List workflows, and show one."""

from __future__ import annotations

from typing import Any

from fastapi import Response

from verihook.api import rendering
from verihook.api.openapi_models import Workflows, WorkflowView
from verihook.api.openapi_problems import problems
from verihook.api.operation import Api, operation
from verihook.api.parameters import WorkflowName
from verihook.api.routes import Caller
from verihook.errors import WorkflowNotFound
from verihook.model.workflow import Workflow


@operation("workflows", "List workflows", {200: {"model": Workflows}, **problems()})
async def list_workflows(api: Api, caller: Caller) -> Response:
    """The workflows that the API key covers."""
    known = api.services.workflows
    shown = [_content(known[name]) for name in sorted(known) if caller.covers(name)]
    return rendering.json_response(200, {"workflows": shown})


@operation("workflows", "A workflow", {200: {"model": WorkflowView}, **problems(404, missing=WorkflowNotFound)})
async def get_workflow(api: Api, workflow: WorkflowName, caller: Caller) -> Response:
    """Its status, version, engine and input schema."""
    caller.require("workflows:read", workflow)
    found = api.services.workflows.get(workflow)
    if found is None:
        raise WorkflowNotFound(f"There is no workflow {workflow[:63]!r}.")
    return rendering.json_response(200, _content(found))


def _content(workflow: Workflow) -> dict[str, Any]:
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
