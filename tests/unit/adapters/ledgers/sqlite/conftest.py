"""A file of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def file(path: Path) -> Iterator[SqliteFile]:
    with SqliteFile(path) as file:
        yield file


@pytest.fixture
def ledger(file: SqliteFile) -> SqliteLedger:
    return SqliteLedger(file)
