"""The limit of starts a minute for a key or a source: a bucket of tokens in the ledger, one write for each start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from verihook.errors import LedgerUnavailable, RateLimited

if TYPE_CHECKING:
    from verihook.model.ports.sets import LimitPorts

MINUTE_MS = 60_000

#: The policy's name in the ``RateLimit`` headers.
_POLICY = '"starts"'


@dataclass(frozen=True, slots=True)
class Quota:
    """What a caller has left. ``limit`` a minute; ``remaining`` None if the ledger could not count.

    ``reset_s``: within how many seconds one more start is allowed.
    """

    limit: int
    remaining: int | None
    reset_s: int

    @classmethod
    def spent(cls, error: RateLimited) -> Quota:
        """The quota of a caller who was refused."""
        return cls(error.limit, 0, error.retry_after)


def spend_token(name: str, per_minute: int | None, ports: LimitPorts) -> Quota | None:
    """Take one token from the bucket ``name``. Return what is left, or None if there is no limit.

    A full bucket holds the starts of a minute, so that a burst passes after a pause; taken tokens come back evenly.
    Raises RateLimited if the bucket is empty. If the ledger cannot count, ``policy.limits_fail`` says whether the start
    passes or LedgerUnavailable is raised.
    """
    if per_minute is None:
        return None
    # Rounded up, so that no minute has more tokens than the limit.
    interval_ms = -(-MINUTE_MS // per_minute)
    try:
        token = ports.documents.take_token(name, per_minute, interval_ms, ports.clock.now_ms())
    except LedgerUnavailable as error:
        if ports.policy.limits_fail == "closed":
            raise
        ports.telemetry.failure(f"limit {name}", error)
        return Quota(per_minute, None, -(-interval_ms // 1000))
    if token.wait_ms > 0:
        wait_s = -(-token.wait_ms // 1000)
        text = f"More than {per_minute} starts a minute: try again in {wait_s} s."
        raise RateLimited(text, limit=per_minute, retry_after=wait_s)
    return Quota(per_minute, token.left, -(-interval_ms // 1000))


def headers(quota: Quota) -> dict[str, str]:
    """Return ``RateLimit-Policy``, and ``RateLimit`` if the number of remaining starts, its main part, is known.

    https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10
    """
    content = {"ratelimit-policy": f"{_POLICY};q={quota.limit};w={MINUTE_MS // 1000}"}
    if quota.remaining is not None:
        content["ratelimit"] = f"{_POLICY};r={quota.remaining};t={quota.reset_s}"
    return content


def x_headers(quota: Quota, now_ms: int) -> dict[str, str]:
    """Return the ``X-RateLimit-`` headers of dialects; the reset is a time in seconds since the epoch, as at GitHub.

    https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    content = {
        "x-ratelimit-limit": str(quota.limit),
        "x-ratelimit-reset": str(-(-now_ms // 1000) + quota.reset_s),
    }
    if quota.remaining is not None:
        content["x-ratelimit-remaining"] = str(quota.remaining)
    return content
