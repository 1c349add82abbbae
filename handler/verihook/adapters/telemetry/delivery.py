"""The line that CloudWatch gets for a delivery, whichever adapter writes it.

:mod:`verihook.adapters.telemetry.powertools` says why.
"""

from __future__ import annotations

from verihook.adapters.printable import printable
from verihook.model.measures import METRICS, OTHER
from verihook.model.ports import Trace
from verihook.model.trace_context import xray_id

#: The most that a line has of a path, in characters.
_MOST_PATH = 256


#: The outcomes that answer for a start: the time of these answers is a metric. What is refused is answered in less.
STARTED = ("accepted", "resumed")

_REJECTIONS = METRICS["verihook_rejections_total"]


def counts(trace: Trace) -> list[str]:
    """Return the names of the metrics that count a delivery, each by one."""
    names = [trace.outcome.capitalize()]
    if trace.verified_by == "previous":
        # A metric and not a dimension: there must be one Accepted to sum over a rotation, not two.
        names.append("VerifiedByPrevious")
    if trace.changed:
        names.append("BodyChanged")
    if trace.replay_of is not None:
        names.append("Replayed")
    if trace.outcome == "rejected":
        names.append(_REJECTIONS.clouds[trace.refused or OTHER])
    return names


def directives(trace: Trace, namespace: str) -> list[dict[str, object]]:
    """Return what CloudWatch makes metrics of: those of a source, too, and those that are of all sources together.

    The first serves an alarm over all sources, and deliveries of no source. Each series is paid for, so why a delivery
    was refused is a metric of the source only if an alarm asks for it.
    """
    names = counts(trace)
    alone = [_REJECTIONS.clouds[trace.refused or OTHER]] if trace.outcome == "rejected" else []
    alone = [] if (trace.refused or OTHER) in (_REJECTIONS.split or ()) else alone
    metrics = [{"Name": name, "Unit": "Count"} for name in names if name not in alone]
    if trace.outcome in STARTED:
        metrics.append({"Name": "Latency", "Unit": "Milliseconds"})
    sets = [["service"], ["service", "source"]] if trace.source else [["service"]]
    told: list[dict[str, object]] = [{"Namespace": namespace, "Dimensions": sets, "Metrics": metrics}]
    if alone:
        of_all = [{"Name": name, "Unit": "Count"} for name in alone]
        told.append({"Namespace": namespace, "Dimensions": [["service"]], "Metrics": of_all})
    return told


def kind(trace: Trace) -> tuple[object, ...]:
    """Return the kind of a delivery. Deliveries of one kind share metrics and dimensions, and differ in values."""
    second = trace.verified_by == "previous"
    return trace.source, trace.outcome, second, trace.changed, trace.replay_of is not None, trace.refused


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
    if trace.trace_id:
        # In X-Ray's form, as Powertools writes it: the console leads from the line to the trace.
        fields["xray_trace_id"] = xray_id(trace.trace_id)
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
