"""What every store of documents promises (``verihook.model.ports.Documents``).

An adapter's tests subclass DocumentsContract.

A subclass supplies two fixtures: ``documents``, over an empty store, and ``reopen``, a function that gives others over
the same store, as a restarted process would have.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.contracts.instances import NOW, NOW_S, ODD, at_once
from verihook.model.ports import Document, Documents, Token

SECOND = 1_000


def a_document(name: str = "ci", **fields: object) -> Document:
    """A document that is first written."""
    return replace(Document(name, '{"a":1}', 1), **fields)  # type: ignore[arg-type]  # fields of any type


class DocumentsContract:
    """Times are made up: no store reads a clock."""

    @pytest.fixture
    def documents(self) -> Documents:
        raise NotImplementedError

    @pytest.fixture
    def reopen(self) -> Callable[[], Documents]:
        raise NotImplementedError

    @pytest.mark.parametrize(
        "document",
        [
            a_document(),
            a_document(expires_at=NOW_S + 1),
            a_document(text=""),
            a_document(text=ODD, name=ODD),
            a_document(text="x" * 300_000),
            a_document(name="x" * 200),
        ],
        ids=["plain", "expiring", "empty", "odd", "300-KB", "long-name"],
    )
    def test_a_document_round_trips(
        self, documents: Documents, reopen: Callable[[], Documents], document: Document
    ) -> None:
        assert documents.write("key", document, NOW) is True
        assert documents.read("key", document.name, NOW) == document
        again = reopen()
        assert again.read("key", document.name, NOW) == document
        assert again.all("key", 10, NOW) == [document]

    def test_there_is_nothing_at_first(self, documents: Documents) -> None:
        assert documents.read("key", "ci", NOW) is None
        assert documents.all("key", 10, NOW) == []
        documents.remove("key", "ci")
        assert documents.read("key", "ci", NOW) is None

    def test_text_that_is_no_unicode_is_refused_and_not_written(self, documents: Documents) -> None:
        with pytest.raises(UnicodeEncodeError):
            documents.write("key", a_document(text="\ud800"), NOW)
        assert documents.read("key", "ci", NOW) is None

    def test_partitions_and_names_are_told_apart(self, documents: Documents) -> None:
        written = {("a", "b"): "1", ("a", "c"): "2", ("b", "b"): "3", ("a#b", "c"): "4", ("a", "b#c"): "5"}
        for (partition, name), text in written.items():
            assert documents.write(partition, a_document(name, text=text), NOW) is True
        for (partition, name), text in written.items():
            assert documents.read(partition, name, NOW) == a_document(name, text=text)
        assert [row.name for row in documents.all("a", 10, NOW)] == ["b", "b#c", "c"]

    # versions

    def test_a_document_is_first_written_once(self, documents: Documents) -> None:
        assert documents.write("key", a_document(), NOW) is True
        assert documents.write("key", a_document(text="2"), NOW) is False
        assert documents.read("key", "ci", NOW) == a_document()

    def test_only_the_next_version_replaces(self, documents: Documents) -> None:
        documents.write("key", a_document(expires_at=NOW_S + 9), NOW)
        for version, applied in ((3, False), (2, True), (2, False), (1, False), (4, False), (3, True)):
            assert documents.write("key", a_document(text=str(version), version=version), NOW) is applied
        assert documents.read("key", "ci", NOW) == a_document(text="3", version=3)

    def test_a_later_version_of_nothing_is_not_written(self, documents: Documents) -> None:
        assert documents.write("key", a_document(version=2), NOW) is False
        assert documents.read("key", "ci", NOW) is None

    def test_a_removed_document_begins_again(self, documents: Documents) -> None:
        documents.write("key", a_document(), NOW)
        documents.write("key", a_document(version=2), NOW)
        documents.remove("key", "ci")
        assert documents.read("key", "ci", NOW) is None
        assert documents.write("key", a_document(version=3), NOW) is False
        assert documents.write("key", a_document(text="new"), NOW) is True
        assert documents.read("key", "ci", NOW) == a_document(text="new")

    @pytest.mark.parametrize("before", [0, 1], ids=["first", "next"])
    def test_64_writes_of_a_version_have_one_winner(self, documents: Documents, before: int) -> None:
        if before:
            documents.write("key", a_document(), NOW)
        writes = [a_document(text=str(number), version=before + 1) for number in range(64)]
        answers = at_once([lambda one=one: documents.write("key", one, NOW) for one in writes])  # type: ignore[misc]
        assert Counter(answers) == {True: 1, False: 63}
        assert documents.read("key", "ci", NOW) == writes[answers.index(True)]

    # first

    def test_the_first_is_written_and_given_to_all_others(self, documents: Documents) -> None:
        first = a_document(expires_at=NOW_S + 9)
        assert documents.add("key", first, NOW) is None
        assert documents.add("key", a_document(text="2"), NOW) == first
        assert documents.add("key", a_document("other"), NOW) is None
        assert documents.read("key", "ci", NOW) == first

    def test_an_expired_one_is_no_first(self, documents: Documents) -> None:
        old = a_document(expires_at=NOW_S)
        documents.add("key", old, NOW - SECOND)
        assert documents.add("key", a_document(text="2"), NOW - 1) == old
        assert documents.add("key", a_document(text="2"), NOW) is None
        assert documents.add("key", a_document(text="3"), NOW) == a_document(text="2")

    def test_of_64_at_once_one_is_first(self, documents: Documents) -> None:
        each = [a_document(text=str(number)) for number in range(64)]
        answers = at_once([lambda one=one: documents.add("key", one, NOW) for one in each])  # type: ignore[misc]
        (winner,) = [one for one, answer in zip(each, answers, strict=True) if answer is None]
        assert [winner] * 63 == [answer for answer in answers if answer is not None]

    # expiry

    @pytest.mark.parametrize(("now", "there"), [(NOW - 1, True), (NOW, False), (NOW + 1, False)])
    def test_an_expired_document_is_not_there(self, documents: Documents, now: int, there: bool) -> None:
        document = a_document(expires_at=NOW_S)
        documents.write("key", document, NOW - SECOND)
        assert documents.read("key", "ci", now) == (document if there else None)
        assert documents.all("key", 10, now) == [document] * there
        assert documents.write("key", a_document(text="2", version=2), now) is there
        assert documents.write("key", a_document(text="new"), now) is not there
        assert documents.read("key", "ci", now) == (
            a_document(text="2", version=2) if there else a_document(text="new")
        )

    # all

    def test_pages_go_by_name(self, documents: Documents) -> None:
        names = [f"name_{number:02d}" for number in (7, 2, 9, 0, 4, 1, 8, 3, 6, 5)]
        for name in names:
            documents.write("key", a_document(name), NOW)
        documents.write("other", a_document("name_00"), NOW)
        pages, after = [], ""
        while page := documents.all("key", 3, NOW, after):
            pages.append([row.name for row in page])
            after = page[-1].name
        in_order = sorted(names)
        assert pages == [in_order[:3], in_order[3:6], in_order[6:9], in_order[9:]]
        assert documents.all("key", 0, NOW) == []
        assert [row.name for row in documents.all("key", 2, NOW, "name_035")] == ["name_04", "name_05"]

    def test_a_page_is_filled_up_past_what_has_expired(self, documents: Documents) -> None:
        for number in range(12):
            expires_at = None if number % 4 == 0 else NOW_S
            documents.write("key", a_document(f"name_{number:02d}", expires_at=expires_at), NOW - SECOND)
        assert [row.name for row in documents.all("key", 3, NOW)] == ["name_00", "name_04", "name_08"]

    # take

    def test_a_bucket_gives_its_capacity_and_then_one_an_interval(self, documents: Documents) -> None:
        assert [documents.take_token("ci", 3, SECOND, NOW).wait_ms for _ in range(5)] == [0, 0, 0, SECOND, SECOND]
        assert documents.take_token("ci", 3, SECOND, NOW + 999).wait_ms == 1
        assert documents.take_token("ci", 3, SECOND, NOW + 1000).wait_ms == 0
        assert documents.take_token("ci", 3, SECOND, NOW + 1000).wait_ms == SECOND
        assert [documents.take_token("ci", 3, SECOND, NOW + 3500).wait_ms for _ in range(3)] == [0, 0, 500]

    def test_a_bucket_says_how_many_it_still_has(self, documents: Documents) -> None:
        assert [documents.take_token("ci", 3, SECOND, NOW) for _ in range(4)] == [
            *(Token(0, left) for left in (2, 1, 0)),
            Token(SECOND),
        ]
        assert documents.take_token("ci", 3, SECOND, NOW + 2_500) == Token(0, 1)
        assert documents.take_token("ci", 3, SECOND, NOW + 60_000) == Token(0, 2)

    def test_a_bucket_is_full_again_and_never_fuller(self, documents: Documents) -> None:
        for start in (NOW, NOW + 3 * SECOND, NOW + 3_600 * SECOND):
            assert [documents.take_token("ci", 3, SECOND, start).wait_ms for _ in range(4)] == [0, 0, 0, SECOND]

    def test_a_bucket_of_one(self, documents: Documents) -> None:
        answers = [documents.take_token("ci", 1, 120, NOW + after).wait_ms for after in (0, 0, 119, 120, 239, 240)]
        assert answers == [0, 120, 1, 0, 1, 0]

    def test_buckets_are_their_own(self, documents: Documents, reopen: Callable[[], Documents]) -> None:
        assert [documents.take_token(bucket, 1, SECOND, NOW).wait_ms for bucket in ("a", "b", "a#b", ODD)] == [
            0,
            0,
            0,
            0,
        ]
        again = reopen()
        assert [again.take_token(bucket, 1, SECOND, NOW).wait_ms for bucket in ("a", "b", "a#b", ODD)] == [SECOND] * 4
        assert again.all("a", 10, NOW) == []
        assert again.read("a", "bucket", NOW) is None

    def test_a_smaller_capacity_holds_at_once(self, documents: Documents) -> None:
        assert [documents.take_token("ci", 5, SECOND, NOW).wait_ms for _ in range(5)] == [0] * 5
        assert documents.take_token("ci", 2, SECOND, NOW).wait_ms == 4 * SECOND

    def test_a_caller_whose_clock_trails_takes_no_more(self, documents: Documents) -> None:
        assert [documents.take_token("ci", 2, SECOND, NOW).wait_ms for _ in range(2)] == [0, 0]
        assert documents.take_token("ci", 2, SECOND, NOW - 300).wait_ms == SECOND + 300

    @pytest.mark.parametrize("used", [0, 1, 10], ids=["idle", "in-use", "empty"])
    def test_64_threads_take_no_more_than_there_are(self, documents: Documents, used: int) -> None:
        for _ in range(used):
            documents.take_token("ci", 10, SECOND, NOW)
        answers = at_once([lambda: documents.take_token("ci", 10, SECOND, NOW).wait_ms] * 64)
        assert Counter(answers) == {0: 10 - used, SECOND: 54 + used} if used < 10 else {SECOND: 64}
