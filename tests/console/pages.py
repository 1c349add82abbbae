"""Every page of the console with an example of what it shows; developers of a page add theirs here."""

from __future__ import annotations

from tests.console.deployment import Deployed

#: Name -> path. ``{...}`` is an instance of :mod:`tests.console.deployment`, or a delivery of that outcome.
PAGES = {
    "deliveries": "deliveries",
    "deliveries-refused": "deliveries?outcome=rejected",
    "deliveries-no-match": "deliveries?source=nothing-is-here",
    "delivery-accepted": "deliveries/{accepted}",
    "delivery-refused": "deliveries/{rejected}",
    "instances": "instances",
    "instances-failed": "instances?status=failed",
    "instance-completed": "instances/{completed}",
    "instance-failed": "instances/{failed}",
    "instance-events": "instances/{waiting}?tab=events",
    "instance-data": "instances/{completed}?tab=data",
    "instance-attempts": "instances/{completed}?tab=attempts",
    "instance-delivery": "instances/{completed}?tab=delivery",
    "instance-raw": "instances/{completed}?tab=raw",
    "instance-none": "instances/does-not-exist",
    "instance-graph": "instances/{failed}?tab=graph&state=Ship",
    "instance-row": "instances/{failed}?row=2",
    "start": "workflows/order-created/start",
    "start-json": "workflows/order-created/start?as=json&from={completed}",
    "composer": "composer?source=stripe",
    "composer-delivery": "composer?delivery={accepted}&kind=tampered",
    "waiting": "waiting",
    "waiting-no-match": "waiting?workflow=nothing-is-here",
    "no-such-page": "no-such-page",
    "overview": "",
    "live": "live",
    "failures": "failures",
    "failures-no-match": "failures?workflow=nothing-is-here",
    "jobs": "jobs",
    "job": "jobs/{job}",
    "job-counted": "jobs/new?action=redrive&workflow=broken",
    "workflows": "workflows",
    "workflow": "workflows/order-created",
    "workflow-table": "workflows/order-created?view=table",
    "workflow-input": "workflows/order-approval?tab=input",
    "sources": "sources",
    "source": "sources/stripe",
    "source-rotated": "sources/rotated",
    "keys": "keys",
    "about": "about",
}


def filled(path: str, served: Deployed) -> str:
    """The path with what is there in the places of the names."""
    names = dict(served.ids)
    for outcome in ("accepted", "rejected"):
        if f"{{{outcome}}}" in path:
            names[outcome] = served.call("GET", f"deliveries?outcome={outcome}")["deliveries"][0]["id"]
    return path.format_map(names)
