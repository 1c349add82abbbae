"""The file: synced, shared, read while a server runs, and closed."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.contracts.instances import NOW, an_instance, an_observation, at_once
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile, SqliteLedger
from verihook.errors import LedgerUnavailable
from verihook.model.ports import Document


def test_an_acknowledged_write_is_synced(file: SqliteFile) -> None:
    pragmas = ("journal_mode", "synchronous")
    answers = [
        file.write(lambda database, name=name: database.execute(f"PRAGMA {name}").fetchone()[0])  # type: ignore[misc]
        for name in pragmas
    ]
    assert answers == ["wal", 2]


def test_claims_of_many_threads_share_commits(file: SqliteFile, ledger: SqliteLedger, path: Path) -> None:
    statements: list[str] = []
    file._commits._connection.set_trace_callback(statements.append)
    claims = [an_instance() for _ in range(64)]
    other = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")

    def unlock() -> None:
        # The file is free once everybody has come.
        while len(file._commits._waiting) < 63:
            pass
        other.execute("ROLLBACK")

    calls: list[Callable[[], object]] = [lambda claim=claim: ledger.claim(claim) for claim in claims]  # type: ignore[misc]
    with closing(other):
        assert at_once([*calls, unlock]) == [None] * 65
    assert statements.count("COMMIT") == 2
    assert all(ledger.get(claim.id, NOW) == claim for claim in claims)


def test_a_reader_sees_what_the_running_server_wrote_and_changes_nothing(path: Path, ledger: SqliteLedger) -> None:
    with SqliteFile(path, read_only=True) as file:
        reader, documents = SqliteLedger(file), SqliteDocuments(file)
        ledger.observe(an_observation())
        assert [an_observation()] == reader.observations("rejected", None, 10)
        writes: list[Callable[[], object]] = [
            lambda: reader.observe(an_observation()),
            lambda: reader.claim(an_instance()),
            lambda: documents.write("keys", Document("a", "{}", 1), NOW),
        ]
        for write in writes:
            with pytest.raises(LedgerUnavailable):
                write()
    assert [an_observation()] == ledger.observations("rejected", None, 10)


def test_a_reader_needs_no_running_server_and_makes_no_file(path: Path) -> None:
    with pytest.raises(LedgerUnavailable):
        SqliteFile(path, read_only=True)
    assert not path.exists()
    SqliteFile(path).close()
    with SqliteFile(path, read_only=True) as file:
        assert [] == SqliteLedger(file).observations("rejected", None, 10)


def test_a_closed_file_is_one_file_and_says_so(path: Path) -> None:
    file = SqliteFile(path)
    SqliteLedger(file).claim(an_instance())
    file.close()
    file.close()
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]
    for call in (file.by_key, file.lists):
        with pytest.raises(LedgerUnavailable), call() as database:
            database.execute("SELECT 1")
    with pytest.raises(LedgerUnavailable):
        file.write(lambda database: database.execute("SELECT 1"))


def test_a_read_does_not_wait_for_a_write(path: Path, ledger: SqliteLedger) -> None:
    instance = an_instance()
    ledger.claim(instance)
    with closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert ledger.get(instance.id, NOW) == instance
        assert ledger.due(instance.due_at or 0, 10) == [instance]
