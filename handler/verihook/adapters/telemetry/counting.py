"""Telemetry that counts what passes, for /metrics of one machine."""

from __future__ import annotations

from collections.abc import Container, Sequence

from verihook.adapters.counts import Counts
from verihook.adapters.telemetry.console import ConsoleTelemetry
from verihook.adapters.telemetry.delivery import STARTED
from verihook.adapters.telemetry.json_lines import JsonLinesTelemetry
from verihook.adapters.telemetry.never_raising import NeverRaisingTelemetry
from verihook.model.measures import OTHER, Measure
from verihook.model.ports import Telemetry, Trace


class CountingTelemetry:
    """The Telemetry port over another one: what passes is counted."""

    def __init__(self, telemetry: Telemetry, counts: Counts) -> None:
        self._telemetry, self._counts = telemetry, counts

    def delivery(self, trace: Trace) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        self._counts.add(of_delivery(trace))
        self._telemetry.delivery(trace)

    def measured(self, measures: Sequence[Measure]) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        self._counts.add(measures)
        self._telemetry.measured(measures)

    def failure(self, where: str, error: BaseException) -> None:
        """See :class:`~verihook.model.ports.Telemetry`."""
        self._telemetry.failure(where, error)


def of_delivery(trace: Trace) -> list[Measure]:
    """Return what a delivery is measured as."""
    source = trace.source
    measures = [Measure("verihook_deliveries_total", 1, trace.outcome, source)]
    if trace.outcome == "rejected":
        reason = trace.refused or OTHER
        measures.append(Measure("verihook_rejections_total", 1, reason, source))
        if reason == "limited":
            measures.append(Measure("verihook_limited_total", 1, "source"))
    if trace.outcome in STARTED:
        measures.append(Measure("verihook_delivery_seconds", trace.duration_ms / 1000, of=source))
    if trace.verified_by == "previous":
        measures.append(Measure("verihook_verified_by_previous_total", 1, of=source))
    if trace.changed:
        measures.append(Measure("verihook_body_changed_total", 1, of=source))
    if trace.replay_of is not None:
        measures.append(Measure("verihook_replayed_total", 1, of=source))
    return measures


def counting_log(counts: Counts | None, made: Container[str], *, as_json: bool) -> Telemetry:
    """Return a log on standard output that counts; without ``counts``, for itself. ``made``: as of each log."""
    log = (JsonLinesTelemetry if as_json else ConsoleTelemetry)(made=made)
    return NeverRaisingTelemetry(CountingTelemetry(log, counts or Counts()))
