"""What every ledger promises of lists. Fixtures as for LedgerContract (ledger.py)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.instances import NOW, NOW_S, ODD, a_full_instance, an_instance, listed
from verihook.model.instance import Instance
from verihook.model.listing import Position, Query
from verihook.model.ports import Change, Ledger

VIP = ("tag", "vip")

#: A query for each index, all of which show a_member.
QUERIES = {
    "created": Query(),
    "workflow": Query(workflow="deploy"),
    "status": Query(status="queued"),
    "workflow-status": Query(workflow="deploy", status="queued"),
    "source": Query(source="github"),
    "label": Query(label=VIP),
}
every_index = pytest.mark.parametrize("query", QUERIES.values(), ids=QUERIES)


def a_member(after: int, **fields: Any) -> Instance:
    """A row that every query of QUERIES shows, created so many milliseconds after NOW."""
    return an_instance(created_at=NOW + after, **{"source": "github", "tags": ("vip",), **fields})


def a_stranger(after: int) -> Instance:
    """A row that no query with a filter shows."""
    other: dict[str, Any] = {"status": "running", "source": "gitlab", "tags": ("other",)}
    return an_instance(created_at=NOW + after, workflow="other", **other)


def newest_first(instances: list[Instance]) -> list[Instance]:
    """As a list shows them."""
    return [listed(row) for row in sorted(instances, key=lambda row: (row.created_at, row.id), reverse=True)]


def pages(ledger: Ledger, query: Query, limit: int, between: Callable[[], object] = lambda: None) -> list[Instance]:
    """Every page, one after the other."""
    rows: list[Instance] = []
    after: Position | None = None
    while page := ledger.page(query, limit, after, NOW):
        assert len(page) <= limit
        rows += page
        after = Position(page[-1].created_at, page[-1].id)
        between()
    return rows


class ListingContract:
    """Times are made up: no ledger reads a clock. What was written is in the indexes at once in all that is tested."""

    @pytest.fixture
    def ledger(self) -> Ledger:
        raise NotImplementedError

    @every_index
    def test_an_empty_ledger_lists_nothing(self, ledger: Ledger, query: Query) -> None:
        assert ledger.page(query, 10, None, NOW) == []
        assert ledger.page(query, 10, Position(NOW, "an_id"), NOW) == []

    @every_index
    def test_each_index_lists_its_own_the_newest_first(self, ledger: Ledger, query: Query) -> None:
        members = [a_member(after) for after in (3, 1, 5, 2, 4, 4, 4, 0)]
        strangers = [a_stranger(after) for after in (0, 3, 6)]
        for instance in (*members, *strangers):
            ledger.claim(instance)
        expected = newest_first(members if query.index != "created" else [*members, *strangers])
        assert ledger.page(query, 100, None, NOW) == expected
        assert ledger.page(query, 3, None, NOW) == expected[:3]
        assert ledger.page(query, 0, None, NOW) == []

    def test_every_field_but_input_and_output_is_shown(self, ledger: Ledger) -> None:
        instance = a_full_instance(source=ODD, workflow=ODD, due_at=NOW, held=True)
        ledger.claim(instance)
        for query in (Query(), Query(workflow=ODD), Query(source=ODD), Query(workflow=ODD, status="failed")):
            assert ledger.page(query, 10, None, NOW) == [listed(instance)]

    @every_index
    @pytest.mark.parametrize("limit", [1, 4, 25])
    def test_pages_neither_skip_nor_repeat(self, ledger: Ledger, query: Query, limit: int) -> None:
        members = [a_member(after // 3) for after in range(25)]
        for instance in members:
            ledger.claim(instance)
        assert pages(ledger, query, limit) == newest_first(members)

    @every_index
    def test_rows_that_are_added_between_pages_move_nothing(self, ledger: Ledger, query: Query) -> None:
        members = [a_member(2 * after) for after in range(20)]
        for instance in members:
            ledger.claim(instance)
        rows = pages(ledger, query, 3, between=lambda: ledger.claim(a_member(1_000)))
        assert rows == newest_first(members)

    @every_index
    def test_since_is_inclusive_and_until_exclusive(self, ledger: Ledger, query: Query) -> None:
        members = [a_member(after) for after in range(10)]
        for instance in members:
            ledger.claim(instance)
        assert pages(ledger, replace(query, since=NOW + 6), 2) == newest_first(members[6:])
        assert pages(ledger, replace(query, until=NOW + 6), 4) == newest_first(members[:6])
        assert pages(ledger, replace(query, since=NOW + 3, until=NOW + 6), 2) == newest_first(members[3:6])
        assert ledger.page(replace(query, since=NOW + 6, until=NOW + 6), 9, None, NOW) == []
        assert ledger.page(replace(query, since=NOW + 6, until=NOW + 3), 9, None, NOW) == []
        assert ledger.page(replace(query, since=NOW + 6), 9, Position(NOW + 6, ""), NOW) == []

    @every_index
    def test_a_position_needs_no_row_of_its_own(self, ledger: Ledger, query: Query) -> None:
        members = [a_member(after, id=name) for after, name in ((0, "z"), (1, "a"), (1, "b"), (1, "b_"), (2, "c"))]
        for instance in members:
            ledger.claim(instance)
        assert ledger.page(query, 9, Position(NOW + 1, "b_"), NOW) == newest_first(members[:3])
        assert ledger.page(query, 9, Position(NOW + 1, "ab"), NOW) == newest_first(members[:2])
        assert ledger.page(query, 9, Position(NOW + 1, ""), NOW) == newest_first(members[:1])
        assert ledger.page(replace(query, until=NOW + 1), 9, Position(NOW + 2, "c"), NOW) == newest_first(members[:1])

    @every_index
    def test_a_page_is_filled_up_past_what_has_expired(self, ledger: Ledger, query: Query) -> None:
        members = [a_member(n - 1000, expires_at=None if n % 3 == 0 else NOW_S) for n in range(12)]
        for instance in members:
            ledger.claim(instance)
        shown = newest_first(members[::3])
        assert ledger.page(query, 4, None, NOW) == shown
        assert ledger.page(query, 4, None, NOW - 1) == newest_first(members)[:4]
        assert pages(ledger, query, 1) == shown

    @every_index
    def test_what_was_purged_is_shown_to_nobody(self, ledger: Ledger, query: Query) -> None:
        members = [a_member(after) for after in range(4)]
        for instance in members:
            ledger.claim(instance)
        assert ledger.amend(replace(members[1], purged=True, input="", tags=())) is True
        assert ledger.amend(replace(members[2], purged=True)) is True
        ledger.claim(a_member(9, purged=True))
        assert ledger.page(query, 4, None, NOW) == newest_first([members[0], members[3]])

    @every_index
    def test_an_id_that_is_claimed_again_stands_at_its_new_place_alone(self, ledger: Ledger, query: Query) -> None:
        old, new = a_member(-1000, id="again", expires_at=NOW_S), a_member(0, id="again")
        ledger.claim(old)
        assert ledger.claim(new) is None
        assert pages(ledger, query, 1) == [listed(new)]

    @pytest.mark.parametrize("fields", [{}, {"tags": ("vip",), "callback_url": "https://example.com/"}], ids=repr)
    def test_a_report_moves_a_row_to_its_status(self, ledger: Ledger, fields: dict[str, Any]) -> None:
        instance, other = an_instance(**fields), an_instance(**fields)
        for each in (instance, other):
            ledger.claim(each)
        for status in ("running", "suspended", "queued", "completed"):
            ledger.record(instance.id, 1, Change(status, NOW, due_at=NOW, expires_at=NOW_S + 60, output="1"))
            row = ledger.get(instance.id, NOW)
            assert row is not None
            for named in ("queued", "running", "suspended", "completed"):
                expected = [listed(row)] * (named == status) + [listed(other)] * (named == "queued")
                for workflow in ("deploy", None):
                    shown = ledger.page(Query(workflow=workflow, status=named), 10, None, NOW)
                    assert sorted(shown, key=repr) == sorted(expected, key=repr)

    def test_what_a_worker_has_begun_is_running(self, ledger: Ledger) -> None:
        waits, begun = a_member(0), a_member(1)
        for row in (waits, begun):
            ledger.claim(row)
        leased = replace(begun, status="running", tries=1, begun_at=NOW, leased_until=NOW + 70_000)
        assert ledger.amend(leased) is True
        shown = listed(replace(leased, revision=2))
        for workflow in ("deploy", None):
            assert ledger.page(Query(workflow=workflow, status="running"), 10, None, NOW) == [shown]
            assert ledger.page(Query(workflow=workflow, status="queued"), 10, None, NOW) == [listed(waits)]
        ended = replace(leased, status="completed", leased_until=None, due_at=None, revision=2)
        assert ledger.amend(ended) is True
        for workflow in ("deploy", None):
            assert ledger.page(Query(workflow=workflow, status="running"), 10, None, NOW) == []
            completed = ledger.page(Query(workflow=workflow, status="completed"), 10, None, NOW)
            assert completed == [listed(replace(ended, revision=3))]

    def test_an_amended_row_moves_to_what_it_is_now(self, ledger: Ledger) -> None:
        instance = a_member(0, metadata={"customer": "42"})
        ledger.claim(instance)
        after: dict[str, Any] = {"workflow": "other", "status": "failed", "source": None, "tags": ("new",)}
        amended = replace(instance, metadata={}, **after)
        assert ledger.amend(amended) is True
        for query in [*QUERIES.values(), Query(label=("metadata.customer", "42"))][1:]:
            assert ledger.page(query, 10, None, NOW) == []
        found = [Query(), Query(workflow="other"), Query(status="failed"), Query(label=("tag", "new"))]
        for query in [*found, Query(workflow="other", status="failed")]:
            assert ledger.page(query, 10, None, NOW) == [listed(replace(amended, revision=2))]

    # labels

    def test_labels_are_told_apart_by_name_and_value(self, ledger: Ledger) -> None:
        rows = {
            ("tag", "a"): an_instance(tags=("a",)),
            ("tag", ""): an_instance(tags=("",)),
            ("tag", ODD): an_instance(tags=(ODD,)),
            ("tag", "x" * 3000): an_instance(tags=("x" * 3000,)),
            ("tag", "x" * 2999 + "y"): an_instance(tags=("x" * 2999 + "y",)),
            ("metadata.tag", "a"): an_instance(metadata={"tag": "a"}),
            ("metadata.a", "b#c"): an_instance(metadata={"a": "b#c"}),
            ("metadata.a#b", "c"): an_instance(metadata={"a#b": "c"}),
            ("metadata." + ODD, ""): an_instance(metadata={ODD: ""}),
        }
        for instance in rows.values():
            ledger.claim(instance)
        for label, instance in rows.items():
            assert ledger.page(Query(label=label), 10, None, NOW) == [listed(instance)]

    def test_a_row_is_found_by_each_of_its_labels_until_it_expires(self, ledger: Ledger) -> None:
        instance = an_instance(tags=("a", "b", "a"), metadata={"c": "1", "d": "2"})
        ledger.claim(instance)
        ledger.record(instance.id, 1, Change("completed", NOW, expires_at=NOW_S))
        ended = ledger.get(instance.id, NOW - 1)
        assert ended is not None
        for label in instance.labels:
            assert ledger.page(Query(label=label), 10, None, NOW - 1) == [listed(ended)]
            assert ledger.page(Query(label=label), 10, None, NOW) == []

    def test_who_lost_a_claim_is_not_found_by_its_labels(self, ledger: Ledger) -> None:
        instance = a_member(0)
        ledger.claim(instance)
        assert ledger.claim(a_member(1, id=instance.id, tags=("vip", "late"))) == instance
        assert ledger.page(Query(label=("tag", "late")), 10, None, NOW) == []
        assert ledger.page(Query(label=VIP), 10, None, NOW) == [listed(instance)]

    def test_who_lost_an_amend_changes_no_labels(self, ledger: Ledger) -> None:
        instance = a_member(0, revision=2)
        ledger.claim(instance)
        assert ledger.amend(replace(instance, revision=1, tags=("late",))) is False
        assert ledger.amend(replace(instance, revision=1, purged=True)) is False
        assert ledger.page(Query(label=("tag", "late")), 10, None, NOW) == []
        assert ledger.page(Query(label=VIP), 10, None, NOW) == [listed(instance)]

    def test_more_labels_than_one_batch_holds(self, ledger: Ledger) -> None:
        instance = an_instance(tags=tuple(f"tag_{number}" for number in range(30)))
        ledger.claim(instance)
        for label in instance.labels:
            assert ledger.page(Query(label=label), 10, None, NOW) == [listed(instance)]

    def test_a_page_of_more_than_a_hundred_rows(self, ledger: Ledger) -> None:
        members = [a_member(after) for after in range(130)]
        for instance in members:
            ledger.claim(instance)
        assert ledger.page(Query(), 120, None, NOW) == newest_first(members)[:120]
