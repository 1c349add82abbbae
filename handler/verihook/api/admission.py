"""The way in for every front end (the native API, its batches, the dialects, a console): who may act on what.

A start, a restart and a redrive are let in here alone, as they take one of the caller's starts a minute; an instance is
found here alone, as a key may be bound to workflows. tests/project/test_admission.py looks that no route goes round it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from verihook import instances
from verihook.api.access import Identity
from verihook.errors import Forbidden, InstanceNotFound, JobNotFound, RateLimited, RequestInvalid
from verihook.instances import StartRequest, Submitted, idempotency, jobs, limits, redelivery
from verihook.instances.limits import Quota
from verihook.model.instance import Instance
from verihook.model.job import Action, Count, Job
from verihook.model.listing import Search
from verihook.model.measures import Measure
from verihook.records import replace
from verihook.webhooks import trials

if TYPE_CHECKING:
    from typing import Protocol

    from verihook.model.ports.sets import LookupPorts, SubmitPorts
    from verihook.webhooks.trials import Trial, Tried
    from verihook.webhooks.trials import TrialPorts as SendPorts

    class AgainPorts(LookupPorts, SubmitPorts, Protocol):
        """Begins again what a caller may see."""

    class TrialPorts(SendPorts, SubmitPorts, Protocol):
        """Sends a delivery as one of a caller's starts."""


@dataclass(frozen=True, slots=True)
class Started:
    """The outcome of a start. ``own``: the caller began the instance itself, now or with this idempotency key before.

    ``quota`` is None if the caller has no limit.
    """

    submitted: Submitted
    quota: Quota | None
    own: bool


def visible(instance_id: str, caller: Identity, ports: LookupPorts, workflow: str | None = None) -> Instance:
    """Return the instance if the caller's key covers its workflow, and all that its events go to. Blocks for a read.

    ``workflow``: an instance of another one is not found. Raises InstanceNotFound, also for an instance that exists but
    is not covered: a key must not find out which ids others have.
    """
    instance = instances.get(instance_id, ports)
    if workflow not in (None, instance.workflow) or not caller.covers_row(instance, ports.sources):
        raise InstanceNotFound("There is no instance with this id.")
    return instance


def start(wanted: StartRequest, caller: Identity, ports: SubmitPorts) -> Started:
    """Start an instance for a caller who may start this workflow. Blocks.

    To restart stops what another caller may have begun, so it takes ``instances:manage``, too. ``replace`` (the grammar
    of some dialects) begins an ended instance again under its id for such a caller alone; for any other the id is
    taken, as another caller or a signed webhook may have made what would be lost. A start that can never succeed takes
    none of the caller's starts. Raises as :func:`verihook.instances.submit` does, Forbidden, RateLimited, and
    LedgerUnavailable if the ledger cannot count and the policy is ``closed``.
    """
    caller.require("workflows:execute", wanted.workflow)
    if wanted.on_conflict == "replace" and not caller.may("instances:manage", wanted.workflow):
        wanted = replace(wanted, on_conflict="fail")
    if wanted.on_conflict == "restart":
        caller.require("instances:manage", wanted.workflow)
    if caller.key is not None and not ports.policy.lets_call(wanted.callback_url or ""):
        # A key that may only start reaches nothing behind this machine.
        raise RequestInvalid("callbackUrl: callbacks to this machine take the key of the run, or [callbacks] allow.")
    key, quota = wanted.idempotency_key, None

    def spend() -> None:
        nonlocal quota
        # With clear_on_failure a known key may begin another instance, so it is not let through an empty bucket.
        quota = _spend_start(caller, ports, None if wanted.clear_on_failure else key)

    submitted = instances.submit(wanted, caller.name, ports, spend)
    mine = key is not None and submitted.instance.event_id == idempotency.digest_of_key(caller.name, key)
    return Started(submitted, quota, submitted.created or mine)


def restart(instance_id: str, caller: Identity, ports: AgainPorts) -> tuple[Instance, Quota | None]:
    """Run an instance again with the same input, as one of the caller's starts. Blocks.

    Raises InstanceNotFound, RateLimited, and as :func:`verihook.instances.restart` does.
    """
    return _run_again(instances.restart, instance_id, caller, ports)


def redrive(instance_id: str, caller: Identity, ports: AgainPorts) -> tuple[Instance, Quota | None]:
    """Have an instance go on where it failed, as one of the caller's starts. Blocks.

    Raises InstanceNotFound, RateLimited, and as :func:`verihook.instances.redrive` does.
    """
    return _run_again(instances.redrive, instance_id, caller, ports)


