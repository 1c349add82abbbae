"""List workflows, and show one."""

from __future__ import annotations

from typing import Any

from fastapi import Response
from starlette.concurrency import run_in_threadpool

from verihook.api import rendering
from verihook.api.openapi_models import Definition, Workflows, WorkflowView
from verihook.api.openapi_problems import problems
from verihook.api.operation import Api, operation
from verihook.api.parameters import WorkflowName
from verihook.api.routes import Caller
from verihook.errors import NotSupported, WorkflowNotFound
from verihook.model.ports import Engine
from verihook.model.workflow import Workflow
from verihook.strict_json import parse_kept


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


@operation("workflows", "Its definition", {200: {"model": Definition}, **problems(404, missing=WorkflowNotFound)})
async def get_definition(api: Api, workflow: WorkflowName, caller: Caller) -> Response:
    """The state machine, in the Amazon States Language, with the schema of the input.

    `machine` is null for a workflow that is code, or whose machine is not deployed; `why` says which.
    """
    caller.require("workflows:read", workflow)
    found = api.services.workflows.get(workflow)
    if found is None:
        raise WorkflowNotFound(f"There is no workflow {workflow[:63]!r}.")
    machine, why = await run_in_threadpool(_machine, found, api.services.engines[found.engine])
    content = {"name": found.name, "version": found.version, "engine": found.engine, "machine": machine, "why": why}
    return rendering.json_response(200, {**content, "inputSchema": found.input_schema})


def _machine(workflow: Workflow, engine: Engine) -> tuple[Any, str | None]:
    try:
        text = engine.machine(workflow.definition)
    except NotSupported as error:
        return None, str(error)
    if text is None:
        return None, workflow.refusal or f"The state machine {workflow.definition!r} is not deployed."
    return parse_kept(text, f"The state machine {workflow.definition!r}", dict), None


def _content(workflow: Workflow) -> dict[str, Any]:
    return {
        "name": workflow.name,
        "version": workflow.version,
        "status": workflow.status,
        "refusal": workflow.refusal,
        "engine": workflow.engine,
        "inputSchema": workflow.input_schema,
        "publicOutput": workflow.public_output,
        "retentionDays": workflow.retention_days,
        "connections": list(workflow.connections),
    }
