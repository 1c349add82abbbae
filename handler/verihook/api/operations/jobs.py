"""Jobs: one action on every instance that a filter matches."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import admission, rendering
from verihook.api.body import json_body
from verihook.api.openapi_jobs import JobFailures, Jobs, JobStart, JobView
from verihook.api.openapi_problems import problems
from verihook.api.operation import Api, operation
from verihook.api.parameters import JobFilter, JobId, NewJob, check_filter, takes_model, validated
from verihook.api.routes import Caller
from verihook.api.times import time_ms
from verihook.errors import JobNotFound
from verihook.instances import jobs
from verihook.model.job import Job, count_shown, failures_shown
from verihook.model.listing import Search


@operation(
    "jobs",
    "Act on many instances",
    {
        200: {"model": JobStart, "description": "Counted (dryRun)"},
        202: {"model": JobStart, "description": "Begun"},
        **problems(409, 413, 415),
    },
    openapi_extra=takes_model(NewJob),
)
async def start_job(api: Api, request: Request, caller: Caller) -> Response:
    """One action, as on a single instance, on each that the filter matches and that began before the job did.

    They are counted first, among the 10,000 newest at most. An API key that is bound to workflows gives
    `filter.workflow`. Restarts, redrives and replays are no more a second than the caller's starts a minute
    allow; to replay takes `deliveries:replay`, too.
    """
    body = validated(NewJob, await json_body(request))
    wanted = _search(body.filter)

    def start() -> dict[str, Any]:
        counted, job = admission.start_job(
            body.action, wanted, body.rate, caller, api.services, dry_run=body.dry_run, as_new=body.as_new
        )
        return {"count": count_shown(counted), "job": None if job is None else job.public()}

    content = await run_in_threadpool(start)
    return rendering.json_response(202 if content["job"] else 200, content)


@operation("jobs", "List jobs", {200: {"model": Jobs}, **problems()})
async def list_jobs(
    api: Api,
    caller: Caller,
    cursor: Annotated[str, Query(max_length=40, description="of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """The newest first; they are kept for two weeks after their end. A bound API key sees those on its workflows."""
    covered = partial(admission.covers_job, caller)
    found = await run_in_threadpool(jobs.list_jobs, limit, cursor, covered, api.services)
    following = found[-1].id if len(found) == limit else None
    return rendering.json_response(200, {"jobs": [job.public() for job in found], "cursor": following})


@operation("jobs", "A job", {200: {"model": JobView}, **problems(404, missing=JobNotFound)})
async def get_job(api: Api, job_id: JobId, caller: Caller) -> Response:
    """How far it is, and what failed."""
    job = await run_in_threadpool(admission.visible_job, job_id, caller, api.services)
    return rendering.json_response(200, job.public())


@operation("jobs", "Stop it", {200: {"model": JobView}, **problems(404, missing=JobNotFound)})
async def stop_job(api: Api, job_id: JobId, caller: Caller) -> Response:
    """It acts on nothing more within 5 seconds; what it has done stays done. One that has ended is left alone."""

    def stop() -> Job:
        admission.visible_job(job_id, caller, api.services)
        return jobs.stop_job(job_id, api.services)

    return rendering.json_response(200, (await run_in_threadpool(stop)).public())


@operation("jobs", "What it failed on", {200: {"model": JobFailures}, **problems(404, missing=JobNotFound)})
async def list_job_failures(
    api: Api,
    job_id: JobId,
    caller: Caller,
    cursor: Annotated[str, Query(max_length=64, description="of the page before")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> Response:
    """All of it, with the codes, in the order of the instances' ids; as long as the job is kept."""

    def look() -> dict[str, Any]:
        admission.visible_job(job_id, caller, api.services)
        found = jobs.list_failures(job_id, limit, cursor, api.services)
        following = found[-1].id if len(found) == limit else None
        return {"failures": failures_shown(found), "cursor": following}

    return rendering.json_response(200, await run_in_threadpool(look))


def _search(given: JobFilter) -> Search:
    """Raise RequestInvalid for a time that is none, and for a text that no instance can have."""
    check_filter("filter.workflow", given.workflow)
    check_filter("filter.source", given.source)
    check_filter("filter.tag", given.tag)
    check_filter("filter.metadata", *given.metadata, *given.metadata.values())
    tags = () if given.tag is None else (("tag", given.tag),)
    return Search(
        workflow=given.workflow,
        status=given.status,
        source=given.source,
        labels=(*tags, *((f"metadata.{key}", value) for key, value in given.metadata.items())),
        since=None if given.since is None else time_ms(given.since, "filter.since"),
        until=None if given.until is None else time_ms(given.until, "filter.until"),
    )