def replay(delivery_id: str, as_new: bool, caller: Identity, ports: SubmitPorts) -> tuple[Instance, Quota | None]:
    """Replay a delivery that the caller may see, as one of the caller's starts. Blocks.

    Unless ``as_new``, its instance is begun again, which takes ``instances:manage``, too. Raises Forbidden,
    RateLimited, and as :func:`verihook.instances.redelivery.replay` does.
    """
    if not as_new:
        caller.require("instances:manage")
    quota = _spend_start(caller, ports)
    return redelivery.replay(delivery_id, ports, as_new=as_new), quota


def try_source(trial: Trial, caller: Identity, ports: TrialPorts) -> Tried:
    """Send a delivery to a source that the caller may see, as one of the caller's starts. Blocks.

    Raises RateLimited, and as :func:`verihook.webhooks.trials.run_trial` does.
    """
    _spend_start(caller, ports)
    return trials.run_trial(trial, ports)


def start_job(
    action: Action,
    wanted: Search,
    rate: int,
    caller: Identity,
    ports: AgainPorts,
    *,
    dry_run: bool,
    as_new: bool = False,
) -> tuple[Count, Job | None]:
    """Count what a job would act on, and begin it unless ``dry_run``. Blocks.

    A key that is bound to workflows names one of them. A job takes none of the caller's starts, but restarts, redrives
    and replays no faster than these would allow. To replay takes ``deliveries:replay``, too. Raises Forbidden,
    RequestInvalid, Conflict, LedgerUnavailable.
    """
    if caller.bound and wanted.workflow is None:
        raise Forbidden("This API key is bound to workflows: name one of them as filter.workflow.")
    caller.require("instances:manage", wanted.workflow)
    _check_sources(wanted, caller, ports)
    if action == "replay":
        caller.require("deliveries:replay", wanted.workflow)
    elif as_new:
        raise RequestInvalid("asNew: is for the action replay.")
    limit = ports.policy.starts_per_minute
    if limit is not None and action in ("redrive", "restart", "replay"):
        rate = min(rate, max(1, limit * 1000 // limits.MINUTE_MS))
    wanted = jobs.bounded(wanted, ports)
    counted = jobs.count(action, wanted, ports, as_new=as_new)
    return counted, None if dry_run else jobs.begin(action, wanted, rate, counted, caller.name, ports, as_new=as_new)


def _check_sources(wanted: Search, caller: Identity, ports: LookupPorts) -> None:
    """Raise Forbidden if among what is looked for may be deliveries whose events go to workflows of others."""
    for source in ports.sources.values():
        brings = source.resume is not None or source.sender.places.each is not None
        concerned = wanted.source in (None, source.name) and wanted.workflow in source.workflows
        if brings and concerned and not caller.covers_source(source.name, ports.sources):
            raise Forbidden(
                f"The source {source.name} brings events to workflows that this API key is not bound to: name another"
                " one as filter.source."
            )


def visible_job(job_id: str, caller: Identity, ports: SubmitPorts) -> Job:
    """Return the job if the caller's key covers all that it acts on. Raises JobNotFound. Blocks for a read."""
    job = jobs.get_job(job_id, ports)
    if not covers_job(caller, job):
        raise JobNotFound("There is no job with this id.")
    return job


def covers_job(caller: Identity, job: Job) -> bool:
    """Whether the caller's key covers all that the job acts on."""
    return not caller.bound or (job.search.workflow is not None and caller.covers(job.search.workflow))


def _run_again(
    operation: Callable[[str, SubmitPorts], Instance], instance_id: str, caller: Identity, ports: AgainPorts
) -> tuple[Instance, Quota | None]:
    visible(instance_id, caller, ports)
    quota = _spend_start(caller, ports)
    return operation(instance_id, ports), quota


def _spend_start(caller: Identity, ports: SubmitPorts, idempotency_key: str | None = None) -> Quota | None:
    """Take one start from the caller's minute and return what remains, or None if there is no limit. One write.

    Each key has a bucket of its own; callers without one (IAM, loopback) share one. A known idempotency key passes an
    empty bucket, for one more read: its answer is given again. Raises RateLimited, LedgerUnavailable.
    """
    try:
        return limits.spend_token(f"key#{caller.name}", ports.policy.starts_per_minute, ports)
    except RateLimited as error:
        if idempotency_key is None or not _known(caller.name, idempotency_key, ports):
            ports.telemetry.measured([Measure("verihook_limited_total", 1, "key")])
            raise
        return Quota.spent(error)


def _known(scope: str, key: str, ports: SubmitPorts) -> bool:
    name = idempotency.digest_of_key(scope, key)
    return ports.documents.read(idempotency.PARTITION, name, ports.clock.now_ms()) is not None
