"""``POST …/instances:batch``: up to 100 starts, each with the answer that it would have had alone."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import admission, rendering
from verihook.api.access import Identity
from verihook.api.body import json_body
from verihook.api.openapi_models import BatchResult
from verihook.api.openapi_problems import LIMITED, headers, problems
from verihook.api.operation import Api, operation
from verihook.api.parameters import KEY, Batch, Start, WorkflowName, takes_model, validated
from verihook.api.problems import rendered
from verihook.api.routes import Caller
from verihook.api.start_body import idempotency_key, start_request, trace_of
from verihook.errors import RateLimited, VerihookError
from verihook.instances import limits
from verihook.instances.limits import Quota
from verihook.model.ports import Services
from verihook.records import replace
from verihook.strict_json import parse_json

#: How many starts of one batch run at the same time.
STARTS_AT_ONCE = 8


@operation(
    "starts",
    "Start up to 100 instances",
    {
        200: {"model": BatchResult, "headers": LIMITED | headers(Retry_After="if some were too many")},
        **problems(413, 415),
    },
    openapi_extra=takes_model(Batch, KEY),
)
async def start_instances(api: Api, workflow: WorkflowName, request: Request, caller: Caller) -> Response:
    """Each start has a result of its own. With an Idempotency-Key, start N has the key `KEY/N` if it has none."""
    caller.require("workflows:execute", workflow)
    body = validated(Batch, await json_body(request))
    key, trace = idempotency_key(request), trace_of(request)
    slots = asyncio.Semaphore(STARTS_AT_ONCE)

    async def one(number: int, content: Any) -> tuple[dict[str, Any], Quota | None]:
        async with slots:
            numbered = None if key is None else f"{key}/{number}"
            return await run_in_threadpool(_one, workflow, content, (numbered, trace), caller, api.services)

    done = await asyncio.gather(*(one(number, content) for number, content in enumerate(body.instances)))
    results, quotas = [result for result, _ in done], [quota for _, quota in done if quota]
    return rendering.json_response(200, {"results": results}, _headers(results, quotas))


def _one(
    workflow: str, content: Any, came_with: tuple[str | None, str | None], caller: Identity, services: Services
) -> tuple[dict[str, Any], Quota | None]:
    """Try one start; return its result and the caller's quota. Raises nothing: the other starts go on.

    ``came_with``: its idempotency key and the trace of the call.
    """
    key, trace = came_with
    try:
        body = validated(Start, content)
        wanted = start_request(workflow, body, None, services, trace)
        if wanted.idempotency_key is None:
            wanted = replace(wanted, idempotency_key=key)
        started = admission.start(wanted, caller, services)
    except RateLimited as error:
        return _refused(error), Quota.spent(error)
    except VerihookError as error:
        return _refused(error), None
    except Exception as error:  # noqa: BLE001  # a bug of ours is reported and answered; the other starts go on
        services.telemetry.failure(f"batch {workflow}", error)
        return _refused(VerihookError("Something went wrong on our side.")), None
    submitted = started.submitted
    status_now = submitted.instance.status if submitted.replayed and started.own else None
    accepted = rendering.accepted(submitted.accepted)
    result = {"status": 202, "replayed": submitted.replayed, "instanceStatus": status_now, "instance": accepted}
    return {**result, "problem": None}, started.quota


def _refused(error: VerihookError) -> dict[str, Any]:
    problem = parse_json(rendered(error).body.decode(), "The problem")
    return {"status": error.status, "replayed": False, "instanceStatus": None, "instance": None, "problem": problem}


def _headers(results: Sequence[dict[str, Any]], quotas: Sequence[Quota]) -> dict[str, str]:
    """Return the headers of the caller's quota after the last start, and when to repeat those that were too many."""
    if not quotas:
        return {}
    worst = min(quotas, key=lambda quota: (quota.limit if quota.remaining is None else quota.remaining, -quota.reset_s))
    too_many = any(result["status"] == RateLimited.status for result in results)
    return {**limits.headers(worst), **({"retry-after": str(worst.reset_s)} if too_many else {})}
