"""What every ledger promises of changes: record and amend. Fixtures as for LedgerContract (ledger.py)."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import get_args

import pytest

from tests.contracts.instances import (
    LATER,
    LIVE,
    MINUTE,
    NOW,
    NOW_S,
    ODD,
    a_delivery,
    a_full_instance,
    an_instance,
    at_once,
    changed,
)
from verihook.model.instance import FINAL, Status
from verihook.model.listing import Query
from verihook.model.ports import MAX_INLINE, MAX_OUTPUT, Change, Ledger

CALLBACK = "https://example.com/ended"


class ChangesContract:
    """Times are made up: no ledger reads a clock."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        raise NotImplementedError

    # what is kept of a delivery

    def test_what_has_expired_of_a_delivery_is_dropped_by_the_next_write(self, ledger: Ledger) -> None:
        instance = an_instance(delivery=a_delivery(keep_days=1))
        ledger.claim(instance)
        assert ledger.get(instance.id, NOW) == instance
        later = replace(instance, updated_at=NOW + 24 * 60 * MINUTE)
        assert ledger.amend(later) is True
        assert instance.delivery is not None
        left = replace(instance.delivery, facts=None)
        assert ledger.get(instance.id, NOW) == replace(later, revision=2, delivery=left)

    # record

    def test_a_live_report_replaces_what_can_change(self, ledger: Ledger) -> None:
        instance = an_instance(output="1", error="E", cause="C")
        ledger.claim(instance)
        change = Change("running", NOW + 7, due_at=NOW + 2 * MINUTE)
        assert ledger.record(instance.id, 1, change) is True
        assert ledger.get(instance.id, NOW) == changed(instance, change)

    def test_a_report_leaves_what_it_does_not_name(self, ledger: Ledger) -> None:
        instance = a_full_instance(status="queued", expires_at=None, due_at=NOW, revision=9, held=True)
        ledger.claim(instance)
        change = Change("running", NOW + 7, due_at=NOW + 2 * MINUTE)
        assert ledger.record(instance.id, instance.attempt, change) is True
        assert ledger.get(instance.id, NOW) == changed(instance, change)

    @pytest.mark.parametrize("status", sorted(FINAL))
    def test_an_end_is_kept_with_its_words(self, ledger: Ledger, status: Status) -> None:
        instance = an_instance()
        ledger.claim(instance)
        change = Change(status, NOW + 7, expires_at=NOW_S + 60, output=ODD, error="", cause="C")
        assert ledger.record(instance.id, 1, change) is True
        assert ledger.get(instance.id, NOW) == changed(instance, change)

    @pytest.mark.parametrize("status", get_args(Status))
    @pytest.mark.parametrize("end", sorted(FINAL))
    def test_an_end_is_never_overwritten(self, ledger: Ledger, end: Status, status: Status) -> None:
        instance = a_full_instance(status=end)
        ledger.claim(instance)
        change = Change(status, NOW + 9, due_at=NOW, output="2", error="E", cause="C")
        assert [ledger.record(instance.id, instance.attempt, change) for _ in range(2)] == [False, False]
        assert ledger.get(instance.id, NOW) == instance
        assert ledger.due(LATER, 10) == []

    @pytest.mark.parametrize("attempt", [1, 3])
    @pytest.mark.parametrize("status", ["running", "completed"])
    def test_a_report_of_another_attempt_changes_nothing(self, ledger: Ledger, attempt: int, status: Status) -> None:
        instance = an_instance(attempt=2, tags=("vip",), callback_url=CALLBACK)
        ledger.claim(instance)
        assert ledger.record(instance.id, attempt, Change(status, NOW, due_at=NOW)) is False
        assert ledger.get(instance.id, NOW) == instance

    @pytest.mark.parametrize("status", ["running", "completed"])
    def test_a_report_of_an_unknown_instance_makes_no_row(self, ledger: Ledger, status: Status) -> None:
        assert ledger.record("nobody", 1, Change(status, NOW, due_at=NOW)) is False
        assert ledger.get("nobody", NOW) is None
        assert ledger.due(LATER, 10) == []

    def test_a_repeated_report_applies_until_the_end(self, ledger: Ledger) -> None:
        instance = an_instance()
        ledger.claim(instance)
        running, done = Change("running", NOW, due_at=LATER), Change("completed", NOW, output="1")
        answers = [ledger.record(instance.id, 1, change) for change in (running, running, done, done, running)]
        assert answers == [True, True, True, False, False]
        assert ledger.get(instance.id, NOW) == replace(changed(instance, done), revision=4)

    @pytest.mark.parametrize("status", get_args(Status))
    def test_running_never_overwrites_suspended_while_it_is_held(self, ledger: Ledger, status: Status) -> None:
        held = an_instance(status="suspended", held=True, due_at=None)
        ledger.claim(held)
        change = Change(status, NOW + 7)
        applied = status != "running"
        assert ledger.record(held.id, 1, change) is applied
        assert ledger.get(held.id, NOW) == (changed(held, change) if applied else held)

    @pytest.mark.parametrize("row", [("suspended", False), ("queued", True), ("running", True)], ids=repr)
    def test_running_overwrites_what_is_not_both_suspended_and_held(
        self, ledger: Ledger, row: tuple[Status, bool]
    ) -> None:
        instance = an_instance(status=row[0], held=row[1])
        ledger.claim(instance)
        assert ledger.record(instance.id, 1, Change("running", NOW + 7)) is True
        assert ledger.get(instance.id, NOW) == changed(instance, Change("running", NOW + 7))

    @pytest.mark.parametrize("fields", [{}, {"callback_url": CALLBACK}, {"tags": ("vip",)}], ids=repr)
    def test_16_ends_at_once_leave_one(self, ledger: Ledger, fields: dict[str, object]) -> None:
        instance = an_instance(**fields)
        ledger.claim(instance)
        ends = [Change("completed", NOW + number, due_at=NOW, output=str(number)) for number in range(16)]
        answers = at_once([lambda end=end: ledger.record(instance.id, 1, end) for end in ends])  # type: ignore[misc]
        assert Counter(answers) == {True: 1, False: 15}
        assert ledger.get(instance.id, NOW) == changed(instance, ends[answers.index(True)])

    def test_the_largest_output_is_kept_beside_the_largest_input(self, ledger: Ledger) -> None:
        instance = an_instance(input=json.dumps("i" * (MAX_INLINE - 2)))
        ledger.claim(instance)
        change = Change("completed", NOW + 7, expires_at=NOW_S + 60, output=json.dumps("o" * (MAX_OUTPUT - 2)))
        assert ledger.record(instance.id, 1, change) is True
        assert ledger.get(instance.id, NOW) == changed(instance, change)

    # amend

    def test_an_amended_row_is_replaced_whole(self, ledger: Ledger) -> None:
        old = a_full_instance(attempt=1, revision=6)
        new = an_instance(id=old.id, attempt=2, revision=6, input='{"a":2}')
        ledger.claim(old)
        assert ledger.amend(new) is True
        assert ledger.get(new.id, NOW) == replace(new, revision=7)
        assert ledger.due(LATER, 10) == [replace(new, revision=7)]
        assert ledger.record(new.id, 1, Change("failed", NOW)) is False
        assert ledger.get(new.id, NOW) == replace(new, revision=7)

    def test_an_amended_row_may_get_every_field(self, ledger: Ledger) -> None:
        old = an_instance()
        new = a_full_instance(id=old.id, revision=1, due_at=LATER)
        ledger.claim(old)
        assert ledger.amend(new) is True
        assert ledger.get(new.id, NOW) == replace(new, revision=2)

    @pytest.mark.parametrize("revision", [1, 2, 4, 5])
    def test_a_row_of_another_revision_is_not_amended(self, ledger: Ledger, revision: int) -> None:
        instance = a_full_instance(status="running", revision=3, expires_at=None)
        ledger.claim(instance)
        amended = replace(instance, revision=revision, input="2", tags=("other",), purged=True)
        assert ledger.amend(amended) is False
        assert ledger.get(instance.id, NOW) == instance

    def test_what_was_recorded_in_between_is_not_amended_away(self, ledger: Ledger) -> None:
        instance = an_instance()
        ledger.claim(instance)
        change = Change("completed", NOW + 1, output="1")
        ledger.record(instance.id, 1, change)
        assert ledger.amend(replace(instance, status="suspended", held=True)) is False
        assert ledger.get(instance.id, NOW) == changed(instance, change)

    def test_an_unknown_instance_is_not_amended_into_being(self, ledger: Ledger) -> None:
        assert [ledger.amend(an_instance(id="nobody", revision=revision)) for revision in (1, 2)] == [False, False]
        assert ledger.get("nobody", NOW) is None

    def test_a_tombstone_gives_way_to_a_new_instance_with_labels_and_a_callback(self, ledger: Ledger) -> None:
        """Of several that want its place at once, one has it."""
        buried = a_full_instance(purged=True, input="null", leased_until=NOW + 7, tags=(), metadata={}, revision=3)
        ledger.claim(buried)
        assert ledger.amend(replace(buried, leased_until=None)) is True
        empty = ledger.get(buried.id, NOW)
        assert empty == replace(buried, leased_until=None, revision=4)
        fresh = an_instance(id=buried.id, attempt=buried.attempt + 1, revision=4, tags=("vip",), callback_url=CALLBACK)
        assert Counter(at_once([lambda: ledger.amend(fresh)] * 16)) == {True: 1, False: 15}
        assert ledger.get(buried.id, NOW) == replace(fresh, revision=5)
        assert [row.id for row in ledger.page(Query(label=("tag", "vip")), 9, None, NOW)] == [fresh.id]
        assert ledger.record(fresh.id, buried.attempt, Change("completed", NOW + 9)) is False
        assert ledger.record(fresh.id, fresh.attempt, Change("completed", NOW + 9)) is True

    @pytest.mark.parametrize("tags", [(), ("vip",)], ids=["plain", "labelled"])
    def test_64_amends_at_once_leave_one(self, ledger: Ledger, tags: tuple[str, ...]) -> None:
        old = a_full_instance(revision=4)
        ledger.claim(old)
        news = [an_instance(id=old.id, attempt=5, revision=4, input=str(number), tags=tags) for number in range(64)]
        answers = at_once([lambda new=new: ledger.amend(new) for new in news])  # type: ignore[misc]
        assert Counter(answers) == {True: 1, False: 63}
        assert ledger.get(old.id, NOW) == replace(news[answers.index(True)], revision=5)

    @pytest.mark.parametrize("status", LIVE)
    def test_amended_rows_take_reports_again(self, ledger: Ledger, status: Status) -> None:
        old = a_full_instance()
        new = replace(old, status=status, held=False, expires_at=None)
        ledger.claim(old)
        assert ledger.amend(new) is True
        assert ledger.record(new.id, new.attempt, Change("running", NOW)) is True
        row = ledger.get(new.id, NOW)
        assert row is not None
        assert (row.status, row.revision) == ("running", old.revision + 2)
