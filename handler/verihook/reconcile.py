"""Repairs: starts what was accepted and never confirmed, refreshes what is running and stale.

The same code runs on a schedule in AWS, where it mends what a lost event or a crash left behind, and in a loop on one
machine, where it is also what notices that an instance has ended.
"""

from __future__ import annotations

from dataclasses import dataclass

from verihook import manage
from verihook.errors import EngineRefused, EngineUnavailable
from verihook.instance import Instance, Progress, execution_name
from verihook.ports import Services


@dataclass(slots=True)
class Report:
    """What one round did, in instances."""

    looked: int = 0
    started: int = 0
    finished: int = 0
    postponed: int = 0


def reconcile(services: Services, limit: int = 200) -> Report:
    """One round over at most ``limit`` instances that are due. Raises LedgerUnavailable; the next round goes on."""
    report = Report()
    for instance in services.ledger.due(services.clock.now_ms(), limit):
        report.looked += 1
        try:
            progress = _ask_or_start(instance, services, report)
        except (EngineUnavailable, KeyError) as error:
            # KeyError: its workflow is no longer in hooks.toml. It waits until the operator puts it back.
            services.telemetry.failure(f"reconcile {instance.id}", error)
            progress = Progress(instance.status)
            report.postponed += 1
        if manage.record(instance.id, instance.attempt, progress, instance.created_at, services):
            report.finished += progress.status not in ("queued", "running")
    return report


def _ask_or_start(instance: Instance, services: Services, report: Report) -> Progress:
    """How the engine says the instance stands. One that the engine does not know is started, which is idempotent."""
    workflow = services.workflows[instance.workflow]
    engine = services.engines[workflow.engine]
    name = execution_name(instance.id, instance.attempt)
    progress = engine.describe(workflow.definition, name)
    if progress is not None:
        return progress
    try:
        engine.start(workflow.definition, name, instance.input)
    except EngineRefused as error:
        return Progress("failed", error="EngineRefused", cause=str(error))
    report.started += 1
    return Progress("running")
