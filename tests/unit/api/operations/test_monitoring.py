"""Who sees what of /metrics."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.api.parts import deployment
from verihook.adapters.counts import Counts
from verihook.api.access import Identity
from verihook.api.operations.monitoring import _metrics
from verihook.model.measures import Measure
from verihook.model.ports import Services
from verihook.model.scopes import ApiKey
from verihook.records import replace


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    counts = Counts()
    counts.add(
        [
            Measure("verihook_instances_total", 1, "failed", "order"),
            Measure("verihook_deliveries_total", 2, "accepted", "orders"),
            Measure("verihook_queued_oldest_seconds", 9),
        ]
    )
    with deployment(tmp_path) as made:
        yield replace(made.services, series=counts.save)


def seen_by(services: Services, *workflows: str) -> set[str]:
    text = _metrics(Identity(ApiKey("k", "n", (), workflows, 0)), services)
    names = ("instances_total", "deliveries_total", "queued_oldest_seconds")
    return {name for name in names if f"verihook_{name}" in text}


def test_a_key_that_is_bound_sees_its_own_workflows_and_sources(services: Services) -> None:
    assert {"instances_total", "deliveries_total", "queued_oldest_seconds"} == seen_by(services)
    reached = services.sources["orders"].reached
    assert "instances_total" in seen_by(services, "order")
    assert {"deliveries_total"} <= seen_by(services, *reached)
    assert "queued_oldest_seconds" not in seen_by(services, "order", *reached)
    assert set() == seen_by(services, "nothing")


def test_the_gauges_of_now_are_there(services: Services) -> None:
    text = _metrics(Identity(), services)
    assert "verihook_waits_open 0\n" in text
    assert "# TYPE verihook_secret_until_timestamp gauge\n" in text
