"""What every store of documents promises of lines. An adapter's tests subclass LinesContract, as DocumentsContract."""

from __future__ import annotations

import pytest

from tests.contracts.instances import ODD, at_once
from verihook.model.ports import MOST_IN_LINE, Documents, Place

WRITERS = 64


class LinesContract:
    @pytest.fixture
    def documents(self) -> Documents:
        raise NotImplementedError

    def test_members_stand_in_the_order_in_which_they_came(self, documents: Documents) -> None:
        assert [
            Place(0, "", ("c",)),
            Place(1, "c", ("c",)),
            Place(2, "a", ("c",)),
        ] == [documents.line_up("l", member, 1) for member in ("c", "a", "b")]
        # Each once, and at its first place.
        assert Place(1, "c", ("c", "a")) == documents.line_up("l", "a", 2)
        assert Place(2, "a", ("c", "a", "b")) == documents.place("l", "b", 9)
        assert Place(0, "", ("c",)) == documents.line_up("another", "c", 1)

    def test_who_is_in_no_line_has_no_place(self, documents: Documents) -> None:
        assert documents.place("l", "a", 1) is None
        documents.line_up("l", "b", 1)
        assert (None, "") == (documents.place("l", "a", 1), documents.step_out("l", "a", 1))
        assert Place(0, "", ("b",)) == documents.place("l", "b", 1)

    def test_one_comes_to_the_front_for_each_that_leaves_it(self, documents: Documents) -> None:
        for member in "abcdef":
            documents.line_up("l", member, 2)
        # Of the front, the second and the first; of those that wait, the last; again; the rest.
        left = [documents.step_out("l", member, 2) for member in "bafac"]
        assert ["c", "d", "", "", "e"] == left
        assert ["", ""] == [documents.step_out("l", member, 2) for member in "de"]
        assert documents.place("l", "e", 2) is None
        # A line that was empty begins again.
        assert Place(0, "", ("f",)) == documents.line_up("l", "f", 2)

    def test_odd_names_stay_as_they_are(self, documents: Documents) -> None:
        documents.line_up(ODD, ODD, 1)
        assert Place(1, ODD, (ODD,)) == documents.line_up(ODD, "a", 1)
        assert documents.step_out(ODD, ODD, 1) == "a"

    def test_64_at_once_have_a_place_each(self, documents: Documents) -> None:
        def come(number: int) -> int:
            place = documents.line_up("l", f"m{number}", 1)
            assert place
            return place.ahead

        places = at_once([lambda number=number: come(number) for number in range(WRITERS)])  # type: ignore[misc]
        assert sorted(places) == [*range(WRITERS)]
        in_order = [f"m{places.index(ahead)}" for ahead in range(9)]
        assert in_order[1:] == [documents.step_out("l", member, 1) for member in in_order[:-1]]

    def test_each_of_those_that_leave_at_once_brings_another_to_the_front(self, documents: Documents) -> None:
        for number in range(24):
            documents.line_up("l", f"m{number:02}", 12)
        leave = [lambda number=number: documents.step_out("l", f"m{number:02}", 12) for number in range(12)]
        assert [f"m{number}" for number in range(12, 24)] == sorted(at_once(leave))
        assert Place(0, "", ("m12",)) == documents.place("l", "m12", 1)

    def test_a_line_takes_no_more_than_an_item_can_hold(
        self, documents: Documents, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        longest = "x" * 58
        for store in ("sqlite", "dynamodb"):
            monkeypatch.setattr(f"verihook.adapters.ledgers.{store}.lines.MOST_IN_LINE", 3)
        for number in range(3):
            assert documents.line_up("l", f"{longest}{number}", 1)
        assert documents.line_up("l", "late", 1) is None
        assert documents.line_up("l", f"{longest}2", 1)
        documents.step_out("l", f"{longest}1", 1)
        assert documents.line_up("l", "late", 1)
        # The longest names: 64 characters, a dot, nine digits; a member of a list takes a byte more.
        assert (64 + 10 + 1) * MOST_IN_LINE < 400_000
