"""What is SQLite's own affair; what every ledger promises is in tests/contracts/ledger.py."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.contracts.instances import HOUR, NOW, NOW_S, a_full_instance, an_instance, an_observation
from verihook.errors import ConfigurationError, LedgerUnavailable
from verihook.ledgers.sqlite import DUE, OBSERVATIONS, OBSERVATIONS_OF_A_SOURCE, SqliteLedger
from verihook.ports import KEPT_MS


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "ledger.db"


@pytest.fixture
def ledger(path: Path) -> Iterator[SqliteLedger]:
    with SqliteLedger(path) as ledger:
        yield ledger


def rows(path: Path, table: str = "instances") -> int:
    with closing(sqlite3.connect(path)) as database:
        (number,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()
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


@pytest.mark.parametrize(
    ("query", "values", "expected"),
    [
        (OBSERVATIONS, ("rejected", 0, 0, 10), "PRIMARY KEY (kind=? AND hour>?)"),
        (
            OBSERVATIONS_OF_A_SOURCE,
            ("rejected", 0, 0, "orders", 10),
            "INDEX observations_of_a_source (kind=? AND source=? AND hour>?)",
        ),
    ],
)
def test_observations_are_read_in_an_indexs_order(
    ledger: SqliteLedger, query: str, values: tuple[object, ...], expected: str
) -> None:
    plan = [row[3] for row in ledger._reader.execute(f"EXPLAIN QUERY PLAN {query}", values)]
    assert [f"SEARCH observations USING {expected}"] == plan


def test_expired_hours_go_as_new_ones_come(ledger: SqliteLedger, path: Path) -> None:
    for reason in "abcde":
        ledger.observe(an_observation(reason=reason))
    counts = []
    for hour in (0, 1, 2, 3):
        ledger.observe(an_observation(reason="new", last_at=NOW + KEPT_MS + hour * HOUR))
        counts.append(rows(path, "observations"))
    # In the first hour nothing has expired yet.
    assert [6, 5, 4, 4] == counts


def test_a_file_of_the_first_schema_is_brought_up_to_date(path: Path) -> None:
    instance = an_instance()
    with SqliteLedger(path) as ledger:
        ledger.claim(instance)
    with closing(sqlite3.connect(path)) as database:
        database.executescript("DROP TABLE observations; PRAGMA user_version = 1")
    with pytest.raises(ConfigurationError) as caught:
        SqliteLedger(path, read_only=True)
    assert f"{path}: its schema is 1 and this Verihook knows 2: start it on the file once" == str(caught.value)
    with SqliteLedger(path) as ledger:
        assert instance == ledger.get(instance.id, NOW)
        ledger.observe(an_observation())
        assert [an_observation()] == ledger.observations("rejected", None, 10)
    with SqliteLedger(path, read_only=True) as ledger:
        assert [an_observation()] == ledger.observations("rejected", None, 10)


def test_a_reader_sees_what_the_running_server_wrote_and_changes_nothing(path: Path, ledger: SqliteLedger) -> None:
    with SqliteLedger(path, read_only=True) as reader:
        ledger.observe(an_observation())
        assert [an_observation()] == reader.observations("rejected", None, 10)
        for write in (lambda: reader.observe(an_observation()), lambda: reader.claim(an_instance())):
            with pytest.raises(LedgerUnavailable):
                write()
    assert [an_observation()] == ledger.observations("rejected", None, 10)


def test_a_reader_needs_no_running_server_and_makes_no_file(path: Path) -> None:
    with pytest.raises(LedgerUnavailable):
        SqliteLedger(path, read_only=True)
    assert not path.exists()
    SqliteLedger(path).close()
    with SqliteLedger(path, read_only=True) as reader:
        assert [] == reader.observations("rejected", None, 10)


def test_a_file_of_a_newer_schema_is_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA user_version = 3")
    mend = "its schema is 3 and this Verihook knows 2: upgrade, or name another file"
    with pytest.raises(ConfigurationError) as caught:
        SqliteLedger(path)
    assert str(caught.value) == f"{path}: {mend}"
