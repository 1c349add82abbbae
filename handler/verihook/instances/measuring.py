"""What is measured of instances: their ends, the rounds of reconcile, and what has waited for too long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from verihook.model.instance import Instance, Status
from verihook.model.measures import Measure
from verihook.model.source import Source

if TYPE_CHECKING:
    from verihook.instances.round_report import Report
    from verihook.model.ports.sets import EventPorts, ReconcilePorts


def measure_end(
    workflow: str | None, status: Status, created_at: int, ports: EventPorts, delay_ms: int | None = None
) -> None:
    """Report that an instance has ended. ``workflow``: None if it is not known; times in milliseconds.

    ``delay_ms``: how long it waited for the worker that has begun it; None for another engine.
    """
    taken = max(ports.clock.now_ms() - created_at, 0) / 1000
    measures = [
        Measure("verihook_instances_total", 1, status, workflow),
        Measure("verihook_instance_seconds", taken, of=workflow),
    ]
    if delay_ms is not None:
        measures.append(Measure("verihook_start_delay_seconds", max(delay_ms, 0) / 1000))
    ports.telemetry.measured(measures)


def is_late(instance: Instance, now_ms: int) -> bool:
    """Whether it should have been started by now: it is not held, and waits for no time and for no other."""
    return (
        instance.status == "queued"
        and not (instance.held or instance.waits_its_turn or instance.runs_nothing)
        and instance.not_before <= now_ms
    )


def waits_since(instance: Instance) -> int:
    """Return since when it could have been started, in milliseconds."""
    return max(instance.created_at, instance.not_before)


def measure_repairs(report: Report, sources: Mapping[str, Source], ports: ReconcilePorts) -> None:
    """Report a round of repairs that has ended well, and which secrets of the sources end."""
    now = ports.clock.now_ms()
    counts = {"started": report.started, "finished": report.finished, "postponed": report.postponed}
    ports.telemetry.measured(
        [
            Measure("verihook_reconcile_last_success_timestamp", now / 1000),
            Measure("verihook_queued_oldest_seconds", _oldest_start_ms(ports, now) / 1000),
            *(Measure("verihook_reconcile_repaired_total", count, what) for what, count in counts.items() if count),
            *(Measure("verihook_start_delay_seconds", delay / 1000) for delay in report.delays_ms),
            *(Measure("verihook_secret_until_timestamp", ends, of=name) for name, ends in ending(sources, now)),
        ]
    )


def measure_callbacks(report: Report, ports: ReconcilePorts) -> None:
    """Report a round of callbacks."""
    now = ports.clock.now_ms()
    counts = {"taken": report.taken, "failed": report.not_taken, "given-up": report.given_up}
    ports.telemetry.measured(
        [
            Measure("verihook_callbacks_due_oldest_seconds", _oldest_callback_ms(ports, now) / 1000),
            *(Measure("verihook_callbacks_total", count, outcome) for outcome, count in counts.items() if count),
        ]
    )


def _oldest_start_ms(ports: ReconcilePorts, now: int) -> int:
    def waits(instance_id: str) -> bool:
        row = ports.ledger.get(instance_id, now)
        return row is not None and is_late(row, now)

    return ports.late.starts.oldest_ms(now, waits)


def _oldest_callback_ms(ports: ReconcilePorts, now: int) -> int:
    def waits(instance_id: str) -> bool:
        row = ports.ledger.get(instance_id, now)
        return row is not None and row.final and row.due_at is not None

    return ports.late.callbacks.oldest_ms(now, waits)


def ending(sources: Mapping[str, Source], now_ms: int) -> list[tuple[str, int]]:
    """Return the sources of which a secret ends, each with when the next one does, in seconds since the epoch."""
    found = []
    for name, source in sources.items():
        ends = [each.until_s for each in source.secrets if each.until_s is not None and each.until_s * 1000 > now_ms]
        if ends:
            found.append((name, min(ends)))
    return found
