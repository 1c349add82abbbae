"""The line that CloudWatch gets for a delivery, whichever adapter writes it.

:mod:`verihook.adapters.telemetry.powertools` says why.
"""

from __future__ import annotations

from verihook.adapters.printable import printable
from verihook.model.ports import Trace

#: The most that a line has of a path, in characters.
_MOST_PATH = 256


def counts(trace: Trace) -> list[str]:
    """Return the names of the metrics that count a delivery, each by one; Latency stands beside them."""
    names = [trace.outcome.capitalize()]
    if trace.verified_by == "previous":
        # A metric and not a dimension: there must be one Accepted to sum over a rotation, not two.
        names.append("VerifiedByPrevious")
    if trace.changed:
        names.append("BodyChanged")
    if trace.replay_of is not None:
        names.append("Replayed")
    return names


def dimensions(trace: Trace) -> list[list[str]]:
    """Return the sets of dimensions. The first serves an alarm over all sources, and deliveries of no source."""
    return [["service"], ["service", "source"]] if trace.source else [["service"]]


def kind(trace: Trace) -> tuple[object, ...]:
    """Return the kind of a delivery. Deliveries of one kind share metrics and dimensions, and differ in values."""
    return trace.source, trace.outcome, trace.verified_by == "previous", trace.changed, trace.replay_of is not None


def line(definition: dict[str, object], moment: dict[str, object], trace: Trace) -> dict[str, object]:
    """The whole line. ``definition``: what deliveries of this kind have in common; ``moment``: its ``_aws``."""
    return {**definition, "_aws": moment, **own_fields(trace)}


def own_fields(trace: Trace) -> dict[str, object]:
    """Return the members of the line that only this delivery has."""
    fields: dict[str, object] = {
        "Latency": [trace.duration_ms],
        "correlation_id": trace.request_id,
        "delivery": _record(trace),
    }
    if trace.reason:
        fields["reason"] = trace.reason
    return fields


def _record(trace: Trace) -> dict[str, str | int]:
    """What the log says of a delivery, without what is not known of it."""
    record: dict[str, str | int | None] = {
        "outcome": trace.outcome,
        "status": trace.status,
        "path": trace.path and printable(trace.path[:_MOST_PATH]),
        "verified_by": trace.verified_by,
        "event_id": trace.event_id,
        "event_type": trace.event_type,
        "instance_id": trace.instance_id,
        "replay_of": trace.replay_of,
        "detail": trace.detail and printable(trace.detail),
        "test": True if trace.test else None,
    }
    return {name: value for name, value in record.items() if value is not None}
