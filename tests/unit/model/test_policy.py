"""The rules of the API, where hooks.toml says nothing: closed, limited, and as Dapr answers."""

from __future__ import annotations

from dataclasses import FrozenInstanceError

import pytest

from verihook.model.policy import Policy


def test_what_is_not_said_is_the_careful_choice() -> None:
    policy = Policy()
    assert ("required", "closed", 500) == (policy.auth, policy.limits_fail, policy.starts_per_minute)
    assert (24, 500) == (policy.idempotency_hours, policy.dapr_conflict)


def test_nobody_changes_it_while_it_serves() -> None:
    with pytest.raises(FrozenInstanceError):
        Policy().auth = "open"  # type: ignore[misc]
