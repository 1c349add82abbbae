"""The operations on instances. The webhook flow, reconcile and the recorder all go through these."""

from __future__ import annotations

from dataclasses import replace

from verihook.errors import EngineRefused, EngineUnavailable, InstanceNotFound
from verihook.instance import FINAL, INSTANCE_ID, Instance, Progress, Status, execution_name
from verihook.ports import Change, Services


def get(instance_id: str, services: Services) -> Instance:
    """The instance, from the ledger alone. An unknown and a malformed id raise the same InstanceNotFound."""
    if INSTANCE_ID.fullmatch(instance_id):
        instance = services.ledger.get(instance_id, services.clock.now_ms())
        if instance is not None:
            return instance
    raise InstanceNotFound("There is no instance with this id.")


def start(instance: Instance, services: Services) -> Status:
    """Start a claimed instance in its engine.

    Returns ``running``, or ``queued`` where the engine did not confirm: the row is durable and reconcile starts it.
    """
    workflow = services.workflows[instance.workflow]
    name = execution_name(instance.id, instance.attempt)
    try:
        services.engines[workflow.engine].start(workflow.definition, name, instance.input)
    except (EngineUnavailable, EngineRefused) as error:
        services.telemetry.failure(f"start {name}", error)
        return "queued"
    return "running"


def restart(existing: Instance, fresh: Instance, services: Services) -> Instance | None:
    """Stop ``existing`` where it still runs, and claim ``fresh`` as its next attempt.

    Returns the new attempt, to be started; None where another caller restarted it first. Raises EngineUnavailable
    where the old one cannot be stopped; then nothing was changed.
    The old attempt is stopped before the row changes: a crash between the two leaves an instance that ends
    ``terminated``, never two that run.
    """
    if not existing.final:
        workflow = services.workflows.get(existing.workflow)
        if workflow is None:
            raise EngineUnavailable(f"Workflow {existing.workflow!r}, which still runs, is not configured any more.")
        name = execution_name(existing.id, existing.attempt)
        services.engines[workflow.engine].stop(workflow.definition, name, "restarted by a redelivery")
    attempt = replace(fresh, attempt=existing.attempt + 1)
    return attempt if services.ledger.restart(attempt, existing.attempt) else None


def record(instance_id: str, attempt: int, progress: Progress, created_at: int, services: Services) -> bool:
    """Write what an engine says of an attempt; False where the ledger knows better (final, another attempt, unknown).

    ``created_at``: of the instance or, where that is not known, of the report; in milliseconds.
    """
    now = services.clock.now_ms()
    final = progress.status in FINAL
    change = Change(
        progress.status,
        at=now,
        due_at=None if final else services.pace.next_look(created_at, now),
        expires_at=now // 1000 + services.retention_s if final else None,
        output=progress.output,
        error=progress.error,
        cause=progress.cause,
    )
    return services.ledger.record(instance_id, attempt, change)
