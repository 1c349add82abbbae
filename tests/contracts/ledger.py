"""What every ledger promises (``verihook.ports.Ledger``). An adapter's tests subclass LedgerContract.

A subclass supplies two fixtures: ``ledger``, over an empty store, and ``reopen``, a function that gives another ledger
over the same store, as a restarted process would have.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings

from tests.contracts.instances import (
    LARGE,
    LATER,
    LIVE,
    MINUTE,
    NOW,
    NOW_S,
    ODD,
    a_full_instance,
    an_instance,
    at_once,
    changed,
    instances,
    live_changes,
)
from verihook.instance import FINAL, Instance, Status
from verihook.ports import Change, Ledger


class LedgerContract:
    """Times are made up: no ledger reads a clock."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        raise NotImplementedError

    @pytest.fixture
    def reopen(self) -> Callable[[], Ledger]:
        raise NotImplementedError

    # claim

    def test_a_free_id_is_claimed(self, ledger: Ledger) -> None:
        instance = an_instance()
        assert ledger.claim(instance) is None
        assert ledger.get(instance.id, NOW) == instance

    def test_a_taken_id_gives_the_whole_existing_row_and_leaves_it(self, ledger: Ledger) -> None:
        existing = a_full_instance()
        assert ledger.claim(existing) is None
        assert ledger.claim(an_instance(id=existing.id, input="2", workflow="other")) == existing
        assert ledger.get(existing.id, NOW) == existing

    def test_a_row_that_is_not_at_its_end_stays_taken_for_ever(self, ledger: Ledger) -> None:
        existing = an_instance()
        ledger.claim(existing)
        assert ledger.claim(an_instance(id=existing.id, created_at=NOW * 10)) == existing

    @pytest.mark.parametrize("into_the_second", [0, 1, 999])
    def test_an_expired_row_is_replaced_whole(self, ledger: Ledger, into_the_second: int) -> None:
        old = a_full_instance(expires_at=NOW_S)
        new = an_instance(id=old.id, created_at=NOW + into_the_second)
        ledger.claim(old)
        assert ledger.claim(new) is None
        assert ledger.get(new.id, NOW) == new

    def test_a_row_is_taken_until_the_very_moment_it_expires(self, ledger: Ledger) -> None:
        old = a_full_instance(expires_at=NOW_S)
        ledger.claim(old)
        assert ledger.claim(an_instance(id=old.id, created_at=NOW - 1)) == old

    def test_64_claims_of_one_event_have_one_owner(self, ledger: Ledger) -> None:
        claims = [an_instance(id="the_event", input=str(number)) for number in range(64)]
        answers = at_once([lambda claim=claim: ledger.claim(claim) for claim in claims])  # type: ignore[misc]
        winners = [claim for claim, answer in zip(claims, answers, strict=True) if answer is None]
        assert len(winners) == 1
        assert Counter(answers) == {None: 1, winners[0]: 63}
        assert ledger.get("the_event", NOW) == winners[0]

    def test_64_claims_of_64_events_all_own(self, ledger: Ledger) -> None:
        claims = [an_instance() for _ in range(64)]
        answers = at_once([lambda claim=claim: ledger.claim(claim) for claim in claims])  # type: ignore[misc]
        assert answers == [None] * 64
        assert [ledger.get(claim.id, NOW) for claim in claims] == claims

    # get

    def test_an_unknown_id_is_none(self, ledger: Ledger) -> None:
        assert ledger.get("nobody", NOW) is None

    @pytest.mark.parametrize(("now", "there"), [(NOW - 1, True), (NOW, False), (NOW + 1, False)])
    def test_an_expired_row_is_not_there(self, ledger: Ledger, now: int, there: bool) -> None:
        instance = a_full_instance(expires_at=NOW_S)
        ledger.claim(instance)
        assert ledger.get(instance.id, now) == (instance if there else None)

    # what is kept

    @pytest.mark.parametrize(
        "instance",
        [
            a_full_instance(),
            an_instance(due_at=None),
            an_instance(input="", source="", event_id="", event_type="", output="", error="", cause=""),
            a_full_instance(input=ODD, source=ODD, event_id=ODD, event_type=ODD, output=ODD, error=ODD, cause=ODD),
            an_instance(input=json.dumps("x" * (LARGE - 2))),
            an_instance(input=json.dumps("é" * (LARGE // 2 - 1), ensure_ascii=False)),
            an_instance(id="x" * 64),
        ],
        ids=["full", "least", "empty", "odd", "256-KiB-input", "256-KiB-input-of-two-byte-letters", "longest-id"],
    )
    def test_every_field_round_trips(self, ledger: Ledger, instance: Instance) -> None:
        assert ledger.claim(instance) is None
        assert ledger.get(instance.id, NOW) == instance
        assert ledger.claim(instance) == instance

    # Each example takes a fresh id; each subclass is meant to run the same examples.
    @settings(
        max_examples=40,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(instance=instances, change=live_changes)
    def test_any_row_round_trips(self, ledger: Ledger, instance: Instance, change: Change) -> None:
        instance = replace(instance, id=an_instance().id)
        assert ledger.claim(instance) is None
        assert ledger.get(instance.id, NOW) == instance
        assert ledger.record(instance.id, instance.attempt, change) is not instance.final
        after = instance if instance.final else changed(instance, change)
        assert ledger.get(instance.id, NOW) == after

    def test_text_that_is_no_unicode_is_refused_and_not_written(self, ledger: Ledger) -> None:
        instance = an_instance(event_id="\ud800")
        with pytest.raises(UnicodeEncodeError):
            ledger.claim(instance)
        assert ledger.get(instance.id, NOW) is None

    def test_rows_outlive_the_ledger_object(self, ledger: Ledger, reopen: Callable[[], Ledger]) -> None:
        instance = an_instance()
        ledger.claim(instance)
        again = reopen()
        assert again.get(instance.id, NOW) == instance
        assert again.claim(an_instance(id=instance.id)) == instance
        assert again.due(LATER, 10) == [instance]

    # record

    def test_a_live_report_replaces_what_can_change(self, ledger: Ledger) -> None:
        instance = an_instance(output="1", error="E", cause="C")
        ledger.claim(instance)
        change = Change("running", NOW + 7, due_at=NOW + 2 * MINUTE)
        assert ledger.record(instance.id, 1, change) is True
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
    def test_a_report_of_another_attempt_changes_nothing(self, ledger: Ledger, attempt: int) -> None:
        instance = an_instance(attempt=2)
        ledger.claim(instance)
        assert ledger.record(instance.id, attempt, Change("completed", NOW)) is False
        assert ledger.get(instance.id, NOW) == instance

    def test_a_report_of_an_unknown_instance_makes_no_row(self, ledger: Ledger) -> None:
        assert ledger.record("nobody", 1, Change("running", NOW, due_at=NOW)) is False
        assert ledger.get("nobody", NOW) is None
        assert ledger.due(LATER, 10) == []

    def test_a_repeated_report_applies_until_the_end(self, ledger: Ledger) -> None:
        instance = an_instance()
        ledger.claim(instance)
        running, done = Change("running", NOW, due_at=LATER), Change("completed", NOW, output="1")
        answers = [ledger.record(instance.id, 1, change) for change in (running, running, done, done, running)]
        assert answers == [True, True, True, False, False]
        assert ledger.get(instance.id, NOW) == changed(instance, done)

    def test_16_ends_at_once_leave_one(self, ledger: Ledger) -> None:
        instance = an_instance()
        ledger.claim(instance)
        ends = [Change("completed", NOW + number, output=str(number)) for number in range(16)]
        answers = at_once([lambda end=end: ledger.record(instance.id, 1, end) for end in ends])  # type: ignore[misc]
        assert Counter(answers) == {True: 1, False: 15}
        assert ledger.get(instance.id, NOW) == changed(instance, ends[answers.index(True)])

    def test_a_large_output_is_kept_whole_beside_a_large_input(self, ledger: Ledger) -> None:
        instance = an_instance(input=json.dumps("i" * (LARGE - 2)))
        ledger.claim(instance)
        change = Change("completed", NOW + 7, expires_at=NOW_S + 60, output=json.dumps("o" * (LARGE - 2)))
        assert ledger.record(instance.id, 1, change) is True
        kept = ledger.get(instance.id, NOW)
        assert kept is not None
        # A ledger with a limit on a row may drop the input for the output's sake. It says so with "", which is no JSON.
        assert kept.input in (instance.input, "")
        assert replace(kept, input=instance.input) == changed(instance, change)
        assert ledger.record(instance.id, 1, change) is False

    # restart

    def test_a_restart_replaces_the_row_whole(self, ledger: Ledger) -> None:
        old = a_full_instance(attempt=1)
        new = an_instance(id=old.id, attempt=2, input='{"a":2}')
        ledger.claim(old)
        assert ledger.restart(new, 1) is True
        assert ledger.get(new.id, NOW) == new
        assert ledger.due(LATER, 10) == [new]
        assert ledger.restart(new, 1) is False
        assert ledger.record(new.id, 1, Change("failed", NOW)) is False
        assert ledger.get(new.id, NOW) == new

    def test_a_restart_of_an_unknown_instance_makes_no_row(self, ledger: Ledger) -> None:
        new = an_instance(attempt=2)
        assert ledger.restart(new, 1) is False
        assert ledger.get(new.id, NOW) is None

    def test_16_restarts_at_once_leave_one(self, ledger: Ledger) -> None:
        old = a_full_instance(attempt=4)
        ledger.claim(old)
        attempts = [an_instance(id=old.id, attempt=5, input=str(number)) for number in range(16)]
        answers = at_once([lambda new=new: ledger.restart(new, 4) for new in attempts])  # type: ignore[misc]
        assert Counter(answers) == {True: 1, False: 15}
        assert ledger.get(old.id, NOW) == attempts[answers.index(True)]

    # due

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
    def test_an_end_is_never_due(self, ledger: Ledger, status: Status) -> None:
        claimed_final, ended = an_instance(status=status), an_instance()
        ledger.claim(claimed_final)
        ledger.claim(ended)
        assert ledger.due(LATER, 10) == [ended]
        # Even where the caller forgot to take the due time away.
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
