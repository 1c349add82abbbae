"""The counters that are shown before anything has been counted."""

from __future__ import annotations

from verihook.adapters.counts import Counts
from verihook.model.measures import METRICS, zeros


def test_every_counter_of_every_name_begins_with_nothing() -> None:
    counts = Counts()
    counts.add(zeros(["orders", "github"], ["w"]))
    shown = {(each.name, each.label, each.of): each.value for each in counts.now()}
    assert {0} == set(shown.values())
    assert ("verihook_rejections_total", "signature", "orders") in shown
    assert ("verihook_deliveries_total", "unavailable", "github") in shown
    assert ("verihook_instances_total", "failed", "w") in shown
    assert ("verihook_limited_total", "key", "") in shown
    # A gauge would say that something is so, a histogram that something took no time.
    assert {"counter"} == {METRICS[name].kind for name, _, _ in shown}
