"""What is SQLite's own affair of documents: indexes, and how expired ones and full buckets go."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contracts.instances import NOW, NOW_S
from tests.unit.adapters.ledgers.sqlite.looking import plan, rows
from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile
from verihook.adapters.ledgers.sqlite.documents import ALL, FULL_AT, READ
from verihook.model.ports import Document


@pytest.fixture
def documents(file: SqliteFile) -> SqliteDocuments:
    return SqliteDocuments(file)


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (READ, "documents USING INDEX sqlite_autoindex_documents_1 (partition=? AND name=?)"),
        (ALL, "documents USING INDEX sqlite_autoindex_documents_1 (partition=? AND name>?)"),
        (FULL_AT, "buckets USING PRIMARY KEY (name=?)"),
    ],
    ids=["read", "all", "bucket"],
)
def test_a_statement_reads_its_index_and_sorts_nothing(file: SqliteFile, statement: str, expected: str) -> None:
    assert plan(file, statement) == [f"SEARCH {expected}"]


def test_expired_documents_go_as_new_ones_come(documents: SqliteDocuments, path: Path) -> None:
    for number in range(5):
        assert documents.write("keys", Document(str(number), "{}", 1, NOW_S), NOW - 1000)
    assert documents.write("keys", Document("stays", "{}", 1), NOW - 1000)
    counts = []
    for number in range(4):
        documents.write("mailboxes", Document(str(number), "{}", 1), NOW)
        counts.append(rows(path, "documents"))
    assert counts == [5, 4, 4, 5]


def test_full_buckets_go_as_tokens_are_taken(documents: SqliteDocuments, path: Path) -> None:
    for number in range(5):
        assert documents.take_token(f"key-{number}", 10, 100, NOW).wait_ms == 0
    counts = []
    for _ in range(4):
        documents.take_token("busy", 10, 60_000, NOW + 100)
        counts.append(rows(path, "buckets"))
    assert counts == [4, 2, 1, 1]


def test_a_refused_token_writes_nothing(documents: SqliteDocuments, path: Path) -> None:
    assert documents.take_token("key", 1, 100, NOW).wait_ms == 0
    wal = Path(f"{path}-wal")
    before = wal.stat().st_size
    assert documents.take_token("key", 1, 100, NOW + 1).wait_ms == 99
    assert wal.stat().st_size == before
