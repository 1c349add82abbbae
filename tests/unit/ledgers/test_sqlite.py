"""What is SQLite's own affair; what every ledger promises is in tests/contracts/ledger.py."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.contracts.instances import NOW, NOW_S, a_full_instance, an_instance
from verihook.errors import ConfigurationError, LedgerUnavailable
from verihook.ledgers.sqlite import DUE, SqliteLedger


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[SqliteLedger]:
    with SqliteLedger(path) as ledger:
        yield ledger


def rows(path: Path) -> int:
    with closing(sqlite3.connect(path)) as database:
        (number,) = database.execute("SELECT count(*) FROM instances").fetchone()
        return int(number)


def test_an_acknowledged_write_is_synced(ledger: SqliteLedger) -> None:
    answers = [ledger._writer.execute(f"PRAGMA {name}").fetchone()[0] for name in ("journal_mode", "synchronous")]
    assert answers == ["wal", 2]


def test_due_reads_the_partial_index_in_its_order(ledger: SqliteLedger) -> None:
    plan = [row[3] for row in ledger._reader.execute(f"EXPLAIN QUERY PLAN {DUE}", (NOW, 10))]
    assert plan == ["SEARCH instances USING INDEX instances_due (due_at>? AND due_at<?)"]


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
    counts = []
    for _ in range(4):
        ledger.claim(an_instance())
        counts.append(rows(path))
    assert counts == [5, 4, 4, 5]
    assert ledger.get(kept.id, NOW) == kept


def test_a_claim_that_fails_half_way_leaves_no_row(ledger: SqliteLedger, path: Path) -> None:
    ledger.claim(a_full_instance(expires_at=NOW_S, created_at=NOW - 1))
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TRIGGER keep BEFORE DELETE ON instances BEGIN SELECT RAISE(ABORT, 'kept'); END")
    instance = an_instance()
    with pytest.raises(LedgerUnavailable):
        ledger.claim(instance)
    assert ledger.get(instance.id, NOW) is None


def test_a_file_of_a_newer_schema_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 2")
    mend = "its schema is 2 and this Verihook knows 1: upgrade, or name another file"
    with pytest.raises(ConfigurationError) as caught:
        SqliteLedger(path)
    assert str(caught.value) == f"{path}: {mend}"
