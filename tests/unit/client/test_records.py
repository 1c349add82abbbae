from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from typing import get_args

import pytest

from verihook.client import Instance, Result
from verihook.model.instance import FINAL, Status

AT = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize("status", get_args(Status))
def test_what_is_final(status: Status) -> None:
    instance = Instance("a", "orders", 1, "durable", status, 1, AT, AT)
    assert (status in FINAL) == instance.final == Result("a", "orders", status).final


def test_a_record_is_not_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        Result("a", "orders", "running").status = "completed"  # type: ignore[misc]
