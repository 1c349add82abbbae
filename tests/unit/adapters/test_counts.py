"""What /metrics shows never becomes smaller, whatever ends the process."""

from __future__ import annotations

import pytest

from verihook.adapters.counts import Counts
from verihook.model.measures import Measure, Series


def counter(series: list[Series], name: str, label: str = "", of: str = "") -> float:
    return sum(each.value for each in series if (each.name, each.label, each.of) == (name, label, of))


def test_what_was_shown_is_there_after_a_kill() -> None:
    kept: list[str] = []
    counts = Counts(keep=kept.append)
    counts.add([Measure("verihook_callbacks_total", 2, "taken"), Measure("verihook_instance_seconds", 0.3, of="w")])
    shown = counts.save()
    counts.add([Measure("verihook_callbacks_total", 5, "taken")])
    # Nothing else is written: the process is killed here, and the next one reads what the last has kept.
    following = Counts(kept[-1])
    assert shown == following.now()
    assert 2 == counter(following.now(), "verihook_callbacks_total", "taken")


def test_it_is_written_before_it_is_shown_and_not_again_without_a_change() -> None:
    kept: list[str] = []
    counts = Counts(keep=kept.append)
    counts.add([Measure("verihook_callbacks_total", 1, "taken")])
    assert counts.save() == Counts(kept[0]).now()
    counts.save()
    counts.add([Measure("verihook_queued_oldest_seconds", 7)])
    counts.save()
    assert 1 == len(kept)


def test_what_cannot_be_kept_is_tried_again() -> None:
    kept: list[str] = []
    full = [OSError("no room")]

    def keep(text: str) -> None:
        if full:
            raise full.pop()
        kept.append(text)

    counts = Counts(keep=keep)
    counts.add([Measure("verihook_callbacks_total", 1, "failed")])
    with pytest.raises(OSError, match="no room"):
        counts.save()
    counts.save()
    assert 1 == len(kept)


def test_a_gauge_is_the_last_value_and_is_not_kept() -> None:
    kept: list[str] = []
    counts = Counts(keep=kept.append)
    counts.add([Measure("verihook_queued_oldest_seconds", 7), Measure("verihook_callbacks_total", 1, "taken")])
    counts.add([Measure("verihook_queued_oldest_seconds", 3)])
    assert 3 == counter(counts.save(), "verihook_queued_oldest_seconds")
    assert ["verihook_callbacks_total"] == [each.name for each in Counts(kept[-1]).now()]


def test_a_histogram_has_its_buckets() -> None:
    counts = Counts()
    for seconds in (0.005, 0.006, 99):
        counts.add([Measure("verihook_delivery_seconds", seconds, of="orders")])
    (series,) = counts.now()
    assert (1, 1, *[0] * 9, 1) == series.counts
    assert pytest.approx(99.011) == series.value


@pytest.mark.parametrize("text", ["{", "[]", '{"series":[["verihook_callbacks_total"]]}', '{"series":{"a":1}}'])
def test_a_text_of_another_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not the counts of metrics"):
        Counts(text)


def test_after_an_upgrade_what_is_no_more_is_left_out_and_other_buckets_begin_anew() -> None:
    text = '{"series":[["gone_total","","",[4]],["verihook_delivery_seconds","","orders",[1,1]],'
    text += '["verihook_callbacks_total","taken","",[3]]]}'
    assert [Series("verihook_callbacks_total", "taken", "", 3)] == Counts(text).now()
