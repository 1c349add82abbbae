"""One action of a job on one instance: done once, however often a crash has it tried.

A job writes which instances it acts on, and their attempts, before it acts. A second try sees in the row whether the
first one was done: a restart has made another attempt, an end is written, a tombstone stands there. A redrive within
the engine leaves the attempt as it is, so it has a token by which the engine knows that it was done. What is replayed
as a new instance has an id that is made of the job's and the delivery's.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Literal

from verihook.errors import Conflict, InstanceNotFound
from verihook.instances import lifecycle, purging, redelivery
from verihook.instances.reading import engine_of
from verihook.model.instance import Instance, execution_name
from verihook.model.job import Action, Job

if TYPE_CHECKING:
    from verihook.model.ports.sets import ControlPorts

#: ``skipped``: the instance does not match any more, since another caller or its own end has changed it.
Outcome = Literal["done", "skipped"]


def act(job: Job, instance_id: str, attempt: int, ports: ControlPorts) -> Outcome:
    """Do the job's action to this attempt, unless it is done. Raises NotSupported, EngineUnavailable and so on."""
    row = ports.ledger.get(instance_id, ports.clock.now_ms())
    if row is None or row.purged:
        if row is not None and job.action == "delete":
            # A purge that was stopped in between.
            purging.finish_purge(row, ports)
        return "done" if job.action == "delete" else "skipped"
    if _is_done(job.action, row, attempt, as_new=job.as_new):
        return "done"
    try:
        if row.attempt == attempt and job.wants(row):
            _do(job, row, ports)
            return "done"
        if row.attempt == attempt and job.action == "redrive" and row.status == "running":
            return _redrive_again(job, row, ports)
    except (Conflict, InstanceNotFound):
        # It has changed since it was read just now.
        pass
    return "skipped"


def _is_done(action: Action, row: Instance, attempt: int, *, as_new: bool) -> bool:
    match action:
        case "redrive" | "restart":
            return row.attempt > attempt
        case "replay":
            # As a new one, it has an id of its own, under which there is one however often it is begun.
            return not as_new and row.attempt > attempt
        case "terminate":
            return row.status == "terminated"
        case "suspend":
            return row.held
        case "resume":
            return not row.final and not row.held and row.status != "suspended"
    return False


def _do(job: Job, row: Instance, ports: ControlPorts) -> None:
    match job.action:
        case "redrive":
            lifecycle.redrive(row.id, ports, row.attempt, job.id)
        case "replay" if job.as_new:
            redelivery.replay_as_new(row, ports, _id_of_replay(job, row))
        case "restart" | "replay":
            lifecycle.restart(row.id, ports, row.attempt)
        case "terminate":
            lifecycle.terminate(row.id, ports, f"job {job.id}")
        case "suspend":
            lifecycle.suspend(row.id, ports, f"job {job.id}")
        case "resume":
            lifecycle.resume(row.id, ports)
        case "delete":
            lifecycle.purge(row.id, ports)


def _id_of_replay(job: Job, row: Instance) -> str:
    """Return the id of the instance by which the job replays a delivery: the same for each try."""
    return hashlib.sha256(f"{job.id} {row.id}".encode()).hexdigest()[:40]


def _redrive_again(job: Job, row: Instance, ports: ControlPorts) -> Outcome:
    """Go on with a redrive that was stopped after the row was written: in the engine it may not have begun."""
    engine, definition = engine_of(row, ports)
    if not engine.continues:
        return "skipped"
    name = execution_name(row.id, row.attempt)
    if not engine.redrive(definition, name, job.id):
        found = engine.describe(definition, name)
        if found is None or found.status not in ("failed", "timed_out", "terminated"):
            return "skipped"
        lifecycle.restart(row.id, ports, row.attempt)
    return "done"
