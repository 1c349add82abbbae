"""What tests see of a file past the ledger."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from verihook.adapters.ledgers.sqlite import SqliteFile


def rows(path: Path, table: str = "instances") -> int:
    """How many the table has."""
    with closing(sqlite3.connect(path)) as database:
        (number,) = database.execute(f"SELECT count(*) FROM {table}").fetchone()
        return int(number)


def plan(file: SqliteFile, statement: str) -> list[str]:
    """How SQLite runs it, whatever its parameters are (https://www.sqlite.org/eqp.html)."""
    values = (None,) * statement.count("?")
    with file.lists() as database:
        return [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", values)]
