"""What every ledger promises of claims (``verihook.model.ports.Ledger``). An adapter's tests subclass LedgerContract.

A subclass supplies two fixtures: ``ledger``, over an empty store, and ``reopen``, a function that gives another ledger
over the same store, as a restarted process would have. It takes the other suites of the port along:
ChangesContract (changes.py), DueContract (due.py), ListingContract (listing.py) and ObservationsContract
(observations.py), which want the same two. Documents are a port of their own (documents.py).
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings

from tests.contracts.instances import (
    LARGE,
    LATER,
    NOW,
    NOW_S,
    ODD,
    a_full_instance,
    an_instance,
    applies,
    at_once,
    changed,
    instances,
    live_changes,
)
from verihook.model.instance import Instance
from verihook.model.ports import Change, Ledger


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
        assert Counter(answer and answer.input for answer in answers) == {None: 1, winners[0].input: 63}
        assert ledger.get("the_event", NOW) == winners[0]

    def test_64_claims_of_64_events_all_own(self, ledger: Ledger) -> None:
        claims = [an_instance() for _ in range(64)]
        answers = at_once([lambda claim=claim: ledger.claim(claim) for claim in claims])  # type: ignore[misc]
        assert answers == [None] * 64
        assert [ledger.get(claim.id, NOW) for claim in claims] == claims

    def test_a_purged_row_keeps_its_id_taken_until_it_expires(self, ledger: Ledger) -> None:
        purged = a_full_instance(purged=True, input="", expires_at=NOW_S)
        ledger.claim(purged)
        assert ledger.claim(an_instance(id=purged.id, created_at=NOW - 1)) == purged
        assert ledger.get(purged.id, NOW - 1) == purged
        new = an_instance(id=purged.id, created_at=NOW)
        assert ledger.claim(new) is None
        assert ledger.get(new.id, NOW) == new

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
            a_full_instance(due_at=NOW + 1),
            a_full_instance(status="suspended", held=True, expires_at=None),
            a_full_instance(purged=True, input=""),
            an_instance(tags=("", ODD, "x" * 3000, "vip", "vip"), metadata={ODD: "", "a#b": "c#d", "b": "x" * 3000}),
            an_instance(engine="", connection="", callback_url=""),
        ],
        ids=[
            "full",
            "least",
            "empty",
            "odd",
            "256-KiB-input",
            "256-KiB-input-of-two-byte-letters",
            "longest-id",
            "told-later",
            "held",
            "purged",
            "odd-labels",
            "empty-words",
        ],
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
        assert ledger.record(instance.id, instance.attempt, change) is applies(instance, change)
        after = changed(instance, change) if applies(instance, change) else instance
        assert ledger.get(instance.id, NOW) == after
        amended = replace(after, id=instance.id, purged=not after.purged, tags=after.tags[1:])
        assert ledger.amend(amended) is True
        assert ledger.get(instance.id, NOW) == replace(amended, revision=after.revision + 1)

    @pytest.mark.parametrize(
        "field", [{"event_id": "\ud800"}, {"tags": ("\ud800",)}, {"metadata": {"a": "\ud800"}}], ids=repr
    )
    def test_text_that_is_no_unicode_is_refused_and_not_written(self, ledger: Ledger, field: dict[str, object]) -> None:
        instance = an_instance(**field)
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

    def test_every_text_that_is_short_has_room(self, ledger: Ledger) -> None:
        for text in ("", "{}", "é" * 4096, "x" * 8192, json.dumps({"a": [1, 2] * 500})):
            assert ledger.has_room(text), len(text)
