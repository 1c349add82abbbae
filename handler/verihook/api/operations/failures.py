"""Failed instances, grouped by workflow and error; and callbacks that were given up."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import Query, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import rendering
from verihook.api.openapi_lists import FailureGroups
from verihook.api.openapi_problems import problems
from verihook.api.operation import Api, operation
from verihook.api.operations import dismissals
from verihook.api.routes import Caller
from verihook.api.times import time_ms
from verihook.errors import Forbidden
from verihook.instances.failures import Group, grouped
from verihook.instances.given_up import GivenUp, given_up
from verihook.model.instance import iso


@operation("instances", "Failures in groups", {200: {"model": FailureGroups}, **problems()})
async def list_failures(
    api: Api,
    caller: Caller,
    workflow: Annotated[str | None, Query(max_length=64, description="one workflow; all if absent")] = None,
    since: Annotated[str | None, Query(description="created then or later", examples=["2026-03-01T00:00:00Z"])] = None,
    dismissed: Annotated[bool, Query(description="with those that somebody has dismissed")] = False,
) -> Response:
    """Failed and timed-out instances by workflow and error, the last failures first, each with its last instance.

    With the callbacks that were given up. What was dismissed is left out, unless it has failed again since.
    The 1,000 newest of both are counted; if `complete` is false there are older ones, and a count is at least that.
    An API key that is bound to workflows gives `workflow`. What failed of each is in the steps of `last`.
    """
    if workflow is not None:
        caller.require("instances:read", workflow)
    elif caller.bound:
        raise Forbidden("This API key is bound to workflows: name one of them in workflow.")
    since_ms = None if since is None else time_ms(since, "since")
    covered = partial(caller.covers_row, sources=api.services.sources)

    def look() -> dict[str, Any]:
        found = grouped(workflow, since_ms, covered, api.services)
        callbacks = [
            _given_up(each)
            for each in given_up(api.services)
            if workflow in (None, each.workflow) and each.at >= (since_ms or 0) and caller.covers(each.workflow)
        ]
        content = {"failures": [_shown(each) for each in found.groups], "callbacks": callbacks}
        kept = {name: [each for each in rows if dismissed or not each["dismissed"]] for name, rows in content.items()}
        return {**kept, "complete": found.complete}

    return rendering.json_response(200, await run_in_threadpool(look))


def _shown(group: Group) -> dict[str, Any]:
    return {
        "workflow": group.workflow,
        "error": group.error,
        "count": group.count,
        "firstAt": iso(group.first_at),
        "lastAt": iso(group.last_at),
        "last": rendering.listed(group.last),
        "dismissed": dismissals.shown(group.dismissed),
    }


def _given_up(callback: GivenUp) -> dict[str, Any]:
    return {
        "instanceId": callback.instance_id,
        "workflow": callback.workflow,
        "tries": callback.tries,
        "at": iso(callback.at),
        "dismissed": dismissals.shown(callback.dismissed),
    }
