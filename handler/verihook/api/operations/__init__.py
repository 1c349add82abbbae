"""The table of the native API: each operation is a row here, and a handler in a module of this package.

workflows.py   what can be started          starts.py, batches.py   starting instances
instances.py   reading instances            lifecycle.py            changing them
events.py      raising and listing events   keys.py                 API keys
jobs.py        acting on many instances     waits.py                what waits for a decision
sources.py     sources, senders, rejections deliveries.py           what came, its bodies, replays
monitoring.py  health and metrics           pages.py                the API in a browser
trials.py      deliveries that we send ourselves failures.py            failed instances in groups
dismissals.py  what is done about failures       callbacks.py           callbacks once more
"""

from __future__ import annotations

from verihook.api.operation import Api, Operation
from verihook.api.operations import (
    batches,
    callbacks,
    captures,
    deliveries,
    dismissals,
    events,
    failures,
    forgetting,
    instances,
    jobs,
    keys,
    lifecycle,
    monitoring,
    pages,
    sources,
    starts,
    trials,
    waits,
    workflows,
)
from verihook.api.routes import ANY_KEY, Guarded, Routes

_ONE, _DELIVERY = "/v1/instances/{instanceId}", "/v1/deliveries/{deliveryId}"

#: A new operation is a handler and a row here. ``/`` and ``/hooks`` have none: they are for senders, without a key.
OPERATIONS = (
    Operation("GET", "/health", None, monitoring.get_health),
    Operation("GET", "/metrics", "sources:read", monitoring.get_metrics, local=True),
    Operation("GET", "/v1/workflows", "workflows:read", workflows.list_workflows),
    Operation("GET", "/v1/workflows/{workflow}", "workflows:read", workflows.get_workflow),
    Operation("GET", "/v1/workflows/{workflow}/definition", "workflows:read", workflows.get_definition),
    Operation("POST", "/v1/workflows/{workflow}/instances", "workflows:execute", starts.start_instance),
    Operation("PUT", "/v1/workflows/{workflow}/instances/{instanceId}", "workflows:execute", starts.put_instance),
    Operation("POST", "/v1/workflows/{workflow}/instances:batch", "workflows:execute", batches.start_instances),
    Operation("GET", "/v1/instances", "instances:read", instances.list_instances),
    Operation("GET", "/v1/failures", "instances:read", failures.list_failures),
    Operation("POST", "/v1/failures/dismiss", "instances:manage", dismissals.dismiss_failure),
    Operation("GET", _ONE, "instances:read", instances.get_instance),
    Operation("GET", f"{_ONE}/result", "instances:read", instances.get_result),
    Operation("GET", f"{_ONE}/steps", "instances:read", instances.list_steps),
    Operation("GET", f"{_ONE}/attempts", "instances:read", instances.list_attempts),
    Operation("POST", f"{_ONE}/terminate", "instances:manage", lifecycle.terminate_instance),
    Operation("POST", f"{_ONE}/suspend", "instances:manage", lifecycle.suspend_instance),
    Operation("POST", f"{_ONE}/resume", "instances:manage", lifecycle.resume_instance),
    Operation("POST", f"{_ONE}/restart", "instances:manage", lifecycle.restart_instance),
    Operation("POST", f"{_ONE}/redrive", "instances:manage", lifecycle.redrive_instance),
    Operation("POST", f"{_ONE}/callback", "instances:manage", callbacks.send_callback),
    Operation("DELETE", _ONE, "instances:manage", lifecycle.delete_instance),
    Operation("GET", f"{_ONE}/events", "instances:read", events.list_events),
    Operation("POST", f"{_ONE}/events/{{name}}", "events:send", events.raise_event),
    Operation("GET", "/v1/waits", "instances:read", waits.list_waits),
    Operation("POST", "/v1/jobs", "instances:manage", jobs.start_job),
    Operation("GET", "/v1/jobs", "instances:read", jobs.list_jobs),
    Operation("GET", "/v1/jobs/{jobId}", "instances:read", jobs.get_job),
    Operation("GET", "/v1/jobs/{jobId}/failures", "instances:read", jobs.list_job_failures),
    Operation("POST", "/v1/jobs/{jobId}/stop", "instances:manage", jobs.stop_job),
    Operation("GET", "/v1/sources", "sources:read", sources.list_sources),
    Operation("GET", "/v1/sources/{source}", "sources:read", sources.get_source),
    Operation("POST", "/v1/sources/{source}/test", "sources:test", trials.test_source),
    Operation("GET", "/v1/senders", "sources:read", sources.list_senders),
    Operation("GET", "/v1/rejections", "sources:read", sources.list_rejections),
    Operation("GET", "/v1/deliveries", "deliveries:read", deliveries.list_deliveries),
    Operation("GET", _DELIVERY, "deliveries:read", deliveries.get_delivery),
    Operation("GET", f"{_DELIVERY}/body", "deliveries:body", deliveries.get_delivery_body),
    Operation("POST", f"{_DELIVERY}/replay", "deliveries:replay", deliveries.replay_delivery),
    Operation("DELETE", "/v1/deliveries", "deliveries:delete", forgetting.delete_event),
    Operation("DELETE", _DELIVERY, "deliveries:delete", forgetting.delete_delivery),
    Operation("POST", "/v1/sources/{source}/captures", "deliveries:body", captures.open_capture),
    Operation("GET", "/v1/lookup", "deliveries:read", deliveries.lookup_anything),
    Operation("GET", "/v1/keys", "keys:manage", keys.list_keys),
    Operation("POST", "/v1/keys", "keys:manage", keys.create_key),
    Operation("GET", "/v1/keys/self", ANY_KEY, keys.get_own_key),
    Operation("DELETE", "/v1/keys/{keyId}", "keys:manage", keys.revoke_key),
    Operation("POST", "/v1/keys/{keyId}/rotate", "keys:manage", keys.rotate_key),
    Operation("GET", "/docs", None, pages.get_page),
    Operation("GET", "/docs/{asset}", None, pages.get_asset),
)

#: The scope of each route. FastAPI itself serves the OpenAPI document.
ROUTES: Routes = {**{each.row: each.scope for each in OPERATIONS}, "GET /v1/openapi.json": None}


def router(api: Api, *, local: bool) -> Guarded:
    """Return the router with all operations. ``local``: with those that only one machine has, too."""
    routes = Guarded(api.access, ROUTES)
    for each in OPERATIONS:
        if local or not each.local:
            each.add_to(routes, api)
    return routes
