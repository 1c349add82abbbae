"""What CloudWatch gets of a delivery, whichever adapter writes it.

:mod:`verihook.adapters.telemetry.powertools` says why.
"""

from __future__ import annotations

from verihook.adapters.printable import printable
from verihook.model.ports import Trace


def counts(trace: Trace) -> list[str]:
    """The names of the metrics that count it, each once; Latency stands beside them."""
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
    """An alarm over everything needs the first; what belongs to no source is counted there alone."""
    return [["service"], ["service", "source"]] if trace.source else [["service"]]


def kind(trace: Trace) -> tuple[object, ...]:
    """Deliveries of one kind differ in numbers and names alone: what is counted, and by what, is the same."""
    return trace.source, trace.outcome, trace.verified_by == "previous", trace.changed, trace.replay_of is not None


def line(definition: dict[str, object], moment: dict[str, object], trace: Trace) -> dict[str, object]:
    """The whole line. ``definition``: what deliveries of this kind have in common; ``moment``: its ``_aws``."""
    return {**definition, "_aws": moment, **own_fields(trace)}


def own_fields(trace: Trace) -> dict[str, object]:
    """What the line of this delivery has besides."""
    return {
        "Latency": [trace.duration_ms],
        "correlation_id": trace.request_id,
        **({"reason": trace.reason} if trace.reason else {}),
        "delivery": _record(trace),
    }


def _record(trace: Trace) -> dict[str, str | int]:
    """What the log says of a delivery, without what is not known of it."""
    record: dict[str, str | int | None] = {
        "outcome": trace.outcome,
        "status": trace.status,
        "verified_by": trace.verified_by,
        "event_id": trace.event_id,
        "event_type": trace.event_type,
        "instance_id": trace.instance_id,
        "replay_of": trace.replay_of,
        "detail": trace.detail and printable(trace.detail),
    }
    return {name: value for name, value in record.items() if value is not None}
