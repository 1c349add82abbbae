"""Starts: ``POST …/instances``, ``PUT …/instances/{id}`` with the input as the body, and ``POST …/instances:batch``."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from fastapi import Query, Request, Response
from starlette.concurrency import run_in_threadpool

from verihook import limits, manage, payload
from verihook.api import views
from verihook.api.access import Access, Identity
from verihook.api.admission import admit
from verihook.api.body import json_body
from verihook.api.models import Accepted, BatchResult, Result
from verihook.api.problems import Responses, problems, rendered
from verihook.api.reads import KEY, PREFER, Batch, Start, read, takes, takes_json
from verihook.api.routes import NATIVE, Caller, Guarded
from verihook.api.start_request import idempotency_key, start_request
from verihook.api.waiting import ended, preferred
from verihook.errors import Conflict, VerihookError
from verihook.event import parse_json
from verihook.limits import Quota
from verihook.manage import StartRequest, Submitted
from verihook.ports import Services
from verihook.request import json_text

#: So many starts of one batch are under way at once.
AT_ONCE = 8

_HEADERS = {
    name: {"schema": {"type": "string"}, "description": text}
    for name, text in {
        "Location": "where the instance is",
        "Retry-After": "when to look, in seconds",
        "Idempotent-Replayed": "true where the idempotency key was used before",
        "Preference-Applied": "what of Prefer was heeded",
        "RateLimit-Policy": "how many starts a minute the caller has",
    }.items()
}

_STARTED: Responses = {
    200: {"model": Result, "description": "It ended within the wait", "headers": _HEADERS},
    202: {"model": Accepted, "description": "Durably accepted", "headers": _HEADERS},
    **problems(404, 409, 413, 415, 429),
}


@dataclass(frozen=True, slots=True)
class _Started:
    submitted: Submitted
    quota: Quota | None


def starting(services: Services, access: Access, longest_wait_s: int) -> Guarded:
    """The routes. ``longest_wait_s``: what ``Prefer: wait`` is bounded by."""
    router = Guarded(access, NATIVE, prefix="/v1/workflows", tags=["starts"])

    @router.post(
        "/{workflow}/instances",
        status_code=202,
        summary="Start an instance",
        responses=_STARTED,
        openapi_extra=takes(Start, PREFER, KEY, required=False),
    )
    async def start(workflow: str, request: Request, caller: Caller) -> Response:
        """The same idempotency key starts nothing twice. A caller that hangs up cancels nothing."""
        views.only(request)
        caller.require("workflows:execute", workflow)
        body = read(Start, await json_body(request, empty={}))
        wanted = start_request(workflow, body, idempotency_key(request), services)
        started = await run_in_threadpool(_start, wanted, caller, services)
        return await _answer(started, request, services, longest_wait_s)

    _under_an_id(router, services, longest_wait_s)
    _many(router, services)
    return router


def _under_an_id(router: Guarded, services: Services, longest_wait_s: int) -> None:
    @router.put(
        "/{workflow}/instances/{instanceId}",
        status_code=202,
        summary="Start an instance under an id",
        responses=_STARTED,
        openapi_extra=takes_json("the input", {"orderId": "1042"}, PREFER),
    )
    async def put(
        workflow: str,
        request: Request,
        caller: Caller,
        instance_id: views.InstanceId,
        on_conflict: Annotated[Literal["fail", "return", "restart"], Query(alias="onConflict")] = "return",
    ) -> Response:
        """The body is the input. The same again changes nothing; another input for the same id is a conflict."""
        views.only(request, "onConflict")
        caller.require("workflows:execute", workflow)
        content = await json_body(request)
        wanted = StartRequest(workflow, content, id=instance_id, on_conflict=on_conflict)
        started = await run_in_threadpool(_put, wanted, caller, services)
        return await _answer(started, request, services, longest_wait_s)


def _many(router: Guarded, services: Services) -> None:
    @router.post(
        "/{workflow}/instances:batch",
        summary="Start up to 100 instances",
        responses={200: {"model": BatchResult}, **problems(413, 415)},
        openapi_extra=takes(Batch, KEY),
    )
    async def batch(workflow: str, request: Request, caller: Caller) -> Response:
        """Each start has a result of its own. With an Idempotency-Key, start N has the key `KEY/N` if it has none."""
        views.only(request)
        caller.require("workflows:execute", workflow)
        body = read(Batch, await json_body(request))
        key = idempotency_key(request)
        gate = asyncio.Semaphore(AT_ONCE)

        async def one(number: int, content: dict[str, Any]) -> dict[str, Any]:
            if key is not None and content.get("idempotencyKey") is None:
                content = {**content, "idempotencyKey": f"{key}/{number}"}
            async with gate:
                return await run_in_threadpool(_one, workflow, content, caller, services)

        results = await asyncio.gather(*(one(number, content) for number, content in enumerate(body.instances)))
        return views.told(200, {"results": results})


def _start(wanted: StartRequest, caller: Identity, services: Services) -> _Started:
    quota = admit(caller, services)
    _own(wanted, services)
    return _Started(manage.submit(wanted, caller.name, services), quota)


def _put(wanted: StartRequest, caller: Identity, services: Services) -> _Started:
    started = _start(wanted, caller, services)
    instance = started.submitted.instance
    if started.submitted.created or wanted.on_conflict != "return":
        return started
    text = json_text(services.workflows[wanted.workflow].accept(wanted.content))
    if hashlib.sha256(text.encode()).hexdigest() != payload.digest_of(instance.input):
        raise Conflict(f"The id {instance.id!r} is taken: its instance has another input.", instance_id=instance.id)
    return replace(started, submitted=replace(started.submitted, replayed=True))


def _one(workflow: str, content: dict[str, Any], caller: Identity, services: Services) -> dict[str, Any]:
    """One start of a batch, and what it would have answered alone."""
    try:
        wanted = start_request(workflow, read(Start, content), None, services)
        submitted = _start(wanted, caller, services).submitted
    except VerihookError as error:
        told = parse_json(rendered(error).body.decode(), "The problem")
        return {"status": error.status, "replayed": False, "instance": None, "problem": told}
    told = views.accepted(submitted.accepted)
    return {"status": 202, "replayed": submitted.replayed, "instance": told, "problem": None}


def _own(wanted: StartRequest, services: Services) -> None:
    """Raises Conflict where the id is another workflow's: no start reaches into it."""
    if wanted.id is None or wanted.on_conflict == "fail":
        return
    existing = services.ledger.get(wanted.id, services.clock.now_ms())
    if existing is not None and existing.workflow != wanted.workflow:
        raise Conflict(f"The id {wanted.id!r} is taken by an instance of another workflow.", instance_id=wanted.id)


async def _answer(started: _Started, request: Request, services: Services, longest_wait_s: int) -> Response:
    submitted = started.submitted
    wait_s, headers = preferred(request, longest_wait_s)
    headers["location"] = f"/v1/instances/{submitted.instance.id}"
    if started.quota is not None:
        headers.update(limits.headers(started.quota))
    if submitted.replayed:
        headers["idempotent-replayed"] = "true"
    if wait_s > 0:
        instance = await ended(submitted.instance, wait_s, request, services)
        if instance.final:
            # Read once more: what ran express has its output in the row alone.
            instance = await run_in_threadpool(manage.get, instance.id, services)
            return views.told(200, await run_in_threadpool(views.result, instance, services), headers)
    return views.told(202, views.accepted(submitted.accepted), {**headers, "retry-after": "1"})
