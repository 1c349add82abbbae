"""What passes is counted, by what became of it."""

from __future__ import annotations

from tests.unit.working import Told
from verihook.adapters.counts import Counts
from verihook.adapters.telemetry.counting import CountingTelemetry, of_delivery
from verihook.model.measures import METRICS
from verihook.model.ports import Trace


def test_a_delivery_is_counted_by_what_became_of_it() -> None:
    told, counts = Told(), Counts()
    telemetry = CountingTelemetry(told, counts)
    telemetry.delivery(Trace("r", 0, "orders", "accepted", verified_by="previous", duration_ms=20, changed=True))
    telemetry.delivery(Trace("r", 0, "orders", "rejected", "rate-limited", refused="limited", replay_of="i"))
    telemetry.delivery(Trace("r", 0, None, "rejected", "method-not-allowed"))
    found = {(each.name, each.label, each.of) for each in counts.now()}
    assert found == {
        ("verihook_deliveries_total", "accepted", "orders"),
        ("verihook_delivery_seconds", "", "orders"),
        ("verihook_verified_by_previous_total", "", "orders"),
        ("verihook_body_changed_total", "", "orders"),
        ("verihook_deliveries_total", "rejected", "orders"),
        ("verihook_rejections_total", "limited", "orders"),
        ("verihook_limited_total", "source", ""),
        ("verihook_replayed_total", "", "orders"),
        ("verihook_deliveries_total", "rejected", ""),
        ("verihook_rejections_total", "other", ""),
    }
    assert 3 == len(told.deliveries)


def test_every_measure_of_a_delivery_is_one_of_the_table() -> None:
    trace = Trace("r", 0, "orders", "accepted", verified_by="previous", changed=True, replay_of="i")
    for measure in of_delivery(trace):
        assert measure.label in METRICS[measure.name].clouds
