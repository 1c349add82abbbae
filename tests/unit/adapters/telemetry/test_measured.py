"""The lines of what is measured beside deliveries: one for a source or workflow, the first with what is of neither."""

from __future__ import annotations

import json
from typing import Any

import pytest

from verihook.adapters.telemetry.cloudwatch import CloudWatchTelemetry
from verihook.adapters.telemetry.measured import MOST_VALUES, lines
from verihook.adapters.telemetry.powertools import PowertoolsTelemetry
from verihook.model.measures import Measure

NOW = 1_700_000_000_000


def made(*measures: Measure) -> list[Any]:
    return list(lines(measures, "Verihook", "shop", NOW))


def test_an_end_is_one_line_of_its_workflow_with_the_delay_of_its_start_beside_it() -> None:
    (line,) = made(
        Measure("verihook_instances_total", 1, "failed", "order-created"),
        Measure("verihook_instance_seconds", 2.5, of="order-created"),
        Measure("verihook_start_delay_seconds", 0.25),
    )
    of_workflow, of_all = line["_aws"]["CloudWatchMetrics"]
    assert [["service"], ["service", "workflow"]] == of_workflow["Dimensions"]
    assert [("Failed", "Count"), ("InstanceDuration", "Seconds")] == [
        (each["Name"], each["Unit"]) for each in of_workflow["Metrics"]
    ]
    assert ([["service"]], "StartDelay") == (of_all["Dimensions"], of_all["Metrics"][0]["Name"])
    assert ("shop", "order-created", [1], [2.5], [0.25]) == tuple(
        line[name] for name in ("service", "workflow", "Failed", "InstanceDuration", "StartDelay")
    )
    assert NOW == line["_aws"]["Timestamp"]


def test_what_is_of_no_workflow_has_no_dimension_of_one() -> None:
    (line,) = made(Measure("verihook_instances_total", 1, "completed"))
    (declared,) = line["_aws"]["CloudWatchMetrics"]
    assert [["service"]] == declared["Dimensions"]
    assert "workflow" not in line


def test_each_source_has_a_line_and_times_become_what_is_left() -> None:
    first, second = made(
        Measure("verihook_reconcile_last_success_timestamp", NOW / 1000),
        Measure("verihook_secret_until_timestamp", NOW / 1000 + 3600, of="github"),
        Measure("verihook_secret_until_timestamp", NOW / 1000 + 60, of="stripe"),
    )
    assert ("github", [3600], [1]) == (first["source"], first["SecretRemaining"], first["ReconcileSuccess"])
    assert ("stripe", [60], None) == (second["source"], second["SecretRemaining"], second.get("ReconcileSuccess"))


def test_counts_are_added_up_and_no_line_has_more_values_than_cloudwatch_takes() -> None:
    (line,) = made(
        Measure("verihook_reconcile_repaired_total", 2, "started"),
        Measure("verihook_reconcile_repaired_total", 3, "started"),
        *(Measure("verihook_start_delay_seconds", number) for number in range(150)),
    )
    assert [5] == line["RepairedStarted"]
    assert MOST_VALUES == len(line["StartDelay"]) == 100


def test_what_one_machine_alone_tells_makes_no_line() -> None:
    assert [] == made(Measure("verihook_waits_open", 3))
    assert [] == made()


def test_both_adapters_write_it(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("POWERTOOLS_SERVICE_NAME", "shop")
    monkeypatch.setenv("POWERTOOLS_METRICS_NAMESPACE", "Acme")
    for telemetry in (
        PowertoolsTelemetry(),
        CloudWatchTelemetry({"POWERTOOLS_SERVICE_NAME": "shop", "POWERTOOLS_METRICS_NAMESPACE": "Acme"}),
    ):
        telemetry.measured([Measure("verihook_limited_total", 1, "key")])
    one, other = (json.loads(text) for text in capsys.readouterr().out.splitlines())
    for each in (one, other):
        del each["_aws"]["Timestamp"]
        assert ("shop", "Acme") == (each["service"], each["_aws"]["CloudWatchMetrics"][0]["Namespace"])
    assert one == other
