"""``GET /health``, which says more to a caller with an API key, and ``GET /metrics``, on one machine only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import openapi_models, rendering
from verihook.api.access import Identity
from verihook.api.openapi_problems import Responses, problems
from verihook.api.operation import Api, operation
from verihook.api.routes import Caller
from verihook.errors import LedgerUnavailable
from verihook.model.instance import Status
from verihook.model.listing import Query
from verihook.model.ports import Services

#: Up to how many instances of one status are counted.
MAX_COUNTED = 1000

_HOURS = 24

#: https://prometheus.io/docs/instrumenting/exposition_formats/
_TEXT = "text/plain; version=0.0.4; charset=utf-8"

_METRICS = {
    "type": "string",
    "examples": [
        "# HELP verihook_instances Instances that have not ended, by status, counted up to 1000.\n"
        '# TYPE verihook_instances gauge\nverihook_instances{status="running"} 3\n'
    ],
}

Labels = tuple[tuple[str, str], ...]


_HEALTH: Responses = {
    200: {"model": openapi_models.Health},
    503: {"model": openapi_models.Health, "description": "A part cannot be reached"},
    **{status: problems()[status] for status in (400, 401, 405)},
}


@operation("operation", "Whether ledger and engines can be reached", _HEALTH, any_query=True)
async def get_health(api: Api, request: Request) -> Response:
    """With an API key of any scope: the ledger and each engine, looked at most every five seconds.

    Without a key: that the API answers and, on one machine, whether the rest of the process works.
    """
    if api.access.is_stranger(request):
        alive = {"status": "unavailable" if await api.health.faults() else "ok"}
        return rendering.json_response(200 if alive["status"] == "ok" else 503, alive)
    try:
        caller = await run_in_threadpool(api.access.identify, request)
    except LedgerUnavailable as error:
        api.services.telemetry.failure("health ledger", error)
        return rendering.json_response(503, {"status": "unavailable", "ledger": "unavailable"})
    found = _health_for(await api.health.look(), caller, api.services)
    return rendering.json_response(200 if found["status"] == "ok" else 503, found)


@operation(
    "operation",
    "Counts for Prometheus",
    {200: {"content": {"text/plain": {"schema": _METRICS}}}, **problems()},
    response_class=Response,
)
async def get_metrics(api: Api, caller: Caller) -> Response:
    """Rejections and uses of a previous secret in the last 24 hours, instances that have not ended, workflows.

    A key that is bound to workflows sees the counts of these workflows.
    """
    text = await run_in_threadpool(_metrics, caller, api.services)
    return Response(text, 200, {"content-type": _TEXT})


def _health_for(found: Mapping[str, Any], caller: Identity, services: Services) -> dict[str, Any]:
    """Return the part of the health that the caller may see: names of sources need `sources:read`."""
    if caller.key is not None and "sources:read" not in caller.key.scopes:
        return {part: state for part, state in found.items() if part != "withoutSecret"}
    covered = [name for name in found["withoutSecret"] if caller.covers_source(name, services.sources)]
    return {**found, "withoutSecret": covered}


def _metrics(caller: Identity, services: Services) -> str:
    since = services.clock.now_ms() - _HOURS * 3_600_000
    families = []
    for kind, name, explanation in _OBSERVED:
        counts: dict[Labels, int] = {}
        for seen in services.ledger.observations(kind, None, 10_000, since):
            if not caller.covers_source(seen.source, services.sources):
                continue
            labels = (("source", seen.source), *((("reason", seen.reason),) if seen.reason else ()))
            counts[labels] = counts.get(labels, 0) + seen.count
        families.append(_family(name, explanation, counts.items()))
    families.append(_family("verihook_instances", _NOT_ENDED, _not_ended(caller, services)))
    known = [
        ((("workflow", it.name), ("engine", it.engine), ("version", str(it.version)), ("status", it.status)), 1)
        for it in services.workflows.values()
        if caller.covers(it.name)
    ]
    return "".join([*families, _family("verihook_workflow", "The workflows that are configured.", known)])


#: Kind of observation, name of its metric, and explanation.
_OBSERVED = (
    ("rejected", "verihook_deliveries_rejected", "Deliveries refused in the last 24 hours, by source and reason."),
    ("previous-secret", "verihook_previous_secret", "Deliveries verified by an old secret in the last 24 hours."),
    ("changed", "verihook_deliveries_changed", "Redeliveries with another body in the last 24 hours."),
    ("replayed", "verihook_deliveries_replayed", "Signed bytes that came under another event id in the last 24 hours."),
)

_NOT_ENDED = f"Instances that have not ended, by status, counted up to {MAX_COUNTED}."


def _not_ended(caller: Identity, services: Services) -> Iterable[tuple[Labels, int]]:
    now = services.clock.now_ms()
    mine = [name for name in services.workflows if caller.covers(name)] if caller.bound else [None]
    states: tuple[Status, ...] = ("queued", "running", "suspended")
    for status in states:
        queries = [Query(status=status, workflow=name) for name in mine]
        found = sum(len(services.ledger.page(query, MAX_COUNTED, None, now)) for query in queries)
        yield (("status", status),), min(found, MAX_COUNTED)


def _family(name: str, explanation: str, samples: Iterable[tuple[Labels, int]]) -> str:
    lines = [f"# HELP {name} {explanation}", f"# TYPE {name} gauge"]
    for labels, value in samples:
        shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels)
        lines.append(f"{name}{{{shown}}} {value}")
    return "\n".join(lines) + "\n"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
