"""The door of every start: what the caller may, its rate limit, and then the start."""

from __future__ import annotations

from dataclasses import dataclass

from verihook import instances
from verihook.api.access import Identity
from verihook.errors import RateLimited, RequestInvalid
from verihook.instances import StartRequest, Submitted, idempotency, limits
from verihook.instances.limits import Quota
from verihook.model.ports import Services
from verihook.records import replace


@dataclass(frozen=True, slots=True)
class Started:
    """What became of a start. ``own``: the caller began the instance itself, now or with this idempotency key before.

    ``quota`` None where there is no limit.
    """

    submitted: Submitted
    quota: Quota | None
    own: bool


def admit(identity: Identity, services: Services, idempotency_key: str | None = None) -> Quota | None:
    """Take one start from the caller's minute; how the caller stands then, None where there is no limit.

    Each key has a bucket of its own; callers without one (IAM, loopback) share one. Blocks for one write. Whoever comes
    with an idempotency key that is known is let through an empty bucket, for a read more: it gets its answer again.
    Raises RateLimited, and LedgerUnavailable where the ledger cannot count and the policy is ``closed``.
    """
    try:
        return limits.check(f"key#{identity.name}", services.policy.starts_per_minute, services)
    except RateLimited as error:
        if idempotency_key is None or not _known(identity.name, idempotency_key, services):
            raise
        return Quota.spent(error)


def start(wanted: StartRequest, caller: Identity, services: Services) -> Started:
    """A start of somebody who may start this workflow. Blocks.

    To restart stops what somebody else may have begun, so it takes ``instances:manage``, too. A grammar that begins the
    id of an ended instance anew (``replace``) does so for such a caller; to anybody else the id is taken: another
    caller, or a signed webhook, may have made what would be lost. What can never start takes nothing of the caller's
    minute. Raises as :func:`admit` and :func:`verihook.instances.submit` do, and Forbidden.
    """
    caller.require("workflows:execute", wanted.workflow)
    if wanted.on_conflict == "replace" and not caller.may("instances:manage", wanted.workflow):
        wanted = replace(wanted, on_conflict="fail")
    if wanted.on_conflict == "restart":
        caller.require("instances:manage", wanted.workflow)
    if caller.key is not None and not services.policy.lets_call(wanted.callback_url or ""):
        # A key that may only start reaches nothing behind this machine.
        raise RequestInvalid("callbackUrl: callbacks to this machine take the key of the run, or [callbacks] allow.")
    key, quota = wanted.idempotency_key, None

    def door() -> None:
        nonlocal quota
        # One that may begin anew is no mere repetition.
        quota = admit(caller, services, None if wanted.clear_on_failure else key)

    submitted = instances.submit(wanted, caller.name, services, door)
    mine = key is not None and submitted.instance.event_id == idempotency.name(caller.name, key)
    return Started(submitted, quota, submitted.created or mine)


def _known(scope: str, key: str, services: Services) -> bool:
    name = idempotency.name(scope, key)
    return services.documents.read(idempotency.PARTITION, name, services.clock.now_ms()) is not None
