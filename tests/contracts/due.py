"""What every ledger promises of what is due. Fixtures as for LedgerContract (ledger.py)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.contracts.instances import LATER, LIVE, NOW, NOW_S, a_full_instance, an_instance, changed
from verihook.model.instance import FINAL, Status
from verihook.model.ports import Change, Ledger

CALLBACK = "https://example.com/ended"


class DueContract:
    """Times are made up: no ledger reads a clock."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        raise NotImplementedError

    def test_the_longest_due_come_first(self, ledger: Ledger) -> None:
        claimed = [an_instance(due_at=NOW + after) for after in (5, 3, 9, 1, 7, 2, 8, 4, 6, 0, 10, 11)]
        for instance in claimed:
            ledger.claim(instance)
        in_order = sorted(claimed, key=lambda instance: instance.due_at or 0)
        assert ledger.due(LATER, 100) == in_order
        assert ledger.due(LATER, 5) == in_order[:5]
        assert ledger.due(LATER, 1) == in_order[:1]
        assert ledger.due(LATER, 0) == []

    def test_what_is_not_due_yet_is_left_out(self, ledger: Ledger) -> None:
        due, later, never = an_instance(due_at=NOW), an_instance(due_at=NOW + 1), an_instance(due_at=None)
        for instance in (later, due, never):
            ledger.claim(instance)
        assert ledger.due(NOW - 1, 10) == []
        assert ledger.due(NOW, 10) == [due]
        assert ledger.due(NOW + 1, 10) == [due, later]

    @pytest.mark.parametrize("status", sorted(FINAL))
    def test_an_end_that_nobody_waits_to_be_told_is_never_due(self, ledger: Ledger, status: Status) -> None:
        claimed_final, ended = an_instance(status=status), an_instance()
        ledger.claim(claimed_final)
        ledger.claim(ended)
        assert ledger.due(LATER, 10) == [ended]
        # Even if the caller forgot to take the due time away.
        ledger.record(ended.id, 1, Change(status, NOW, due_at=NOW))
        assert ledger.due(LATER, 10) == []

    @pytest.mark.parametrize("status", LIVE)
    def test_a_due_time_can_be_put_off_and_taken_away(self, ledger: Ledger, status: Status) -> None:
        instance = an_instance()
        ledger.claim(instance)
        change = Change(status, NOW, due_at=LATER)
        ledger.record(instance.id, 1, change)
        assert ledger.due(LATER - 1, 10) == []
        assert ledger.due(LATER, 10) == [changed(instance, change)]
        ledger.record(instance.id, 1, Change(status, NOW))
        assert ledger.due(LATER, 10) == []

    def test_more_than_one_batch_and_one_answer_of_rows_come_whole(self, ledger: Ledger) -> None:
        claimed = [an_instance(due_at=NOW + number, input="x" * 200_000) for number in range(101)]
        for instance in claimed:
            ledger.claim(instance)
        assert ledger.due(LATER, 200) == claimed

    @pytest.mark.parametrize("status", sorted(FINAL))
    def test_an_end_is_due_while_its_callback_waits(self, ledger: Ledger, status: Status) -> None:
        instance = an_instance(callback_url=CALLBACK, tags=("vip",))
        ledger.claim(instance)
        end = Change(status, NOW, due_at=NOW + 5, expires_at=NOW_S + 86_400, output="1")
        assert ledger.record(instance.id, 1, end) is True
        ended = changed(instance, end)
        assert ended.due_at == NOW + 5
        assert ledger.get(instance.id, NOW) == ended
        assert ledger.due(NOW + 4, 10) == []
        assert ledger.due(NOW + 5, 10) == [ended]
        put_off = replace(ended, due_at=LATER, callback_tries=1)
        assert ledger.amend(put_off) is True
        assert ledger.due(LATER - 1, 10) == []
        told = replace(put_off, due_at=None, revision=put_off.revision + 1)
        assert ledger.due(LATER, 10) == [replace(told, due_at=LATER)]
        assert ledger.amend(told) is True
        assert ledger.due(LATER, 10) == []

    def test_an_end_without_a_due_time_is_not_due_even_with_a_callback(self, ledger: Ledger) -> None:
        instance = an_instance(callback_url=CALLBACK)
        ledger.claim(instance)
        assert ledger.record(instance.id, 1, Change("completed", NOW)) is True
        assert ledger.get(instance.id, NOW) == changed(instance, Change("completed", NOW))
        assert ledger.due(LATER, 10) == []

    def test_a_final_row_may_be_claimed_or_amended_due(self, ledger: Ledger) -> None:
        claimed = a_full_instance(due_at=NOW)
        amended = an_instance(due_at=None)
        for instance in (claimed, amended):
            ledger.claim(instance)
        final = replace(amended, status="failed", due_at=NOW + 1, callback_url=CALLBACK)
        assert ledger.amend(final) is True
        assert ledger.due(LATER, 10) == [claimed, replace(final, revision=2)]

    def test_what_has_expired_or_was_purged_is_not_due(self, ledger: Ledger) -> None:
        expired, purged = (
            a_full_instance(created_at=NOW - 2000, due_at=NOW - 1000, expires_at=NOW_S) for _ in range(2)
        )
        live = an_instance(created_at=NOW - 2000, due_at=NOW - 1000)
        for instance in (expired, purged, live):
            ledger.claim(instance)
        for instance in (purged, live):
            assert ledger.amend(replace(instance, purged=True)) is True
        assert ledger.due(NOW - 1, 10) == [expired]
        assert ledger.due(NOW, 10) == []

    def test_what_lives_and_what_is_to_be_told_do_not_stand_in_each_others_way(self, ledger: Ledger) -> None:
        living = [an_instance(due_at=NOW + number) for number in range(3)]
        told = [an_instance(status="failed", due_at=NOW + number, callback_url=CALLBACK) for number in range(3)]
        for instance in (*living, *told):
            ledger.claim(instance)
        assert ledger.due(LATER, 2, ended=False) == living[:2]
        assert ledger.due(LATER, 2, ended=True) == told[:2]
        end = Change("completed", NOW, due_at=NOW + 9)
        waiting = an_instance(due_at=NOW, callback_url=CALLBACK)
        ledger.claim(waiting)
        assert ledger.record(waiting.id, 1, end) is True
        assert ledger.due(LATER, 9, ended=False) == living
        assert ledger.due(LATER, 9, ended=True) == [*told, changed(waiting, end)]
