"""Read instances: the list, one, its result, its steps, its attempts."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from verihook import instances
from verihook.api import rendering
from verihook.api.access import Identity
from verihook.api.admission import visible
from verihook.api.openapi_models import Attempts, Detail, Instances, Result, Steps
from verihook.api.openapi_problems import Responses, headers, problems
from verihook.api.operation import Api, operation
from verihook.api.parameters import InstanceId, check_filter
from verihook.api.routes import Caller
from verihook.api.times import time_ms
from verihook.api.waiting import wait_for_end
from verihook.errors import Forbidden, RequestInvalid
from verihook.instances.start_request import MAX_LABEL, MAX_LABELS
from verihook.model.instance import Status, iso_or_none
from verihook.model.listing import Search

_METADATA = "metadata."

#: ``metadata.KEY`` for OpenAPI: each member of an exploded object is a query parameter of its own.
#: https://spec.openapis.org/oas/v3.1.1.html#style-values
_LABELS = {
    "name": "metadata.KEY",
    "in": "query",
    "description": "`metadata.KEY=VALUE`: instances with this pair in their metadata; you choose KEY",
    "style": "form",
    "explode": True,
    "schema": {
        "type": "object",
        "propertyNames": {"pattern": "^metadata[.].+"},
        "additionalProperties": {"type": "string"},
        "maxProperties": 20,
        "examples": [{"metadata.customer": "42"}],
    },
}


class Filters(BaseModel):
    """The query parameters of a list, except ``metadata.KEY``. Each text has 1 to 256 printable characters."""

    workflow: Annotated[str | None, Field(examples=["order-created"])] = None
    status: Status | None = None
    tag: Annotated[str | None, Field(examples=["vip"])] = None
    source: Annotated[
        str | None, Field(description="the source whose deliveries started them", examples=["orders"])
    ] = None
    since: Annotated[str | None, Field(description="created then or later", examples=["2026-03-01T00:00:00Z"])] = None
    until: Annotated[str | None, Field(description="created before", examples=["2026-04-01T00:00:00Z"])] = None
    cursor: Annotated[str | None, Field(max_length=200, description="`cursor` of the page before")] = None
    limit: Annotated[int, Field(ge=1, le=1000)] = 50


@operation(
    "instances",
    "List instances",
    {200: {"model": Instances}, **problems()},
    query_prefix=_METADATA,
    openapi_extra={"parameters": [_LABELS]},
)
async def list_instances(api: Api, request: Request, caller: Caller, filters: Annotated[Filters, Query()]) -> Response:
    """The newest first, by any filters together. An index answers each alone, and `workflow` with `status`; `since` and
    `until` go with any. Of other combinations a page reads at most 2,000 rows, and `lookedTo` says how far it looked:
    with a `cursor` there may be more, also after a page without instances. With an API key that is bound to workflows,
    `workflow` is required.
    """  # noqa: D205  # one paragraph in the documentation
    check_filter("workflow", filters.workflow)
    check_filter("source", filters.source)
    wanted = Search(
        workflow=filters.workflow,
        status=filters.status,
        source=filters.source,
        labels=_labels(request, filters.tag),
        since=None if filters.since is None else time_ms(filters.since, "since"),
        until=None if filters.until is None else time_ms(filters.until, "until"),
    )
    _check_bound_key(caller, filters.workflow)
    covered = partial(caller.covers_row, sources=api.services.sources) if caller.bound else None
    page = await run_in_threadpool(
        instances.search, wanted, filters.limit, filters.cursor, api.services, also=covered, hides=caller.bound
    )
    shown = [rendering.listed(each) for each in page.instances]
    looked_to = None if wanted.exact else iso_or_none(page.looked_to)
    return rendering.json_response(200, {"instances": shown, "cursor": page.cursor, "lookedTo": looked_to})


@operation("instances", "An instance", {200: {"model": Detail}, **problems(404)})
async def get_instance(api: Api, instance_id: InstanceId, caller: Caller) -> Response:
    """The instance with its input, and with its output once it has one."""

    def detail() -> dict[str, Any]:
        return rendering.detail(visible(instance_id, caller, api.services), api.services)

    return rendering.json_response(200, await run_in_threadpool(detail))


_RESULT: Responses = {
    200: {"model": Result, "description": "The instance has ended"},
    202: {
        "model": Result,
        "description": "It has not ended; Retry-After says when to look again",
        "headers": headers(Retry_After="in seconds"),
    },
    **problems(404),
}


@operation("instances", "How it ended", _RESULT)
async def get_result(
    api: Api,
    instance_id: InstanceId,
    request: Request,
    caller: Caller,
    wait: Annotated[int, Query(ge=0, le=3600, description="seconds to wait for the end, at most 60")] = 0,
) -> Response:
    """Waits for the end, up to `wait` seconds; in AWS at most 20."""
    instance = await run_in_threadpool(visible, instance_id, caller, api.services)
    instance = await wait_for_end(instance, min(wait, api.longest_wait_s), request, api.services, api.services.changes)
    content = await run_in_threadpool(rendering.result, instance, api.services)
    if instance.final:
        return rendering.json_response(200, content)
    retry_after = rendering.retry_after(instance, api.services)
    return rendering.json_response(202, content, {"retry-after": retry_after})


@operation("instances", "Its steps", {200: {"model": Steps}, **problems(404, 501)})
async def list_steps(api: Api, instance_id: InstanceId, caller: Caller) -> Response:
    """The steps of the current attempt, from the engine."""

    def steps() -> list[dict[str, Any]]:
        visible(instance_id, caller, api.services)
        return [rendering.step(each) for each in instances.steps(instance_id, api.services)]

    return rendering.json_response(200, {"steps": await run_in_threadpool(steps)})


@operation("instances", "Its attempts", {200: {"model": Attempts}, **problems(404)})
async def list_attempts(api: Api, instance_id: InstanceId, caller: Caller) -> Response:
    """Each restart begins another attempt; how the earlier ones ended is kept."""

    def attempts() -> list[dict[str, Any]]:
        visible(instance_id, caller, api.services)
        return [rendering.attempt(each) for each in instances.attempts(instance_id, api.services)]

    return rendering.json_response(200, {"attempts": await run_in_threadpool(attempts)})


def _labels(request: Request, tag: str | None) -> tuple[tuple[str, str], ...]:
    pairs = [(name, value) for name, value in request.query_params.items() if name.startswith(_METADATA)]
    if len(pairs) > MAX_LABELS:
        raise RequestInvalid(f"metadata.KEY: must be at most {MAX_LABELS}.")
    check_filter("tag", tag)
    for name, value in pairs:
        shown = name if len(name) <= MAX_LABEL and name.isprintable() else f"{_METADATA}KEY"
        check_filter(shown, name.removeprefix(_METADATA), value)
    return (*(() if tag is None else (("tag", tag),)), *pairs)


def _check_bound_key(caller: Identity, workflow: str | None) -> None:
    """Raise Forbidden if a key that is bound to workflows does not name one: no index lists several of them."""
    if caller.key is None or not caller.key.workflows:
        return
    if workflow is None:
        raise Forbidden("This API key is bound to workflows: list one of them with ?workflow=NAME.")
    caller.require("instances:read", workflow)
