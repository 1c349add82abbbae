"""Repairs: starts what was accepted and never confirmed, refreshes what is stale, calls back who waits to be told.

The same code runs on a schedule in AWS, where it mends what a lost event or a crash left behind, and in a loop on one
machine, where it is also what notices that an instance has ended.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

from verihook import callbacks, manage
from verihook.errors import EngineUnavailable, PayloadsUnavailable
from verihook.instance import FINAL, Instance, Progress, execution_name
from verihook.manage.reading import engine_of
from verihook.ports import Services

#: So many callbacks are posted at the same time.
CALLS_AT_ONCE = 8


@dataclass(slots=True)
class Report:
    """What one round did, in instances."""

    looked: int = 0
    started: int = 0
    finished: int = 0
    postponed: int = 0
    told: int = 0


def reconcile(services: Services, limit: int = 200) -> Report:
    """One round over at most ``limit`` instances that are due. Raises LedgerUnavailable; the next round goes on."""
    report = Report()
    for instance in services.ledger.due(services.clock.now_ms(), limit):
        if not instance.final:
            report.looked += 1
            _look_after(instance, services, report)
    return report


def call_back(services: Services, limit: int = 64) -> Report:
    """One round of callbacks that are due, some at a time: a receiver that hangs takes seconds.

    Raises LedgerUnavailable; the next round goes on.
    """
    report = Report()
    due = [instance for instance in services.ledger.due(services.clock.now_ms(), 4 * limit) if instance.final]
    with ThreadPoolExecutor(CALLS_AT_ONCE, "callback") as pool:
        for result in pool.map(lambda instance: _tell(instance, services), due[:limit]):
            report.looked += 1
            report.told += result
    return report


def _look_after(instance: Instance, services: Services, report: Report) -> None:
    try:
        progress = _ask_or_start(instance, services, report)
    except (EngineUnavailable, PayloadsUnavailable) as error:
        # Also where its workflow is no longer in hooks.toml: it waits until the operator puts it back.
        services.telemetry.failure(f"reconcile {instance.id}", error)
        progress = Progress(instance.status)
        report.postponed += 1
    if manage.record(instance.id, instance.attempt, progress, instance.created_at, services, instance.workflow):
        report.finished += progress.status in FINAL


def _ask_or_start(instance: Instance, services: Services, report: Report) -> Progress:
    """How the engine says the instance stands. One that the engine does not know is started, which is idempotent."""
    engine, definition = engine_of(instance, services)
    # An express execution answers once and is not kept: there is nobody to ask.
    express = services.workflows[instance.workflow].express
    progress = None if express else engine.describe(definition, execution_name(instance.id, instance.attempt))
    if progress is None:
        report.started += 1
        return Progress(manage.start(instance, services))
    if progress.status not in FINAL:
        manage.hand_over(instance, services)
    # The engine knows nothing of a gate.
    return Progress("suspended") if instance.held and progress.status == "running" else progress


def _tell(instance: Instance, services: Services) -> bool:
    """One try of the callback, and when the next one is; whether there is none."""
    following = callbacks.deliver(instance, services)
    # Where a restart was quicker its end is told, not this one's.
    return services.ledger.amend(replace(following, revision=instance.revision)) and following.due_at is None
