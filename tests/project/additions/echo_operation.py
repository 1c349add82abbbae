"""An operation of the API that says an instance back."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import rendering
from verihook.api.admission import visible
from verihook.api.openapi_models import Listed
from verihook.api.openapi_problems import problems
from verihook.api.operation import Api, operation
from verihook.api.parameters import InstanceId
from verihook.api.routes import Caller


@operation("instances", "Say it back", {200: {"model": Listed}, **problems(404)})
async def get_echo(
    api: Api, instance_id: InstanceId, caller: Caller, times: Annotated[int, Query(ge=1, le=3)] = 1
) -> Response:
    """So many times."""
    instance = await run_in_threadpool(visible, instance_id, caller, api.services)
    return rendering.json_response(200, {"echo": [rendering.listed(instance)] * times})
