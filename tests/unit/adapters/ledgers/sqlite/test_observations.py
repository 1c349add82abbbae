"""Hours are read by an index and go when they have expired."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.contracts.instances import HOUR, NOW, an_observation
from tests.unit.adapters.ledgers.sqlite.looking import plan, rows
from verihook.adapters.ledgers.sqlite import SqliteFile, SqliteLedger
from verihook.adapters.ledgers.sqlite.observations import OBSERVATIONS, OBSERVATIONS_OF_A_SOURCE
from verihook.model.ports import KEPT_MS


@pytest.mark.parametrize(
    ("statement", "expected"),
    [
        (OBSERVATIONS, "PRIMARY KEY (kind=? AND hour>?)"),
        (OBSERVATIONS_OF_A_SOURCE, "INDEX observations_of_a_source (kind=? AND source=? AND hour>?)"),
    ],
    ids=["all", "of-a-source"],
)
def test_observations_are_read_in_an_indexs_order(file: SqliteFile, statement: str, expected: str) -> None:
    assert [f"SEARCH observations USING {expected}"] == plan(file, statement)


def test_expired_hours_go_as_new_ones_come(ledger: SqliteLedger, path: Path) -> None:
    for reason in "abcde":
        ledger.observe(an_observation(reason=reason))
    counts = []
    for hour in (0, 1, 2, 3):
        ledger.observe(an_observation(reason="new", last_at=NOW + KEPT_MS + hour * HOUR))
        counts.append(rows(path, "observations"))
    # In the first hour nothing has expired yet.
    assert [6, 5, 4, 4] == counts
