"""What is SQLite's own affair: indexes, what a duplicate costs, and how expired rows go."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from tests.contracts.instances import LATER, NOW, NOW_S, a_full_instance, an_instance
from tests.unit.adapters.ledgers.sqlite.looking import plan, rows
from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger
from verihook.adapters.ledgers.sqlite.instances import DUE_OF, FORGET, GET
from verihook.errors import LedgerUnavailable
from verihook.model.changes import CALLBACK, Changes
from verihook.model.instance import Instance
from verihook.model.ports import Change


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (GET, ["SEARCH instances USING INDEX sqlite_autoindex_instances_1 (id=?)"]),
        *((due, ["SEARCH instances USING INDEX instances_due (due_at>? AND due_at<?)"]) for due in DUE_OF.values()),
        (
            FORGET,
            [
                "SEARCH instances USING INTEGER PRIMARY KEY (rowid=?)",
                "LIST SUBQUERY 1",
                "SEARCH instances USING COVERING INDEX instances_expiring (expires_at>? AND expires_at<?)",
            ],
        ),
    ],
    ids=["get", *(f"due {ended}" for ended in DUE_OF), "forget"],
)
def test_a_statement_reads_its_index_and_sorts_nothing(file: SqliteFile, statement: str, expected: list[str]) -> None:
    assert plan(file, statement) == expected


def test_a_duplicate_writes_nothing(ledger: SqliteLedger, path: Path) -> None:
    instance = an_instance()
    ledger.claim(instance)
    wal = Path(f"{path}-wal")
    before = wal.stat().st_size
    assert ledger.claim(instance) == instance
    assert wal.stat().st_size == before


def test_expired_rows_go_as_new_ones_come(ledger: SqliteLedger, path: Path) -> None:
    kept = a_full_instance(expires_at=NOW_S + 1)
    for instance in [kept, *(a_full_instance(expires_at=NOW_S, created_at=NOW - 1) for _ in range(5))]:
        ledger.claim(instance)
    assert rows(path, "labels") == 6 * 4
    counts = []
    for _ in range(4):
        ledger.claim(an_instance())
        counts.append(rows(path))
    assert counts == [5, 4, 4, 5]
    assert ledger.get(kept.id, NOW) == kept
    assert rows(path, "labels") == 4


def test_a_claim_whose_housekeeping_fails_leaves_no_row(ledger: SqliteLedger, path: Path) -> None:
    ledger.claim(a_full_instance(expires_at=NOW_S, created_at=NOW - 1))
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TRIGGER keep BEFORE DELETE ON instances BEGIN SELECT RAISE(ABORT, 'kept'); END")
    instance = an_instance()
    with pytest.raises(LedgerUnavailable):
        ledger.claim(instance)
    assert ledger.get(instance.id, NOW) is None


def test_labels_are_those_of_the_row(ledger: SqliteLedger, path: Path) -> None:
    """Replaced with it, told once, gone with a tombstone."""
    instance = an_instance(tags=("vip", "vip", "eu"), metadata={"customer": "42"})
    ledger.claim(instance)
    assert rows(path, "labels") == 3
    assert ledger.amend(replace(instance, tags=("eu",), metadata={})) is True
    assert rows(path, "labels") == 1
    assert ledger.amend(replace(instance, tags=("eu",), revision=2, purged=True)) is True
    assert rows(path, "labels") == 0


def test_an_expired_row_that_its_own_id_replaces_leaves_no_label(ledger: SqliteLedger, path: Path) -> None:
    for _ in range(3):
        ledger.claim(a_full_instance(expires_at=NOW_S - 1, created_at=NOW - 5000))
    last = a_full_instance(expires_at=NOW_S, created_at=NOW - 5000)
    ledger.claim(last)
    # Two of the others make way, and this one because its id is taken again.
    assert ledger.claim(an_instance(id=last.id, created_at=NOW)) is None
    assert (rows(path), rows(path, "labels")) == (2, 4)


def test_an_expired_row_is_not_due(ledger: SqliteLedger) -> None:
    ledger.claim(a_full_instance(due_at=NOW, expires_at=NOW_S + 1))
    assert len(ledger.due(NOW, 10)) == 1
    assert ledger.due(LATER, 10) == []


def test_an_amendment_writes_no_index_of_what_it_leaves_alone(ledger: SqliteLedger, path: Path) -> None:
    instance = a_full_instance()
    ledger.claim(instance)
    wal = Path(f"{path}-wal")

    def written(following: Instance) -> int:
        before = wal.stat().st_size
        assert ledger.amend(following)
        return wal.stat().st_size - before

    renamed = replace(instance, workflow="another", source="another", status="running", created_at=LATER)
    # One page each in a small file: of the table alone, against that of the table, of its indexes and of the labels.
    assert written(replace(instance, tries=7)) < written(replace(renamed, revision=instance.revision + 1)) / 4


def test_labels_follow_a_row_that_is_created_anew(ledger: SqliteLedger, path: Path) -> None:
    instance = a_full_instance()
    ledger.claim(instance)
    assert ledger.amend(replace(instance, created_at=LATER))
    with closing(sqlite3.connect(path)) as database:
        assert {(LATER,)} == set(database.execute("SELECT created_at FROM labels"))
    assert rows(path, "labels") == len(instance.labels)


@pytest.mark.parametrize("url", [None, "https://example.com"])
def test_who_waits_is_told_of_what_was_written_and_of_a_callback_that_is_due(file: SqliteFile, url: str | None) -> None:
    changes, heard = Changes(), list[str]()
    ledger, row = SqliteLedger(file, changes), an_instance(callback_url=url)
    due = ["callback"] if url else []
    with (
        changes.heard(row.id, lambda: heard.append("row")),
        changes.heard(CALLBACK, lambda: heard.append("callback")),
    ):
        ledger.claim(row)
        ledger.record(row.id, row.attempt + 1, Change("running", at=NOW))
        ledger.amend(replace(row, revision=row.revision + 7))
        assert heard == []
        ledger.record(row.id, row.attempt, Change("running", at=NOW))
        assert heard == ["row"]
        ledger.record(row.id, row.attempt, Change("completed", at=NOW, due_at=NOW))
        assert heard == ["row", "row", *due]
        ended = ledger.get(row.id, NOW)
        assert ended is not None
        ledger.amend(ended)
        assert heard == ["row", "row", *due, "row", *due]
