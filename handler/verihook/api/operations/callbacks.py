"""Send the callback of an instance again."""

from __future__ import annotations

from fastapi import Response
from starlette.concurrency import run_in_threadpool

from verihook.api import admission, rendering
from verihook.api.openapi_models import Listed
from verihook.api.openapi_problems import problems
from verihook.api.operation import Api, operation
from verihook.api.parameters import InstanceId
from verihook.api.routes import Caller
from verihook.instances import given_up
from verihook.model.instance import Instance


@operation("instances", "Send its callback again", {202: {"model": Listed}, **problems(404, 409)}, status_code=202)
async def send_callback(api: Api, instance_id: InstanceId, caller: Caller) -> Response:
    """For a receiver that has not taken it, or has lost it. The tries begin again, with the same `webhook-id`.

    A conflict if the instance has not ended, or was started without a `callbackUrl`.
    """

    def send() -> Instance:
        admission.visible(instance_id, caller, api.services)
        return given_up.send_again(instance_id, api.services)

    return rendering.json_response(202, rendering.listed(await run_in_threadpool(send)))
