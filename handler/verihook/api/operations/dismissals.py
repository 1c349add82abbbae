"""Decide that nothing is to be done about failures, or about a callback that was given up."""

from __future__ import annotations

from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import admission, rendering
from verihook.api.body import json_body
from verihook.api.openapi_lists import Dismissed
from verihook.api.openapi_problems import problems
from verihook.api.operation import Api, operation
from verihook.api.parameters import Dismiss, takes_model, validated
from verihook.api.routes import Caller
from verihook.errors import RequestInvalid
from verihook.instances import dismissals, given_up
from verihook.instances.dismissals import Dismissal
from verihook.model.instance import iso


def shown(dismissal: Dismissal | None) -> dict[str, Any] | None:
    """Return a dismissal as failures show it."""
    if dismissal is None:
        return None
    return {"at": iso(dismissal.at), "by": dismissal.by, "note": dismissal.note}


@operation(
    "instances",
    "Dismiss failures",
    {200: {"model": Dismissed}, **problems(404, 413, 415)},
    openapi_extra=takes_model(Dismiss),
)
async def dismiss_failure(api: Api, request: Request, caller: Caller) -> Response:
    """A group of failures, by `workflow` and `error`, or a callback that was given up, by `instanceId`.

    The list of failures leaves it out until it fails again. Who has dismissed it, when and why, is kept.
    """
    body = validated(Dismiss, await json_body(request))
    if (body.workflow is None) == (body.instance_id is None):
        raise RequestInvalid("workflow: give either workflow and error, or the instanceId of a callback.")
    made = Dismissal(api.services.clock.now_ms(), caller.noted, body.note)

    def dismiss() -> None:
        if body.instance_id is not None:
            admission.visible(body.instance_id, caller, api.services)
            given_up.dismiss(body.instance_id, made, api.services)
        elif body.workflow is not None:
            caller.require("instances:manage", body.workflow)
            dismissals.dismiss(body.workflow, body.error, made, api.services)

    await run_in_threadpool(dismiss)
    return rendering.json_response(200, {"dismissed": shown(made)})
