"""The journal: one owner for every name, one end for every execution, one process for the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from verihook.errors import ConfigurationError
from verihook.local.interpreter.journal import End, Entry, Journal

FIRST = Entry("orders", "n1", '{"a": 1}', 1000)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = Journal(tmp_path / "deep" / "journal.db")
    yield opened
    opened.close()


def test_a_name_is_accepted_once(journal: Journal) -> None:
    assert journal.accept(FIRST) is None
    assert journal.accept(Entry("orders", "n1", "2", 2000)) == FIRST
    assert journal.accept(Entry("others", "n1", "2", 2000)) is None


def test_one_of_many_is_the_owner(journal: Journal) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: journal.accept(Entry("orders", "n1", str(n), n)), range(64)))
    assert answers.count(None) == 1


def test_an_end_is_written_once(journal: Journal) -> None:
    journal.accept(FIRST)
    assert journal.end("orders", "n1", End("SUCCEEDED", 3000, "1", history=b"h")) is True
    assert journal.end("orders", "n1", End("ABORTED", 4000)) is False
    assert journal.get("orders", "n1") == Entry("orders", "n1", '{"a": 1}', 1000, "SUCCEEDED", 3000, "1")
    assert journal.history("orders", "n1") == b"h"
    assert journal.running() == []
    assert journal.end("orders", "unknown", End("ABORTED", 4000)) is False


def test_what_runs_comes_back_the_oldest_first(journal: Journal) -> None:
    newer = Entry("orders", "n0", "1", 2000)
    journal.accept(newer)
    journal.accept(FIRST)
    assert journal.running() == [FIRST, newer]


def test_a_forgotten_one_is_free(journal: Journal) -> None:
    journal.accept(FIRST)
    journal.forget("orders", "n1")
    assert journal.get("orders", "n1") is None
    assert journal.history("orders", "n1") is None


def test_pages_are_the_newest_first(journal: Journal) -> None:
    for number in range(5):
        journal.accept(Entry("orders", f"n{number}", "1", number))
    journal.end("orders", "n3", End("FAILED", 9))
    assert [entry.name for entry in journal.of_machine("orders", None, 2, 1)] == ["n3", "n2"]
    assert [entry.name for entry in journal.of_machine("orders", "FAILED", 9, 0)] == ["n3"]


def test_pruning_keeps_what_runs(journal: Journal) -> None:
    for name in ("running", "old", "new"):
        journal.accept(Entry("orders", name, "1", 1))
    journal.end("orders", "old", End("SUCCEEDED", 10))
    journal.end("orders", "new", End("SUCCEEDED", 20))
    journal.prune(20)
    assert {entry.name for entry in journal.of_machine("orders", None, 9, 0)} == {"running", "new"}


def test_the_file_outlives_its_owner(tmp_path: Path) -> None:
    first = Journal(tmp_path / "journal.db")
    first.accept(FIRST)
    first.close()
    second = Journal(tmp_path / "journal.db")
    assert second.running() == [FIRST]
    second.close()


@pytest.mark.usefixtures("journal")
def test_two_owners_at_a_time_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="another process"):
        Journal(tmp_path / "deep" / "journal.db")


def test_a_file_that_is_no_journal(tmp_path: Path) -> None:
    (tmp_path / "journal.db").write_text("no database at all, but long enough to be looked at" * 50)
    with pytest.raises(ConfigurationError):
        Journal(tmp_path / "journal.db")


def test_a_mark_is_found_again_until_the_end(journal: Journal) -> None:
    journal.accept(FIRST)
    assert journal.marked("orders", "n1") == (None, [])
    journal.mark(FIRST, '["A"]', b"one")
    journal.mark(FIRST, '["B"]', b"two")
    assert journal.marked("orders", "n1") == ('["B"]', [b"one", b"two"])
    journal.end("orders", "n1", End("FAILED", 9, error="NoStock", history=b"all"))
    assert journal.marked("orders", "n1") == ('["B"]', [])
    journal.mark(FIRST, '["C"]', b"late")
    assert journal.marked("orders", "n1") == ('["B"]', [])


def test_the_first_answer_to_a_token_is_kept_until_the_next_mark(journal: Journal) -> None:
    journal.accept(FIRST)
    for number in range(4):
        journal.open_wait(FIRST, f"t{number}", "A")
    assert [journal.answer("t1", "1"), journal.answer("t1", "2"), journal.answer("no", "1")] == [True, False, False]
    assert (journal.answer_to("t1"), journal.answer_to("t2")) == ("1", None)
    assert [journal.waits_for(token) for token in ("t1", "t2", "no")] == [False, True, False]
    assert [journal.close_wait("t0"), journal.close_wait("t1")] == [True, False]
    assert journal.waits(FIRST) == [("A", "t1"), ("A", "t3"), ("A", "t2")]
    journal.mark(FIRST, '["B"]', b"one")
    assert journal.waits(FIRST) == []


def test_what_has_ended_waits_for_nothing(journal: Journal) -> None:
    journal.accept(FIRST)
    journal.open_wait(FIRST, "t1", "A")
    journal.end("orders", "n1", End("ABORTED", 9, history=b"all"))
    journal.open_wait(FIRST, "t2", "A")
    assert [journal.answer("t1", "1"), journal.answer("t2", "1")] == [False, False]
    again = journal.redrive("orders", "n1", 10)
    assert again is not None
    # A thread of the former run, which has not noticed its end yet.
    journal.open_wait(FIRST, "t3", "A")
    journal.open_wait(again, "t4", "A")
    assert journal.waits(again) == [("A", "t4")]


def test_a_redrive_runs_on_with_its_history(journal: Journal) -> None:
    journal.accept(FIRST)
    assert journal.redrive("orders", "n1", 8) is None
    journal.end("orders", "n1", End("FAILED", 9, error="NoStock", history=b"all", mark='["A"]'))
    again = journal.redrive("orders", "n1", 10)
    assert again is not None
    assert (again.status, again.stopped_at, again.error, again.redrives, again.redriven_at) == (
        "RUNNING",
        None,
        None,
        1,
        10,
    )
    assert journal.running() == [again]
    assert journal.marked("orders", "n1") == ('["A"]', [b"all"])
    assert journal.history("orders", "n1") is None
    assert journal.redrive("orders", "n1", 11) is None


def test_who_has_redriven_it_is_kept(journal: Journal) -> None:
    journal.accept(FIRST)
    journal.end("orders", "n1", End("FAILED", 9, history=b"all"))
    assert journal.redriven_by("orders", "n1") is None
    journal.redrive("orders", "n1", 10, "job-1")
    journal.end("orders", "n1", End("FAILED", 11), redrives=1)
    assert journal.redriven_by("orders", "n1") == "job-1"
    journal.redrive("orders", "n1", 12)
    assert journal.redriven_by("orders", "n1") is None


def test_a_former_run_does_not_end_a_redriven_one(journal: Journal) -> None:
    journal.accept(FIRST)
    journal.end("orders", "n1", End("ABORTED", 9, history=b"all"))
    journal.redrive("orders", "n1", 10)
    assert journal.end("orders", "n1", End("SUCCEEDED", 11)) is False
    assert journal.end("orders", "n1", End("SUCCEEDED", 11), redrives=1) is True
    assert journal.redrive("orders", "n1", 12) is None


def test_a_journal_of_the_first_version_grows(tmp_path: Path) -> None:
    old = sqlite3.connect(tmp_path / "journal.db")
    old.executescript(
        """CREATE TABLE executions (machine TEXT NOT NULL, name TEXT NOT NULL, input TEXT NOT NULL,
           started_at INTEGER NOT NULL, status TEXT NOT NULL, stopped_at INTEGER, output TEXT, error TEXT, cause TEXT,
           history BLOB, PRIMARY KEY (machine, name));
           INSERT INTO executions (machine, name, input, started_at, status)
           VALUES ('orders', 'n0', '{}', 1, 'RUNNING');
           PRAGMA user_version = 1;"""
    )
    old.close()
    opens_and_grows(tmp_path)


def test_a_journal_of_the_version_before_tokens_were_kept_grows(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.db")
    journal.accept(Entry("orders", "n0", "{}", 1))
    journal._db.executescript("DROP TABLE waits; PRAGMA user_version = 3;")
    journal.close()
    opens_and_grows(tmp_path)


def opens_and_grows(tmp_path: Path) -> None:
    for number in range(2):
        journal = Journal(tmp_path / "journal.db")
        assert journal.running() == [Entry("orders", "n0", "{}", 1)]
        assert journal.marked("orders", "n0") == (None, [])
        journal.open_wait(Entry("orders", "n0", "{}", 1), f"t{number}", "A")
        assert journal.answer(f"t{number}", "1")
        journal.close()
