"""The rate limit of starts: one door for the native API and every dialect."""

from __future__ import annotations

from verihook import limits
from verihook.api.access import Identity
from verihook.limits import Quota
from verihook.ports import Services


def admit(identity: Identity, services: Services) -> Quota | None:
    """Take one start from the caller's minute; how the caller stands then, None where there is no limit.

    Each key has a bucket of its own; callers without one (IAM, loopback) share one. Blocks for one write. Raises
    RateLimited, and LedgerUnavailable where the ledger cannot count and the policy is ``closed``.
    """
    return limits.check(f"key#{identity.name}", services.policy.starts_per_minute, services)
