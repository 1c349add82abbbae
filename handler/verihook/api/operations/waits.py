"""What waits for a decision: the open waits of all instances that the caller's key covers."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import rendering
from verihook.api.openapi_lists import Waits
from verihook.api.openapi_problems import problems
from verihook.api.operation import Api, operation
from verihook.api.routes import Caller
from verihook.errors import RequestInvalid
from verihook.instances import open_waits
from verihook.instances.open_waits import OpenWait
from verihook.model.instance import iso, iso_or_none


@operation("events", "Open waits", {200: {"model": Waits}, **problems()})
async def list_waits(
    api: Api,
    caller: Caller,
    workflow: Annotated[
        str | None, Query(max_length=64, description="one workflow; all that the key covers if absent")
    ] = None,
    cursor: Annotated[str, Query(max_length=200, description="of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> Response:
    """Waits of all instances that no event has come for, the oldest first: what people have to decide.

    A page can have less than `limit`, and go on. Each shows what its workflow says that it is about.
    """
    if workflow is not None:
        caller.require("instances:read", workflow)
    if not cursor.isprintable():
        raise RequestInvalid("cursor: invalid or from another list; omit it to start over.")
    covered = [name for name in api.services.workflows if workflow in (None, name) and caller.covers(name)]
    found = await run_in_threadpool(open_waits.page, covered, limit, cursor, api.services)
    return rendering.json_response(200, {"waits": [_shown(each) for each in found.waits], "cursor": found.after})


def _shown(wait: OpenWait) -> dict[str, Any]:
    row = wait.instance
    return {
        "instanceId": row.id,
        "workflow": row.workflow,
        "name": wait.name,
        "since": iso(wait.at),
        "until": iso_or_none(wait.until),
        "shows": wait.shows,
        "status": row.status,
        "held": row.held,
        "source": row.source,
        "tags": list(row.tags),
        "metadata": dict(row.metadata),
    }
