"""``GET /health``, which says more to a caller with an API key, and ``GET /metrics``, on one machine only."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from verihook.api import openapi_models, prometheus, rendering
from verihook.api.access import Identity
from verihook.api.openapi_problems import Responses, problems
from verihook.api.operation import Api, operation
from verihook.api.routes import Caller
from verihook.errors import LedgerUnavailable
from verihook.instances import measuring, open_waits
from verihook.model.instance import Status
from verihook.model.listing import Query
from verihook.model.measures import METRICS, Series
from verihook.model.ports import KEPT_MS, Services
from verihook.model.source import Source

if TYPE_CHECKING:
    from typing import Protocol

    from verihook.model.ports.sets import LookupPorts, ReadPorts

    class NowPorts(LookupPorts, ReadPorts, Protocol):
        """Reads what gauges are made of."""


#: Up to how many instances of one status are counted.
MAX_COUNTED = 1000

_HOURS = 24

_METRICS = {
    "type": "string",
    "examples": [
        "# HELP verihook_deliveries_total Requests and messages, by source and by what became of them.\n"
        "# TYPE verihook_deliveries_total counter\n"
        'verihook_deliveries_total{source="orders",outcome="accepted"} 3\n'
    ],
}

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
    """Counters and histograms that no restart makes smaller, and gauges: `docs/observe.md` has each.

    A key that is bound to workflows sees what is of these workflows and their sources.
    """
    text = await run_in_threadpool(_metrics, caller, api.services)
    return Response(text, 200, {"content-type": prometheus.TEXT})


def _health_for(found: Mapping[str, Any], caller: Identity, services: Services) -> dict[str, Any]:
    """Return the part of the health that the caller may see: names of sources need `sources:read`."""
    if caller.key is not None and "sources:read" not in caller.key.scopes:
        return {part: state for part, state in found.items() if part not in ("withoutSecret", "secretsEnd")}
    covered = [name for name in services.sources if caller.covers_source(name, services.sources)]
    ends = {name: at for name, at in found["secretsEnd"].items() if name in covered}
    return {**found, "withoutSecret": [each for each in found["withoutSecret"] if each in covered], "secretsEnd": ends}


def _metrics(caller: Identity, services: Services) -> str:
    families = [*prometheus.measured(each for each in services.series() if _may_see(caller, each, services.sources))]
    families += _now(caller, services)
    since = services.clock.now_ms() - _HOURS * 3_600_000
    for kind, name, explanation in _OBSERVED:
        counts: dict[prometheus.Labels, int] = {}
        for seen in services.ledger.observations(kind, None, 10_000, since):
            if not caller.covers_source(seen.source, services.sources):
                continue
            labels = (("source", seen.source), *((("reason", seen.reason),) if seen.reason else ()))
            counts[labels] = counts.get(labels, 0) + seen.count
        families.append(prometheus.gauges(name, explanation, counts.items()))
    families.append(prometheus.gauges("verihook_instances", _NOT_ENDED, _not_ended(caller, services)))
    known = [
        ((("workflow", it.name), ("engine", it.engine), ("version", str(it.version)), ("status", it.status)), 1)
        for it in services.workflows.values()
        if caller.covers(it.name)
    ]
    return "".join([*families, prometheus.gauges("verihook_workflow", "The workflows that are configured.", known)])


def _may_see(caller: Identity, each: Series, sources: Mapping[str, Source]) -> bool:
    """Whether the caller may see it: one that is bound to workflows sees what is of these, and of their sources."""
    by = METRICS[each.name].by
    return not caller.bound or (
        caller.covers_source(each.of, sources) if by == "source" else by == "workflow" and caller.covers(each.of)
    )


def _now(caller: Identity, ports: NowPorts) -> Iterator[str]:
    """The gauges that are read when they are asked for."""
    mine = [name for name in ports.workflows if caller.covers(name)]
    names = [name for name in ports.sources if caller.covers_source(name, ports.sources)]
    now = ports.clock.now_ms()
    used: dict[str, int] = {}
    for seen in ports.ledger.observations("previous-secret", None, 10_000, now - KEPT_MS):
        if seen.source in names:
            used[seen.source] = max(seen.last_at, used.get(seen.source, 0))
    told: dict[str, list[tuple[prometheus.Labels, float]]] = {
        "verihook_waits_open": [((), open_waits.count(mine, MAX_COUNTED, ports))],
        "verihook_secret_previous_last_used_timestamp": [((("source", name),), at / 1000) for name, at in used.items()],
        "verihook_secret_until_timestamp": [
            ((("source", name),), end) for name, end in measuring.ending(ports.sources, now) if name in names
        ],
    }
    for name, samples in told.items():
        yield prometheus.gauges(name, METRICS[name].help, samples)


#: Kind of observation, name of its metric, and explanation.
_OBSERVED = (
    ("rejected", "verihook_deliveries_rejected", "Deliveries refused in the last 24 hours, by source and reason."),
    ("previous-secret", "verihook_previous_secret", "Deliveries verified by an old secret in the last 24 hours."),
    ("changed", "verihook_deliveries_changed", "Redeliveries with another body in the last 24 hours."),
    ("replayed", "verihook_deliveries_replayed", "Signed bytes that came under another event id in the last 24 hours."),
)

_NOT_ENDED = f"Instances that have not ended, by status, counted up to {MAX_COUNTED}."


def _not_ended(caller: Identity, services: Services) -> Iterable[tuple[prometheus.Labels, int]]:
    now = services.clock.now_ms()
    mine = [name for name in services.workflows if caller.covers(name)] if caller.bound else [None]
    states: tuple[Status, ...] = ("queued", "running", "suspended")
    for status in states:
        queries = [Query(status=status, workflow=name) for name in mine]
        found = sum(len(services.ledger.page(query, MAX_COUNTED, None, now)) for query in queries)
        yield (("status", status),), min(found, MAX_COUNTED)
