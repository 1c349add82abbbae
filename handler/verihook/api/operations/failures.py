"""Failed instances, grouped by workflow and error."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import Query, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import rendering
from verihook.api.openapi_lists import FailureGroups
from verihook.api.openapi_problems import problems
from verihook.api.operation import Api, operation
from verihook.api.routes import Caller
from verihook.api.times import time_ms
from verihook.errors import Forbidden
from verihook.instances.failures import Group, grouped
from verihook.model.instance import iso


@operation("instances", "Failures in groups", {200: {"model": FailureGroups}, **problems()})
async def list_failures(
    api: Api,
    caller: Caller,
    workflow: Annotated[str | None, Query(max_length=64, description="one workflow; all if absent")] = None,
    since: Annotated[str | None, Query(description="created then or later", examples=["2026-03-01T00:00:00Z"])] = None,
) -> Response:
    """Failed and timed-out instances by workflow and error, the last failures first, each with its last instance.

    The 1,000 newest of both are counted; if `complete` is false there are older ones, and a count is at least that.
    An API key that is bound to workflows gives `workflow`. What failed of each is in the steps of `last`.
    """
    if workflow is not None:
        caller.require("instances:read", workflow)
    elif caller.bound:
        raise Forbidden("This API key is bound to workflows: name one of them in workflow.")
    since_ms = None if since is None else time_ms(since, "since")
    covered = partial(caller.covers_row, sources=api.services.sources)
    found = await run_in_threadpool(grouped, workflow, since_ms, covered, api.services)
    content = {"failures": [_shown(each) for each in found.groups], "complete": found.complete}
    return rendering.json_response(200, content)


def _shown(group: Group) -> dict[str, Any]:
    return {
        "workflow": group.workflow,
        "error": group.error,
        "count": group.count,
        "firstAt": iso(group.first_at),
        "lastAt": iso(group.last_at),
        "last": rendering.listed(group.last),
    }
