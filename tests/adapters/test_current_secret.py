"""One secret as it is now: how often moto's Secrets Manager is asked, and what a failure costs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.adapters.test_secrets import Clock, Wire, manager, stage, wire
from verihook.adapters.secrets.answer_cache import FRESH_S, MAX_AGE_S
from verihook.adapters.secrets.current import CurrentSecret
from verihook.errors import SecretsUnavailable

__all__ = ["manager", "wire"]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def secret(manager: Any, clock: Clock) -> CurrentSecret:
    return CurrentSecret(manager, "s", clock)


def test_an_answer_is_kept_for_its_age(secret: CurrentSecret, manager: Any, wire: Wire, clock: Clock) -> None:
    assert "first" == secret.text()
    stage(manager, "second", "AWSCURRENT")
    clock.now += MAX_AGE_S - 1
    assert "first" == secret.text()
    clock.now += 1
    assert "second" == secret.text()
    assert ["GetSecretValue", "PutSecretValue", "GetSecretValue"] == wire.calls


def test_who_asks_past_the_cache_shares_the_answer_of_just_now(
    secret: CurrentSecret, manager: Any, wire: Wire, clock: Clock
) -> None:
    assert "first" == secret.text()
    stage(manager, "second", "AWSCURRENT")
    wire.calls.clear()
    clock.now += FRESH_S - 1
    assert "first" == secret.text(fresh=True)
    clock.now += 1
    assert ["second"] * 3 == [secret.text(fresh=True) for _ in range(3)]
    assert ["GetSecretValue"] == wire.calls


def test_a_pending_or_a_former_version_is_not_it(secret: CurrentSecret, manager: Any) -> None:
    stage(manager, "pending", "AWSPENDING")
    assert "first" == secret.text()


@pytest.mark.parametrize("absent", ["none", "empty", "deleted"])
def test_nothing_is_empty(manager: Any, absent: str, wire: Wire) -> None:
    manager.create_secret(Name="empty")
    manager.create_secret(Name="deleted", SecretString="x")
    manager.delete_secret(SecretId="deleted")
    wire.calls.clear()
    secret = CurrentSecret(manager, absent)
    assert ["", ""] == [secret.text(), secret.text(fresh=True)]
    assert ["GetSecretValue"] == wire.calls


def test_a_store_that_has_just_failed_is_left_alone(secret: CurrentSecret, wire: Wire, clock: Clock) -> None:
    wire.trouble = "ThrottlingException"
    for fresh in (False, True, False):
        with pytest.raises(SecretsUnavailable):
            secret.text(fresh=fresh)
    assert ["GetSecretValue"] == wire.calls
    wire.trouble = ""
    clock.now += FRESH_S
    assert "first" == secret.text()


def test_a_failure_takes_nothing_away_while_it_is_young(secret: CurrentSecret, wire: Wire, clock: Clock) -> None:
    assert "first" == secret.text()
    wire.trouble = "InternalServiceError"
    clock.now += FRESH_S
    with pytest.raises(SecretsUnavailable):
        secret.text(fresh=True)
    assert "first" == secret.text()


def test_a_clock_that_was_set_back_keeps_nothing_longer(secret: CurrentSecret, manager: Any, clock: Clock) -> None:
    secret.text()
    stage(manager, "second", "AWSCURRENT")
    clock.now -= 86_400
    assert "second" == secret.text()
