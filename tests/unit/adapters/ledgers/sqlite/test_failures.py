"""What is wrong with the file, in words that say what to do."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from verihook.adapters.ledgers.sqlite import SqliteDocuments, SqliteFile
from verihook.errors import LedgerUnavailable
from verihook.model.ports import Document


@pytest.mark.parametrize("damage", [b"no database at all" * 1000, b"SQLite format 3\x00" + b"\xff" * 5000])
def test_a_damaged_file(tmp_path: Path, damage: bytes) -> None:
    (tmp_path / "ledger.db").write_bytes(damage)
    with pytest.raises(LedgerUnavailable, match=r"its file is damaged\. Move ledger\.db"):
        SqliteFile(tmp_path / "ledger.db")


def test_a_folder_that_is_gone(tmp_path: Path) -> None:
    with pytest.raises(LedgerUnavailable, match="cannot be opened"):
        SqliteFile(tmp_path / "nowhere" / "ledger.db")


def test_a_full_disk(tmp_path: Path) -> None:
    with SqliteFile(tmp_path / "ledger.db") as file:
        documents = SqliteDocuments(file)

        def fill(connection: sqlite3.Connection) -> None:
            connection.execute("PRAGMA max_page_count = 1")

        file.write(fill)
        with pytest.raises(LedgerUnavailable, match="the disk is full") as raised:
            documents.write("a", Document("a", "x" * 1_000_000, 1, None), 1)
        assert documents.read("a", "a", 1) is None
    # An operator has to know which; a client, who reads the text alone, has not.
    assert [str(tmp_path / "ledger.db")] == raised.value.__notes__
    assert str(tmp_path) not in str(raised.value)
