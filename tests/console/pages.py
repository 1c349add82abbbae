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
    "no-such-page": "no-such-page",
}


def filled(path: str, served: Deployed) -> str:
    """The path with what is there in the places of the names."""
    names = dict(served.ids)
    for outcome in ("accepted", "rejected"):
        if f"{{{outcome}}}" in path:
            names[outcome] = served.call("GET", f"deliveries?outcome={outcome}")["deliveries"][0]["id"]
    return path.format_map(names)
