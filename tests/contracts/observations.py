"""What every ledger promises of observations. An adapter's tests subclass this beside LedgerContract."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.contracts.instances import HOUR, NOW, an_instance, an_observation, at_once
from verihook.model.ports import KEPT_MS, Ledger
from verihook.model.ports.telemetry import Observation


class ObservationsContract:
    """Times are made up: no ledger reads a clock. NOW is 53 minutes and 20 seconds past an hour."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        raise NotImplementedError

    @pytest.fixture
    def reopen(self) -> Callable[[], Ledger]:
        raise NotImplementedError

    def test_nothing_was_seen_at_first(self, ledger: Ledger) -> None:
        assert [] == ledger.observations("rejected", None, 10)
        assert [] == ledger.observations("rejected", "orders", 10)

    @pytest.mark.parametrize(
        "seen",
        [
            an_observation(),
            an_observation(kind="previous-secret", reason=""),
            an_observation(source="", reason="source-not-found"),
            an_observation(count=2**40, request_id=""),
            an_observation(kind="duplicate", reason="", sample='{"path":"/hooks/orders"}'),
            an_observation(source="a" * 63, reason="no-signature-with-the-expected-version", request_id="x" * 128),
        ],
        ids=["plain", "previous-secret", "no-source", "many", "sample", "long"],
    )
    def test_every_field_of_an_observation_round_trips(
        self, ledger: Ledger, reopen: Callable[[], Ledger], seen: Observation
    ) -> None:
        ledger.observe(seen)
        assert [seen] == ledger.observations(seen.kind, None, 10)
        assert [seen] == ledger.observations(seen.kind, seen.source, 10)
        assert [seen] == reopen().observations(seen.kind, None, 10)

    def test_within_an_hour_counts_are_summed_and_the_sample_replaced(self, ledger: Ledger) -> None:
        first = an_observation(count=3, first_at=NOW - 9, last_at=NOW - 5, request_id="first", sample="1")
        second = an_observation(count=4, first_at=NOW - 4, last_at=NOW, request_id="second", sample="2")
        for seen in (first, second):
            ledger.observe(seen)
        assert [replace(second, count=7, first_at=NOW - 9)] == ledger.observations("rejected", None, 10)

    def test_times_are_widened_in_whatever_order_they_come(self, ledger: Ledger) -> None:
        times = [(NOW - 5, NOW - 4), (NOW - 9, NOW - 1), (NOW - 7, NOW - 6), (NOW - 2, NOW - 2)]
        for first_at, last_at in times:
            ledger.observe(an_observation(first_at=first_at, last_at=last_at))
        assert [an_observation(count=4, first_at=NOW - 9, last_at=NOW - 1)] == ledger.observations("rejected", None, 9)

    @pytest.mark.parametrize(
        "field",
        [{"kind": "previous-secret"}, {"source": "other"}, {"reason": "missing-header"}, {"last_at": NOW + HOUR}],
        ids=["kind", "source", "reason", "hour"],
    )
    def test_what_differs_is_a_row_of_its_own(self, ledger: Ledger, field: dict[str, object]) -> None:
        one, other = an_observation(), an_observation(**field)
        for seen in (one, other):
            ledger.observe(seen)
        listed = [row for kind in ("rejected", "previous-secret") for row in ledger.observations(kind, None, 10)]
        assert sorted([one, other], key=repr) == sorted(listed, key=repr)

    def test_32_threads_lose_no_count_and_no_time(self, ledger: Ledger) -> None:
        seen = [an_observation(count=n, first_at=NOW - n, last_at=NOW + n) for n in range(1, 33)]
        at_once([lambda one=one: ledger.observe(one) for one in seen])  # type: ignore[misc]
        (row,) = ledger.observations("rejected", "orders", 10)
        assert (33 * 16, NOW - 32, NOW + 32) == (row.count, row.first_at, row.last_at)

    def test_the_newest_hours_come_first(self, ledger: Ledger) -> None:
        hours = [3, 0, 5, 1, 30, 4, 2]
        for back in hours:
            ledger.observe(an_observation(first_at=NOW - back * HOUR, last_at=NOW - back * HOUR))
        listed = [NOW - back * HOUR for back in sorted(hours)]
        for source in (None, "orders"):
            assert listed == [row.last_at for row in ledger.observations("rejected", source, 10)]
            assert listed[:3] == [row.last_at for row in ledger.observations("rejected", source, 3)]
            assert [] == ledger.observations("rejected", source, 0)

    def test_one_source_is_listed_without_the_others(self, ledger: Ledger) -> None:
        for source in ("", "a", "a-b", "ab", "b"):
            for back in range(3):
                ledger.observe(an_observation(source=source, last_at=NOW - back * HOUR))
        for source in ("", "a", "a-b"):
            listed = ledger.observations("rejected", source, 10)
            assert [an_observation(source=source, last_at=NOW - back * HOUR) for back in range(3)] == listed
        assert [("b", 0), ("ab", 0), ("a-b", 0), ("a", 0), ("", 0), ("b", 1)] == [
            (row.source, (NOW - row.last_at) // HOUR) for row in ledger.observations("rejected", None, 6)
        ]

    def test_since_leaves_out_what_ended_before(self, ledger: Ledger) -> None:
        for reason, last_at in (("a", NOW), ("b", NOW - 1), ("c", NOW - HOUR)):
            ledger.observe(an_observation(reason=reason, first_at=NOW - HOUR, last_at=last_at))
        for source in (None, "orders"):
            assert ["a"] == [row.reason for row in ledger.observations("rejected", source, 10, since_ms=NOW)]
            assert ["b", "a"] == [row.reason for row in ledger.observations("rejected", source, 10, since_ms=NOW - 1)]

    def test_14_days_are_kept(self, ledger: Ledger) -> None:
        old, older = NOW - KEPT_MS, NOW - KEPT_MS - HOUR
        for last_at in (older, old, NOW):
            ledger.observe(an_observation(last_at=last_at))
        listed = ledger.observations("rejected", None, 10, since_ms=NOW - KEPT_MS)
        assert [NOW, old] == [row.last_at for row in listed]

    def test_thousands_of_rows_come_whole(self, ledger: Ledger) -> None:
        """More than the 1 MB that one answer of DynamoDB holds."""
        request_id = "x" * 100_000
        for number in range(14):
            ledger.observe(an_observation(reason=f"reason-{number:02}", request_id=request_id))
        ledger.observe(an_observation(source="quiet", last_at=NOW - HOUR))
        assert 15 == len(ledger.observations("rejected", None, 100))
        assert 12 == len(ledger.observations("rejected", None, 12))
        assert ["quiet"] == [row.source for row in ledger.observations("rejected", "quiet", 1)]

    def test_observations_and_instances_do_not_meet(self, ledger: Ledger) -> None:
        ledger.observe(an_observation())
        assert [] == ledger.due(NOW * 2, 10)
        assert ledger.claim(an_instance(id="rejected")) is None
        assert [an_observation()] == ledger.observations("rejected", None, 10)
