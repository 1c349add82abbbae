"""The text of /metrics, as Prometheus reads it: https://prometheus.io/docs/instrumenting/exposition_formats/."""

from __future__ import annotations

from verihook.adapters.counts import Counts
from verihook.api import prometheus
from verihook.model.measures import Measure


def text(*measures: Measure) -> str:
    counts = Counts()
    counts.add(measures)
    return "".join(prometheus.measured(counts.now()))


def test_a_histogram_adds_up_its_buckets() -> None:
    name = "verihook_instance_seconds"
    lines = text(Measure(name, 0.3, of="order"), Measure(name, 90_000.5, of="order")).splitlines()
    assert f"# HELP {name} From an instance's beginning to its end." == lines[0]
    assert f"# TYPE {name} histogram" == lines[1]
    assert f'{name}_bucket{{workflow="order",le="0.1"}} 0' == lines[2]
    assert f'{name}_bucket{{workflow="order",le="0.5"}} 1' == lines[3]
    assert [
        f'{name}_bucket{{workflow="order",le="86400"}} 1',
        f'{name}_bucket{{workflow="order",le="+Inf"}} 2',
        f'{name}_sum{{workflow="order"}} 90000.8',
        f'{name}_count{{workflow="order"}} 2',
    ] == lines[-4:]


def test_labels_are_those_of_the_table_and_a_family_comes_once() -> None:
    found = text(
        Measure("verihook_deliveries_total", 2, "accepted", "orders"),
        Measure("verihook_queued_oldest_seconds", 9),
        Measure("verihook_deliveries_total", 1, "rejected"),
    )
    assert 'verihook_deliveries_total{source="orders",outcome="accepted"} 2\n' in found
    assert 'verihook_deliveries_total{source="",outcome="rejected"} 1\n' in found
    assert "verihook_queued_oldest_seconds 9\n" in found
    assert 1 == found.count("# TYPE verihook_deliveries_total counter\n")


def test_a_value_of_a_label_is_escaped() -> None:
    assert 'g{a="\\"\\\\\\n"} 1.5\n' in prometheus.gauges("g", "h", [((("a", '"\\\n'),), 1.5)])
