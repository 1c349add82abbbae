"""How many starts a minute."""

from __future__ import annotations

import pytest

from tests.contracts.instances import NOW, at_once
from tests.unit.bare import Counted, Heard, StandingClock, bare_services, documents
from verihook.errors import LedgerUnavailable, RateLimited
from verihook.instances import limits
from verihook.instances.limits import Quota
from verihook.model.policy import Policy
from verihook.model.ports import Token

__all__ = ["documents"]


def test_a_burst_passes_and_then_one_at_a_time(documents: Counted) -> None:
    clock = StandingClock()
    services = bare_services(documents=documents, clock=clock)
    for left in (5, 4, 3, 2, 1, 0):
        assert Quota(6, left, 10) == limits.spend_token("key#a", 6, services)
    with pytest.raises(RateLimited, match="6 starts a minute: try again in 10 s") as caught:
        limits.spend_token("key#a", 6, services)
    assert (6, 10) == (caught.value.limit, caught.value.retry_after)
    clock.at += 9_001
    with pytest.raises(RateLimited) as caught:
        limits.spend_token("key#a", 6, services)
    assert 1 == caught.value.retry_after
    clock.at += 999
    limits.spend_token("key#a", 6, services)
    with pytest.raises(RateLimited):
        limits.spend_token("key#a", 6, services)


def test_each_name_has_its_own(documents: Counted) -> None:
    services = bare_services(documents=documents)
    limits.spend_token("key#a", 1, services)
    limits.spend_token("key#b", 1, services)
    with pytest.raises(RateLimited):
        limits.spend_token("key#a", 1, services)


def test_no_limit_costs_nothing(documents: Counted) -> None:
    assert limits.spend_token("key#a", None, bare_services(documents=documents)) is None
    assert [] == documents.calls


@pytest.mark.parametrize("per_minute", [7, 500, 59_999])
def test_never_more_come_back_than_the_limit(documents: Counted, per_minute: int) -> None:
    """60,000 ms cannot be divided evenly: what is left over is not given."""
    clock = StandingClock()
    taken: list[tuple[int, int]] = []

    def take_token(bucket: str, capacity: int, interval_ms: int, now_ms: int) -> Token:
        taken.append((capacity, interval_ms))
        return Token(0)

    documents.take_token = take_token  # type: ignore[method-assign]
    limits.spend_token("key#a", per_minute, bare_services(documents=documents, clock=clock))
    ((capacity, interval_ms),) = taken
    assert per_minute == capacity
    assert interval_ms * per_minute >= 60_000 > (interval_ms - 1) * per_minute


def test_sixty_four_at_once_never_get_more(documents: Counted) -> None:
    services = bare_services(documents=documents)

    def start() -> bool:
        try:
            limits.spend_token("key#a", 40, services)
        except RateLimited:
            return False
        return True

    assert 40 == sum(at_once([start] * 64))
    assert not start()


def test_a_ledger_that_cannot_count(documents: Counted) -> None:
    documents.failing = {"take_token"}
    heard = Heard()
    closed = bare_services(documents=documents, telemetry=heard, policy=Policy())
    with pytest.raises(LedgerUnavailable):
        limits.spend_token("key#a", 5, closed)
    assert [] == heard.failures
    opened = bare_services(documents=documents, telemetry=heard, policy=Policy(limits_fail="open"))
    assert Quota(5, None, 12) == limits.spend_token("key#a", 5, opened)
    ((where, error),) = heard.failures
    assert "limit key#a" == where
    assert isinstance(error, LedgerUnavailable)


def test_headers() -> None:
    refused = Quota.spent(RateLimited("too many", limit=500, retry_after=7))
    assert {"ratelimit-policy": '"starts";q=500;w=60', "ratelimit": '"starts";r=0;t=7'} == limits.headers(refused)
    assert {"ratelimit-policy": '"starts";q=500;w=60'} == limits.headers(Quota(500, None, 1))
    assert {
        "x-ratelimit-limit": "500",
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(NOW // 1000 + 8),
    } == limits.x_headers(refused, NOW + 1)
    assert "x-ratelimit-remaining" not in limits.x_headers(Quota(500, None, 1), NOW)
